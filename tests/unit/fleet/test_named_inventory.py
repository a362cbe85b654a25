"""Every command of the control machine says which inventory it speaks of, and takes its name in the same ways."""

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from ops import cli
from ops.commands.control import _options
from ops.core.errors import UsageError

pytestmark = pytest.mark.usefixtures("quick_inventory")
CHECK = ["policy", "check"]
RUNBOOK = ["runbook"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SEAWALL_INVENTORY", "ANSIBLE_INVENTORY"):
        monkeypatch.delenv(name, raising=False)


def first_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    cli.run(words)
    return capsys.readouterr().err.partition("\n")[0]


@pytest.mark.parametrize("words", [CHECK, RUNBOOK, ["fleet", "run", "backup", "--dry-run"]])
def test_the_first_line_names_the_inventory(
    words: list[str], inventory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = f"inventory: {inventory} (4 hosts)"
    assert first_line([*words, "-i", str(inventory)], capsys) == wanted
    monkeypatch.setenv("SEAWALL_INVENTORY", str(inventory))
    assert first_line(words, capsys) == wanted


def test_a_position_is_as_good_as_the_option(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert first_line([*CHECK, str(inventory)], capsys) == f"inventory: {inventory} (4 hosts)"
    assert first_line([*CHECK, str(inventory), "-i", str(inventory)], capsys) == f"inventory: {inventory} (4 hosts)"


def test_two_names_are_refused(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "two inventories are named" in first_line([*CHECK, str(inventory), "-i", "other"], capsys)


def test_nothing_is_named_and_nothing_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(CHECK) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "seawall policy: no inventory is named\n"
        "  use -i inventories/SITE, or export SEAWALL_INVENTORY=inventories/SITE\n"
    )


def test_every_command_that_takes_an_inventory_takes_it_by_the_same_option() -> None:
    """Whoever adds the option by hand would also leave out the first line."""
    for module, _ in cli.CONTROL.values():
        if module.startswith("ops.commands"):
            source = Path(importlib.import_module(module).__file__ or "").read_text("utf-8")
            assert "options.inventory" not in source, module


def test_the_option_and_the_position_do_not_hide_each_other() -> None:
    parser = argparse.ArgumentParser()
    _options.add_inventory(parser, positional=True)
    for words in (["x"], ["-i", "x"], ["-i", "x", "x"]):
        assert _options.named_inventory(parser.parse_args(words)) == Path("x")
    with pytest.raises(UsageError, match="two inventories"):
        _options.named_inventory(parser.parse_args(["-i", "x", "y"]))


def test_variables_of_the_current_directory_are_no_part_of_it(inventory: Path, tmp_path: Path) -> None:
    other = tmp_path / "group_vars/all/policy.yml"
    other.parent.mkdir(parents=True)
    other.write_text("policy__all: {version: 9}\n")
    words = [Path(sys.executable).with_name("seawall"), *CHECK, "-i", inventory]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
