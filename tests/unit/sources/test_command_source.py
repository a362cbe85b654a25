"""Programs of the site's own: what is run, what is believed, and what the manifest never tells."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ops.core import document
from ops.core.errors import CommandError, Damaged, PolicyError, Unavailable
from ops.core.quantity import Size
from ops.core.run import run
from ops.core.schema import decode, encode
from ops.core.verdict import Verdict
from ops.interfaces.source import CaptureContext, Stored
from ops.sources.command import KIND, CommandFacts, Options, capture, check

SHELL = "/bin/sh"


def taken(options: Options, folder: Path) -> CommandFacts:
    """Take a program's output as the repository would; return the facts, with the output in the folder."""
    with capture(options, CaptureContext(folder / "scratch")) as data:
        output = run(data.material().argv, timeout=20).stdout.encode()
        (folder / data.material().filename).write_bytes(output)
        facts = data.finish(data.facts(), Stored(1, len(output), {}))
        return document.decode(CommandFacts, json.loads(json.dumps(encode(facts))), "manifest.json")


def wrong(folder: Path, facts: CommandFacts) -> set[str]:
    return {name for name, finding in check(folder, facts, ()) if finding.verdict is not Verdict.PASS}


def test_a_program_is_taken_and_its_arguments_are_not_told(tmp_path: Path) -> None:
    options = Options((SHELL, "-c", "echo the data; echo DONE", "secret"), "vendor.exp", end="DONE", hint="imp vendor")
    facts = taken(options, tmp_path)
    assert (tmp_path / "vendor.exp").read_text() == "the data\nDONE\n"
    assert facts.program == SHELL
    assert facts.hint == "imp vendor"
    assert facts.bytes == 14
    assert "secret" not in json.dumps(encode(facts))
    assert wrong(tmp_path, facts) == set()


@pytest.mark.parametrize(
    ("script", "more", "words"),
    [
        ("echo data; exit 4", {}, "exited with code 4"),
        ("true", {}, "has 0 bytes; expected 1 or more"),
        ("echo half", {"end": "DONE"}, "is truncated: 'DONE'"),
        ("echo DONE; echo more", {"end": "DONE"}, "is truncated"),
        ("echo little", {"at_least": Size(100)}, "has 7 bytes; expected 100 or more"),
        ("read line || exit 9", {}, "exited with code 9"),
        ("kill -9 $$", {}, r"was killed .signal 9."),
    ],
)
def test_an_output_that_is_not_whole_fails(tmp_path: Path, script: str, more: dict, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        taken(Options((SHELL, "-c", script), **more), tmp_path)


def test_no_output_is_believed_where_the_policy_says_so(tmp_path: Path) -> None:
    options = decode(Options, {"argv": ["/bin/true"], "at_least": "0B"}, "options")
    facts = taken(options, tmp_path)
    assert facts.bytes == 0
    assert wrong(tmp_path, facts) == set()
    with pytest.raises(PolicyError, match="a size such as"):
        decode(Options, {"argv": ["/bin/true"], "at_least": 0}, "options")


def test_too_little_in_the_repository_is_refused(tmp_path: Path) -> None:
    with capture(Options((SHELL,)), CaptureContext(tmp_path)) as data, pytest.raises(Damaged, match="too little"):
        data.finish(data.facts(), Stored(1, 0, {}))


@pytest.mark.parametrize("argv", [(), ("sh", "-c", "true"), ("./tool",)])
def test_a_program_without_its_whole_path_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="absolute path"):
        Options(argv)


def test_a_program_that_others_can_change_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "vendor"
    folder.mkdir(mode=0o755)
    program = folder / "dump"
    with pytest.raises(Unavailable, match="program not found"):
        taken(Options((str(program),)), tmp_path)
    program.write_text("#!/bin/sh\necho data\n")
    program.chmod(0o644)
    with pytest.raises(Unavailable, match="this account can't run"):
        taken(Options((str(program),)), tmp_path)
    program.chmod(0o775)
    with pytest.raises(Unavailable, match=f"users other than root can change {program}"):
        taken(Options((str(program),)), tmp_path)
    program.chmod(0o755)
    folder.chmod(0o777)
    (tmp_path / "link").symlink_to(program)
    for way in (program, tmp_path / "link"):
        with pytest.raises(Unavailable, match=f"users other than root can change {folder}\n"):
            taken(Options((str(way),)), tmp_path)


@pytest.mark.parametrize("name", ["", "..", "a/b"])
def test_a_file_name_with_folders_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="expected the name of a file"):
        decode(Options, {"argv": [SHELL], "filename": name}, "options")


def test_every_look_at_the_restored_file_fires(tmp_path: Path) -> None:
    facts = taken(Options((SHELL, "-c", "echo data; echo DONE"), end="DONE"), tmp_path)
    (tmp_path / "data").write_text("data\nNONE\n")
    assert wrong(tmp_path, facts) == {"content", "end"}
    (tmp_path / "data").write_text("dada\nDONE\n")
    assert wrong(tmp_path, facts) == {"content"}
    old = replace(facts, sha256=None)
    assert [finding.configured for name, finding in check(tmp_path, old, ()) if name == "content"] == [False]
    (tmp_path / "data").write_text("data")
    assert wrong(tmp_path, facts) == {"size", "end"}
    (tmp_path / "data").unlink()
    assert wrong(tmp_path, facts) == {"size", "end"}


def test_it_covers_what_the_policy_says() -> None:
    assert KIND.covers(Options((SHELL,), covers=("path:/srv/cache",))) == ["path:/srv/cache"]
