from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.names import Name
from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.health.alarm_drill import KIND, Options
from ops.interfaces.check import CheckContext
from ops.interfaces.outcome import AlarmDrillFacts
from ops.interfaces.state import ActState, UnreadableState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def state(verdict: Verdict, good: timedelta | None, message: str = "mail told it after 9 min") -> ActState:
    """Return what a drill left that ended so now, with the last good one so long ago."""
    facts = AlarmDrillFacts(time=iso(NOW - good), told={"mail": 540.0}, answered=60.0) if good is not None else None
    return ActState(kind=Name("alarm-drill"), asset="timer", verdict=verdict, message=message, last_good=facts)


def judged(
    left: ActState | None, since: timedelta = timedelta(0), kinds: tuple[str, ...] = ("timer",)
) -> list[Verdict]:
    states = {"alarm-drill-timer": left} if left else {}
    context = CheckContext(NOW, states, since=NOW - since)
    return [one.verdict for one in KIND.probe(Options(every=Duration(100 * 86_400), kinds=kinds), context)]


@pytest.mark.parametrize(
    ("left", "since", "expected"),
    [
        (state(Verdict.PASS, 0 * DAY), 400 * DAY, Verdict.PASS),
        (state(Verdict.PASS, 99 * DAY), 400 * DAY, Verdict.PASS),
        (state(Verdict.PASS, 101 * DAY), 400 * DAY, Verdict.FAIL),  # overdue
        (None, 0 * DAY, Verdict.WARN),
        (None, 101 * DAY, Verdict.FAIL),
        (state(Verdict.FAIL, None, "nobody answered within 30min"), 0 * DAY, Verdict.FAIL),
        (state(Verdict.FAIL, 3 * DAY, "nobody answered within 30min"), 0 * DAY, Verdict.FAIL),
        (state(Verdict.UNKNOWN, 3 * DAY, "killed"), 0 * DAY, Verdict.UNKNOWN),
        (state(Verdict.UNKNOWN, 101 * DAY, "killed"), 0 * DAY, Verdict.FAIL),
    ],
)
def test_a_drill_counts_that_was_answered_and_is_young(
    left: ActState | None, since: timedelta, expected: Verdict
) -> None:
    assert judged(left, since) == [expected]


def test_each_fault_has_an_age_of_its_own() -> None:
    assert judged(state(Verdict.PASS, DAY), kinds=("timer", "rounds")) == [Verdict.PASS, Verdict.WARN]


def test_that_nobody_answered_is_said() -> None:
    context = CheckContext(NOW, {"alarm-drill-timer": state(Verdict.FAIL, None, "nobody answered within 30min")})
    (finding,) = KIND.probe(Options(every=Duration(86_400)), context)
    assert finding.message == "timer: latest drill: fail: nobody answered within 30min; a good one is due by 2026-11-23"


def test_a_state_that_can_not_be_read_is_no_drill() -> None:
    context = CheckContext(NOW, {"alarm-drill-timer": UnreadableState(message="not whole")})
    with pytest.raises(Damaged):
        list(KIND.probe(Options(every=Duration(86_400)), context))
