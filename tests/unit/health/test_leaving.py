"""What is said of runs by which sets leave: a good one is quiet, and nothing bad is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.calendar import Calendar
from ops.core.verdict import Finding, Verdict
from ops.health.leaving import Options, probe
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def seen(**states: Any) -> list[Finding]:
    told = {f"leaving-{name}": {"kind": "leaving", "asset": name, **state} for name, state in states.items()}
    return list(probe(Options(), CheckContext(NOW, typed(told))))


def test_good_runs_are_one_pass() -> None:
    (finding,) = seen(his1={"verdict": "pass"}, lis1={"verdict": "pass"})
    assert (finding.verdict, finding.message) == (Verdict.PASS, "sets leave 2 repositories as planned")
    assert [one.verdict for one in seen()] == [Verdict.UNKNOWN]


def test_each_run_that_was_not_good_is_named() -> None:
    found = seen(his1={"verdict": "fail", "message": "all packs are gone"}, lis1={"verdict": "warn", "message": "late"})
    assert [(one.verdict, one.message) for one in found] == [
        (Verdict.FAIL, "his1: all packs are gone"),
        (Verdict.WARN, "lis1: late"),
    ]


DAILY = Options(clients=("his1", "lis1"), calendar=Calendar.parse("*-*-* 10:00"))


def judged(*, since: datetime | None = None, **started: str) -> dict[str, tuple[Verdict, str]]:
    """Return what is said of good runs by when they began."""
    words = {"kind": "leaving", "verdict": "pass"}
    told = {f"leaving-{name}": {**words, "asset": name, "started": when} for name, when in started.items()}
    found = probe(DAILY, CheckContext(NOW, typed(told), since))
    return {one.message.partition(":")[0]: (one.verdict, one.message.partition(": ")[2]) for one in found}


def test_a_run_that_comes_is_not_spoken_of() -> None:
    (finding,) = judged(his1="2026-11-22T10:00:10Z", lis1="2026-11-21T10:00:10Z").values()
    assert finding[0] is Verdict.PASS


@pytest.mark.parametrize(
    ("days", "verdict"), [(1, None), (2, Verdict.WARN), (8, Verdict.WARN), (9, Verdict.FAIL), (40, Verdict.FAIL)]
)
def test_a_run_that_no_longer_comes_is_seen(days: int, verdict: Verdict | None) -> None:
    """Each was due at ten, and it is noon."""
    old = (datetime(2026, 11, 22, 10, 1, tzinfo=UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = judged(his1=old, lis1="2026-11-22T10:00:10Z")
    if verdict is None:
        assert "his1" not in found
    else:
        assert found["his1"][0] is verdict
        assert "check seawall-leaving-his1.timer" in found["his1"][1]
        assert found.keys() == {"his1"}


def test_a_machine_of_which_no_run_is_known_is_named_once_one_was_due() -> None:
    young = judged(his1="2026-11-22T10:00:10Z", since=NOW - timedelta(hours=1))
    assert "lis1" not in young
    old = judged(his1="2026-11-22T10:00:10Z", since=NOW - timedelta(days=20))
    assert old["lis1"][0] is Verdict.FAIL


def test_a_run_that_is_late_and_was_bad_is_both() -> None:
    told = {"leaving-his1": {"verdict": "fail", "message": "packs are gone", "started": "2026-11-20T10:00:00Z"}}
    one = Options(clients=("his1",), calendar=DAILY.calendar)
    (finding,) = probe(one, CheckContext(NOW, typed(told)))
    assert finding.verdict is Verdict.FAIL
    assert "packs are gone; the last run was 2d" in finding.message
