from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health.backup_age import KIND, Options
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def state(age_hours: float | None, verdict: str = "pass", message: str = "") -> dict[str, Any]:
    good = None if age_hours is None else {"time": iso(NOW - timedelta(hours=age_hours))}
    return {"version": 1, "verdict": verdict, "message": message, "last_good": good}


def look(found: dict[str, Any] | None, repository: str = "") -> Finding:
    states = {} if found is None else {"backup-his": found}
    (finding,) = KIND.probe(Options("his", Duration.parse("26h"), repository), CheckContext(NOW, typed(states)))
    return finding


def test_a_young_backup_passes() -> None:
    finding = look(state(10))
    assert finding.verdict is Verdict.PASS
    assert finding.message == "last good backup 10h old; RPO 1d 2h"
    assert finding.figures == {"age_seconds": 36000.0, "rpo_seconds": 93600.0}


def test_a_backup_older_than_the_rpo_fails() -> None:
    assert look(state(27)).verdict is Verdict.FAIL


def test_a_backup_in_another_repository_than_the_policy_wants_warns_until_it_is_old() -> None:
    made = state(10)
    made["last_good"]["repository"] = "nas"
    assert look(made, "nas").verdict is Verdict.PASS
    finding = look(made, "offsite")
    assert (finding.verdict, finding.message) == (
        Verdict.WARN,
        "none yet in offsite; last good backup 10h old, in nas",
    )
    made["last_good"]["time"] = iso(NOW - timedelta(hours=27))
    assert look(made, "offsite").verdict is Verdict.FAIL
    assert look(state(10), "offsite").verdict is Verdict.PASS  # an older one does not say where it is


def test_an_asset_that_was_never_backed_up_fails() -> None:
    finding = look(None)
    assert (finding.verdict, finding.message) == (Verdict.FAIL, "his has never been backed up")


def test_an_asset_without_any_good_backup_fails_and_says_why() -> None:
    finding = look(state(None, "fail", "disk full on backup1"))
    assert finding.verdict is Verdict.FAIL
    assert "disk full on backup1" in finding.message


@pytest.mark.parametrize("verdict", ["fail", "unknown", "warn"])
def test_a_newer_attempt_that_was_not_good_warns_while_the_last_good_is_young(verdict: str) -> None:
    finding = look(state(10, verdict, "no route to backup1"))
    assert finding.verdict is Verdict.WARN
    assert "no route to backup1" in finding.message


def test_an_old_backup_with_a_failed_attempt_fails_and_tells_both() -> None:
    finding = look(state(40, "fail", "no route to backup1"))
    assert finding.verdict is Verdict.FAIL
    assert "no route to backup1" in finding.message


def test_a_small_difference_of_clocks_is_borne() -> None:
    assert look(state(-0.08)).verdict is Verdict.PASS


def test_a_backup_from_the_future_cannot_be_judged() -> None:
    with pytest.raises(Damaged, match="clock"):
        look(state(-0.1))


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": None, "message": "backup-his.json is not whole"},
        {"verdict": "pass", "last_good": {"time": "yesterday"}},
        {"verdict": "pass", "last_good": {}},
        {"verdict": "pass", "last_good": "good"},
    ],
)
def test_a_state_that_cannot_be_read_cannot_be_judged(broken: dict[str, Any]) -> None:
    with pytest.raises(Damaged, match="can't be read"):
        look(broken)


def test_the_state_of_another_asset_is_none() -> None:
    states = typed({"backup-his": {"verdict": "pass", "message": "", "last_good": None, "asset": "other"}})
    with pytest.raises(Damaged, match="is of the asset other, and not of his"):
        list(KIND.probe(Options("his", Duration.parse("26h")), CheckContext(NOW, states)))


@pytest.mark.parametrize(
    ("since", "verdict", "words"),
    [
        (10, None, ""),
        (27, Verdict.FAIL, "database.lis was last backed up 1d 3h ago, older than the RPO of 1d 2h: no rights"),
        (None, Verdict.FAIL, "database.lis has never been backed up: no rights"),
    ],
)
def test_a_part_that_a_young_set_lacks_is_judged_by_the_last_set_that_has_it(
    since: int | None, verdict: Verdict | None, words: str
) -> None:
    made = state(1, "warn", "database.lis is missing")
    known = {"since": iso(NOW - timedelta(hours=since))} if since else {}
    made["last_good"]["missing"] = {"database.lis": {"reason": "no rights", **known}}
    context = CheckContext(NOW, typed({"backup-his": made}))
    first, *more = KIND.probe(Options("his", Duration.parse("26h")), context)
    assert first.verdict is Verdict.WARN
    assert [(finding.verdict, finding.message) for finding in more] == ([(verdict, words)] if verdict else [])
