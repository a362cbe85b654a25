"""What the check `retention` says of the last plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ops.core.clock import iso
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health.retention import KIND, Options, probe
from ops.interfaces.check import CheckContext
from ops.interfaces.planned import PlannedRepository, RetentionState
from ops.interfaces.state import State, state_of, written

NOW = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
PLANNED = PlannedRepository(stays=41, proven=4, leaves=3, first=(NOW + timedelta(days=2)).timestamp())


def planned(**changes: object) -> RetentionState:
    one = replace(PLANNED, **changes)  # type: ignore[arg-type]
    return RetentionState(verdict=Verdict.PASS, finished=iso(NOW), repositories={"his1": one}, night=7)  # type: ignore[dict-item]


def seen(state: State | None, now: datetime = NOW) -> list[Finding]:
    states = {} if state is None else {"retention": state}
    return list(probe(Options(), CheckContext(states=states, now=now)))


def test_a_plan_is_told_with_what_leaves_and_when() -> None:
    (one,) = seen(planned())
    assert one.verdict is Verdict.PASS
    assert one.message == "his1: 3 may leave, the first from 2026-11-29T07:00:00Z on; 41 stay, 4 of them proven"
    assert one.figures["sets_that_leave"] == 3.0


def test_where_nothing_leaves_a_refusal_is_no_matter() -> None:
    (one,) = seen(planned(leaves=0, first=None, refused=("the clock",)))
    assert (one.verdict, one.message) == (Verdict.PASS, "his1: all 41 stay, 4 of them proven")
    (one,) = seen(planned(stays=0, proven=0, leaves=0, first=None))
    assert (one.verdict, one.message) == (Verdict.PASS, "his1: no whole set is known")


@pytest.mark.parametrize(
    ("changes", "verdict", "message"),
    [
        ({"refused": ("a", "b", "c", "d\n")}, Verdict.WARN, "3 sets of his1 can't leave: a; b; c and 1 more"),
        ({"odd": ("x \x1b is no card",), "odd_count": 1}, Verdict.WARN, "cards of his1 do not count: x � is no card"),
        ({"trouble": "no folder"}, Verdict.UNKNOWN, "nothing could be planned for his1: no folder"),
    ],
)
def test_what_is_wrong_is_told(changes: dict[str, object], verdict: Verdict, message: str) -> None:
    found = seen(planned(**changes))
    assert (verdict, message) in [(one.verdict, one.message) for one in found]


def test_no_plan_and_an_old_plan_are_unknown() -> None:
    assert [one.verdict for one in seen(None)] == [Verdict.UNKNOWN]
    assert seen(planned(), NOW + timedelta(days=3))[-1].verdict is Verdict.UNKNOWN
    assert [one.verdict for one in seen(planned(), NOW + timedelta(days=1))] == [Verdict.PASS]


def test_a_state_comes_back_as_it_was_written() -> None:
    state = planned(refused=("why",), odd=("x",), odd_count=1, unknown=2)
    assert state_of(written(state), "a state") == state


@pytest.mark.parametrize(
    "words",
    [{"notice": Duration(60)}, {"shrinks": 0}, {"shrinks": 101}, {"grows": 0}, {"anew": 0}],
)
def test_options_that_would_switch_the_guard_off_are_refused(words: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        KIND.options(**words)
