"""Errors become one line and an exit code, wherever on the way from words to jobs they arise."""

import argparse
import importlib
import re
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from ops import cli
from ops.core.announce import announce
from ops.core.errors import SeawallError, Unavailable


@pytest.fixture(params=["arguments", "execute"])
def failing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commands, one of which judges, that fail while their words are read or while they do what these say."""

    def fail(what: ArgumentParser | Namespace) -> int:
        raise Unavailable("nothing is there", "look for it")

    module = ModuleType("failing")
    module.arguments = lambda parser: None
    module.execute = lambda options: 0
    setattr(module, request.param, fail)
    monkeypatch.setitem(sys.modules, "failing", module)
    monkeypatch.setattr(cli, "SERVER", dict.fromkeys(("backup", "check"), ("failing", "fail")))


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(("command", "code"), [("backup", 1), ("check", 3)])
def test_an_error_is_told_in_one_line_with_its_hint(
    command: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([command]) == code
    assert capsys.readouterr().err == f"seawall {command}: nothing is there\n  look for it\n"


@pytest.mark.usefixtures("failing")
def test_debug_shows_where_it_arose() -> None:
    with pytest.raises(Unavailable):
        cli.run(["backup", "--debug"])


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("failing", ["execute"], indirect=True)
@pytest.mark.parametrize(("command", "code"), [("backup", 2), ("check", 3)])
def test_what_is_no_word_of_the_command_is_wrong_usage(
    command: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([command, "--no-such"]) == code
    assert "unrecognized arguments: --no-such" in capsys.readouterr().err


def test_what_only_some_commands_need_is_loaded_by_them_alone() -> None:
    modules = [module for module, _ in cli.available().values()]
    heavy = {"psutil", "jinja2", "weasyprint", "fontTools"}
    code = f"import importlib, sys\n[importlib.import_module(n) for n in {modules}]\nprint({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("command", "words", "new", "old"),
    [
        ("drill", ["his"], ["--hold", "why"], ["--keep", "why"]),
        ("drill", ["his"], ["--inject-damage", "x"], ["--sabotage", "x"]),
        ("ledger", [], ["coverage"], ["complete"]),
        ("ledger", [], ["rotate-key", "--reason", "x"], ["succeed", "--reason", "x"]),
    ],
)
def test_words_of_the_version_before_are_understood_and_no_help_names_them(
    command: str, words: list[str], new: list[str], old: list[str]
) -> None:
    module = importlib.import_module(f"ops.commands.server.{command}")
    parser = argparse.ArgumentParser(prog=command)
    module.arguments(parser)
    now, before = (vars(parser.parse_args([*words, *these])) for these in (new, old))
    assert {**now, "command": ""} == {**before, "command": ""}
    assert new[0] in parser.format_help()
    assert not re.search(rf"(?<![\w-]){re.escape(old[0])}(?![\w-])", parser.format_help())


def test_what_the_system_refuses_is_one_line_with_the_files_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ModuleType("refused")
    module.arguments = lambda parser: None
    module.execute = lambda options: Path("/proc/nothing/here").read_bytes()
    monkeypatch.setitem(sys.modules, "refused", module)
    monkeypatch.setattr(cli, "SERVER", dict.fromkeys(("backup", "check"), ("refused", "fail")))
    assert [cli.run([command]) for command in ("backup", "check")] == [2, 3]
    assert "seawall backup: /proc/nothing/here: there is no folder /proc/nothing" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError):
        cli.run(["backup", "--debug"])


LINE = """\
import sys, types
from ops import cli
module = types.ModuleType("module")
module.arguments = lambda parser: None
module.execute = lambda options: print("one line, which waits in a buffer") or 0
sys.modules["module"] = module
cli.SERVER["backup"] = ("module", "")
sys.exit(cli.run(["backup"]))
"""


def test_a_full_disk_behind_standard_output_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        program = [sys.executable, "-c", LINE]
        ended = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env={"PATH": ""})
    assert (ended.returncode, ended.stderr) == (1, "seawall backup: no space is left where the output goes\n")


@pytest.mark.parametrize(
    "words",
    [
        "backup his", "copy his", "drill his", "drill enter his", "check", "gaps", "health run", "health show",
        "snapshots his", "ledger verify", "ledger show", "ledger head", "ledger coverage", "repository init",
        "restore his",
    ],
)  # fmt: skip
def test_a_command_of_a_server_says_that_this_machine_is_none(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    assert cli.run(words.split()) in {1, 3}
    assert "so it is not a server of the site" in capsys.readouterr().err


def test_a_backup_on_another_machine_asks_no_systemd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As root, where no SEAWALL_ROOT keeps it from starting a unit."""
    monkeypatch.setattr("ops.jobs.host.folders.etc", lambda: tmp_path)
    assert cli.run(["backup", "his"]) == 1
    assert "so it is not a server of the site" in capsys.readouterr().err


EVIL = "\x1b[2J\x9b31m\r\u202efail"


@pytest.mark.parametrize("raises", [False, True])
def test_whatever_a_command_says_is_only_text(
    raises: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def execute(_: object) -> int:
        if raises:
            raise SeawallError(EVIL, EVIL)
        print(f"\x1b[32mpass\x1b[0m {EVIL}\nsecond")
        announce(EVIL)
        return 0

    monkeypatch.setitem(sys.modules, "evil", SimpleNamespace(arguments=lambda _: None, execute=execute))
    monkeypatch.setitem(cli.SERVER, "evil", ("evil", ""))
    assert cli.run(["evil"]) == int(raises)
    told = capsys.readouterr()
    assert all(letter.isprintable() or letter == "\n" for letter in re.sub("\x1b\\[(32|0)m", "", told.out + told.err))
    assert "second" in told.out or raises
