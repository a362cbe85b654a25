"""The control machine backs itself up, whatever its machines send."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.api.exceptions import PyinfraError

from ops import cli
from ops.commands.control import control
from ops.core.errors import SeawallError
from ops.core.verdict import Finding, Verdict
from ops.fleet.facts.status import Status
from ops.fleet.ssh.ask import get
from ops.jobs.run.job import Ended

EVIL = "\x1b[2J\nfail     MACHINE his1 is dead\u202e"


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> None:
    read = SimpleNamespace(policies=dict, path=Path("/nowhere"))
    monkeypatch.setattr(control._options, "read_inventory", lambda _: read)
    monkeypatch.setattr(control, "demanded", lambda _: SimpleNamespace(host="control1"))
    monkeypatch.setattr(control.backup, "look", lambda _: {"his1": Finding(Verdict.PASS, "known")})
    monkeypatch.setattr(control.collect, "collect", lambda _: {"his1": Finding(Verdict.FAIL, EVIL)})
    monkeypatch.setattr(control.backup, "back_up", lambda *_: Ended(0, {}, "pass: read back"))


@pytest.mark.parametrize("error", [ValueError(EVIL), SeawallError("no room"), OSError(28, "No space"), MemoryError()])
@pytest.mark.parametrize("what", ["facts", "ledgers"])
@pytest.mark.usefixtures("site")
def test_it_runs_when_collecting_fails(
    what: str, error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place, name = (control.backup, "look") if what == "facts" else (control.collect, "collect")
    monkeypatch.setattr(place, name, raising(error))
    assert cli.run(["control", "backup"]) == 0
    shown = capsys.readouterr().out
    assert f"the machines' {what} could not be collected: {type(error).__name__}" in shown
    assert "pass: read back" in shown
    assert all(line.isprintable() and not line.startswith("fail     MACHINE") for line in shown.split("\n"))


@pytest.mark.usefixtures("site")
def test_what_a_ledger_says_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    for act in ("backup", "collect", "look"):
        cli.run(["control", act])
        shown = capsys.readouterr().out
        assert "his1" in shown or act == "look"
        assert all(line.isprintable() and not line.startswith("fail     MACHINE") for line in shown.split("\n"))


@pytest.mark.parametrize("error", [PyinfraError(EVIL), TypeError(EVIL), RecursionError(), UnicodeError("x")])
def test_whatever_a_machine_causes_is_its_own_answer(error: Exception) -> None:
    host = SimpleNamespace(get_fact=raising(error), connector=None)
    found = get(host, Status, {})  # type: ignore[arg-type]
    assert found.fact is None
    assert found.trouble.isprintable()
