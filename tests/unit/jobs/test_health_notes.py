"""What checks leave for themselves survives the round, is bounded, and is lost alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core.verdict import Finding, Verdict
from ops.health import disk
from ops.interfaces.check import Check, CheckContext
from ops.jobs.health import notes
from ops.jobs.health.findings import join
from ops.jobs.health.job import look
from ops.policy.model import CheckSpec, HostPolicy, Site

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHECKS = {"one": CheckSpec("disk", disk.Options()), "two": CheckSpec("disk", disk.Options())}
POLICY = HostPolicy(1, "his1", Site("Test"), checks=CHECKS)


@pytest.fixture
def probing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Any], None]:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))

    def put(leave: Callable[[dict[str, Any]], None]) -> None:
        def probe(_: disk.Options, context: CheckContext) -> Iterator[Finding]:
            leave(context.notes)
            yield Finding(Verdict.PASS, "seen")

        monkeypatch.setattr(disk, "KIND", Check(disk.Options, probe))

    return put


def round_of_checks(names: list[str] | None = None) -> notes.Notes:
    noted = notes.read()
    look(POLICY, {}, NOW, names, noted)
    notes.write(noted, POLICY.checks)
    return notes.read()


def counted(found: dict[str, Any]) -> None:
    found["rounds"] = found.get("rounds", 0) + 1


def test_a_check_finds_what_it_left(probing: Callable[[Any], None]) -> None:
    probing(counted)
    round_of_checks()
    assert round_of_checks(["one"]) == {"disk one": {"rounds": 2}, "disk two": {"rounds": 1}}


@pytest.mark.parametrize(
    "left", ["x" * (notes.MOST + 1), float("nan"), {1, 2}, object()], ids=["much", "nan", "set", "object"]
)
def test_what_is_too_much_or_no_plain_data_is_lost_alone(probing: Callable[[Any], None], left: object) -> None:
    def leave(found: dict[str, Any]) -> None:
        found["left"] = left if not notes.read() else 1

    probing(leave)
    noted = notes.read()
    look(POLICY, {}, NOW, ["one"], noted)
    noted["disk two"] = {"left": 1}
    notes.write(noted, POLICY.checks)
    assert notes.read() == {"disk two": {"left": 1}}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2, "checks": {}}', '{"version": 1, "checks": [1]}'])
def test_notes_that_cannot_be_read_are_begun_anew(probing: Callable[[Any], None], tmp_path: Path, text: str) -> None:
    file = tmp_path / "var/lib/seawall/state/health.notes"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    probing(counted)
    assert round_of_checks(["one"]) == {"disk one": {"rounds": 1}}
    assert file.stat().st_mode & 0o777 == 0o600


def test_notes_of_a_check_that_the_policy_no_longer_has_are_forgotten(probing: Callable[[Any], None]) -> None:
    probing(counted)
    round_of_checks()
    notes.write(notes.read(), {"one": CHECKS["one"]})
    assert list(notes.read()) == ["disk one"]
    assert notes.of(notes.read(), "one", CheckSpec("memory")) == {}, "of another kind"


def test_a_check_that_ends_late_keeps_what_it_had(
    probing: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: notes.Notes = {"disk one": {"rounds": 7}}

    def end_late(found: dict[str, Any]) -> None:
        counted(found)
        raise SystemExit  # its thread ends without an answer

    monkeypatch.setattr("ops.jobs.health.job.DEADLINE", 0.0)
    monkeypatch.setattr("threading.excepthook", lambda *_: None)
    probing(end_late)
    look(POLICY, {}, NOW, ["one"], noted)
    assert noted == {"disk one": {"rounds": 7}}


def test_figures_of_several_devices_are_told_apart() -> None:
    first = Finding(Verdict.PASS, "a: well", {"charge": 90.0}, subject="a")
    second = Finding(Verdict.FAIL, "b: low", {"charge": 4.0}, subject="b")
    assert join([first, second]).figures == {"a charge": 90.0, "b charge": 4.0}
    assert join([second]).figures == {"charge": 4.0}
    assert json.dumps(join([first, second]).figures)
