"""What is said of runs by which sets leave: a good one is quiet, and nothing bad is."""

from datetime import UTC, datetime
from typing import Any

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
