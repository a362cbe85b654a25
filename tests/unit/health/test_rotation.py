"""Disks that take turns: a reminder on the day, late a day later, overdue a week later; and one that is not back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.calendar import Calendar
from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict, worst
from ops.health.rotation import KIND, Options
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # two and a half days after day 20 began
TENTHS = Options("disks", ("red", "blue"), Calendar.parse("day 10, day 20, last day"))


def left(day: datetime, due: datetime | None = None, **more: Any) -> dict[str, Any]:
    facts = {"left": iso(day), "due": iso(due or day + timedelta(days=30)), "hands": "Head of IT"}
    return {"kind": "disk-leaving", "verdict": "pass", "message": "", "last_good": facts, **more}


def look(options: Options = TENTHS, since: datetime | None = None, now: datetime = NOW, **disks: Any) -> list[Finding]:
    states = typed({f"disk-disks-{name}": state for name, state in disks.items()})
    return [*KIND.probe(options, CheckContext(now, states, since))]


def on(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected", "says"),
    [
        (on(19), Verdict.PASS, "the turn of blue, due 2026-11-20"),
        (on(20), Verdict.PASS, "the turn of blue, due 2026-11-20 (today)"),
        (on(21, 1), Verdict.WARN, "late by 1d 1h"),
        (on(26), Verdict.WARN, "late by"),
        (on(27, 1), Verdict.FAIL, "overdue by 7d 1h"),
    ],
)
def test_the_next_disk_is_reminded_of_then_late_then_overdue(now: datetime, expected: Verdict, says: str) -> None:
    (finding,) = look(now=now, red=left(on(11)))
    assert (finding.verdict, says in finding.message) == (expected, True), finding.message


def test_a_disk_that_left_in_time_passes() -> None:
    (finding,) = look(red=left(on(10)), blue=left(on(21)))
    assert finding.verdict is Verdict.PASS
    assert "the turn of red, due 2026-11-30" in finding.message


def test_a_disk_that_came_and_did_not_leave_is_no_turn() -> None:
    here = {"kind": "disk-arrival", "verdict": "pass", "message": "", "last_good": None}
    (finding,) = look(red=left(on(10, 1)), blue=here)
    assert (finding.verdict, "blue is here, and did not leave" in finding.message) == (Verdict.WARN, True)


@pytest.mark.parametrize(("days", "expected"), [(0.5, []), (1.5, [Verdict.WARN]), (8, [Verdict.FAIL])])
def test_a_disk_that_is_not_back_in_time_is_told_with_who_took_it(days: float, expected: list[Verdict]) -> None:
    _, *others = look(red=left(on(1), NOW - timedelta(days=days)), blue=left(on(21)))
    assert [finding.verdict for finding in others] == expected
    assert all("Head of IT took it" in finding.message for finding in others)


def test_a_disk_that_is_here_is_back() -> None:
    (_,) = look(red=left(on(1), on(2), kind="disk-arrival"), blue=left(on(21)))


def test_one_of_a_window_is_late_when_the_window_is_over() -> None:
    window = Options("disks", ("red",), Calendar.parse("between day 1 and day 20"))
    assert look(window, now=on(20, 23), red=left(datetime(2026, 10, 15, tzinfo=UTC)))[0].verdict is Verdict.PASS
    assert look(window, now=on(21, 1), red=left(datetime(2026, 10, 15, tzinfo=UTC)))[0].verdict is Verdict.WARN
    assert look(window, now=on(28), red=left(datetime(2026, 10, 15, tzinfo=UTC)))[0].verdict is Verdict.FAIL


def test_none_that_ever_left_is_late_since_the_policy_asks() -> None:
    assert look(since=on(21))[0].verdict is Verdict.PASS
    assert look(since=on(19))[0].verdict is Verdict.WARN
    assert look(since=on(1))[0].verdict is Verdict.FAIL


def test_a_disk_that_is_damaged_or_was_not_read_is_told() -> None:
    damaged = left(on(21), verdict="fail", message="pack 12 is not what was written", damaged=True)
    assert worst(finding.verdict for finding in look(red=damaged)) is Verdict.FAIL
    pulled = left(on(21), verdict="unknown", message="killed")
    found = look(red=pulled)
    assert (worst(one.verdict for one in found), "not good" in found[1].message) == (Verdict.WARN, True)


def test_a_disk_of_tomorrow_is_told_as_a_wrong_clock() -> None:
    with pytest.raises(Damaged, match="in the future"):
        look(red=left(NOW + timedelta(days=1)))
