"""What is said of how a backup host reads its repositories again: a healthy one is quiet, and nothing bad is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict
from ops.health.scrub import Options, probe
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PERIOD = timedelta(days=30)
GOOD: dict[str, Any] = {"files": 9, "bytes": 4096, "fresh": 4096, "oldest": (NOW - timedelta(days=16)).timestamp()}


def seen(later: timedelta = timedelta(), **repositories: Any) -> list[Finding]:
    every = int(PERIOD.total_seconds())
    state = {"kind": "scrub", "verdict": "pass", "finished": iso(NOW), "every": every, "repositories": repositories}
    return list(probe(Options(), CheckContext(NOW + later, typed({"scrub": state}))))


def verdicts(found: list[Finding]) -> list[Verdict]:
    return [one.verdict for one in found]


def test_repositories_that_were_read_are_a_pass_with_their_share():
    (finding,) = seen(his1=GOOD, lis1={**GOOD, "fresh": 2048})
    assert finding.verdict is Verdict.PASS
    assert finding.message == "no damage; 75.0 % of 8 KiB in 2 repositories read in the last 30d"


def test_all_but_a_little_is_not_said_to_be_all():
    (finding,) = seen(his1={**GOOD, "bytes": 1 << 40, "fresh": (1 << 40) - 1})
    assert "99.9 %" in finding.message


def test_damaged_files_are_a_failure_that_names_some_of_them():
    damaged = [{"path": f"data/{n}", "why": "was there, and is gone"} for n in range(3)]
    found = seen(his1={**GOOD, "damaged": damaged, "count": 5}, lis1=GOOD)
    assert verdicts(found) == [Verdict.FAIL]
    assert found[0].message.startswith("5 damaged files of his1: data/0 was there, and is gone, data/1")
    assert found[0].message.endswith("and 2 more")


def test_a_repository_at_which_nobody_could_look_is_a_failure():
    assert verdicts(seen(his1={"trouble": "it can't be opened"}, lis1=GOOD)) == [Verdict.FAIL]


def test_new_files_that_wait_are_a_warning():
    assert verdicts(seen(his1={**GOOD, "late": 2})) == [Verdict.WARN, Verdict.PASS]


@pytest.mark.parametrize(("days", "good"), [(29, True), (31, False)])
def test_what_was_not_read_within_the_period_is_a_warning(days: int, good: bool):
    found = seen(his1={**GOOD, "fresh": 1024, "oldest": (NOW - timedelta(days=days)).timestamp()})
    assert verdicts(found) == ([Verdict.PASS] if good else [Verdict.WARN, Verdict.PASS])
    assert good or "25.0 % of 4 KiB" in found[0].message


def test_the_age_is_that_at_the_scrub_for_what_was_read_since_is_not_known():
    oldest = (NOW - timedelta(days=29, hours=12)).timestamp()
    assert verdicts(seen(timedelta(days=1), his1={**GOOD, "oldest": oldest})) == [Verdict.PASS]


def test_a_repository_that_is_not_there_yet_is_well():
    assert verdicts(seen(his1={})) == [Verdict.PASS]


def test_no_scrub_for_two_days_and_none_at_all_are_unknown():
    assert verdicts(seen(timedelta(days=2), his1=GOOD)) == [Verdict.PASS]
    assert verdicts(seen(timedelta(days=2, minutes=1), his1=GOOD)) == [Verdict.PASS, Verdict.UNKNOWN]
    assert verdicts(list(probe(Options(), CheckContext(NOW, {})))) == [Verdict.UNKNOWN]


def test_a_state_of_the_future_and_another_kinds_are_refused():
    with pytest.raises(Damaged):
        seen(-timedelta(hours=1), his1=GOOD)
    health = typed({"scrub": {"kind": "health", "verdict": "pass", "finished": iso(NOW), "checks": []}})
    with pytest.raises(Damaged):
        list(probe(Options(), CheckContext(NOW, health)))
