from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ops.core.calendar import Calendar
from ops.core.errors import Damaged
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health.copy_age import KIND, Options
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # day 20 was the last due day; with a day's grace it counts
CALENDAR = Calendar.parse("day 10, day 20, last day")


def state(copied: str, data: str, verdict: str = "pass", message: str = "") -> dict[str, Any]:
    return {"verdict": verdict, "message": message, "last_good": {"time": data, "copied": copied}}


def look(found: dict[str, Any] | None, since: datetime | None = None, now: datetime = NOW, **more: Any) -> Finding:
    states = {} if found is None else {"copy-his-offsite": found}
    options = Options("his", "offsite", **{"calendar": CALENDAR, **more})
    (finding,) = KIND.probe(options, CheckContext(now, typed(states), since))
    return finding


def test_a_copy_made_since_it_was_due_passes_though_its_data_are_older() -> None:
    finding = look(state("2026-11-20T00:10:00Z", "2026-11-19T01:30:00Z"))
    assert finding.verdict is Verdict.PASS
    assert finding.message == "copied 2d 11h ago, data 3d 10h old"


def test_a_copy_from_before_it_was_due_fails() -> None:
    finding = look(state("2026-11-10T00:10:00Z", "2026-11-09T01:30:00Z"))
    assert finding.verdict is Verdict.FAIL
    assert "late: it was due 2026-11-20" in finding.message


def test_a_late_copy_is_borne_within_its_grace() -> None:
    before = state("2026-11-10T00:10:00Z", "2026-11-09T01:30:00Z")
    assert look(before, now=datetime(2026, 11, 20, 23, tzinfo=UTC)).verdict is Verdict.PASS
    assert look(before, now=datetime(2026, 11, 21, 1, tzinfo=UTC)).verdict is Verdict.FAIL
    assert look(before, grace=Duration.parse("5d")).verdict is Verdict.PASS


def test_a_copy_of_a_window_is_late_only_after_its_end() -> None:
    before = state("2026-11-12T00:10:00Z", "2026-11-12T00:10:00Z")
    asked = {"calendar": Calendar.parse("between day 11 and day 20"), "timezone": "Europe/Prague"}
    within, last = datetime(2026, 12, 18, tzinfo=UTC), datetime(2026, 12, 20, 22, 59, tzinfo=UTC)
    assert look(before, now=within, **asked).verdict is Verdict.PASS
    assert look(before, now=last, **asked).verdict is Verdict.PASS
    finding = look(before, now=datetime(2026, 12, 20, 23, tzinfo=UTC), **asked)  # midnight in Prague
    assert finding.verdict is Verdict.FAIL
    assert "late: it was due 2026-12-11 to 2026-12-20" in finding.message
    later = look(before, now=datetime(2026, 12, 20, 23, tzinfo=UTC), grace=Duration.parse("30d"), **asked)
    assert later.verdict is Verdict.PASS


def test_a_copy_made_within_its_window_is_in_time_until_the_next_one() -> None:
    made = state("2026-11-18T00:10:00Z", "2026-11-18T00:10:00Z")
    asked = {"calendar": Calendar.parse("between day 11 and day 20")}
    assert look(made, now=datetime(2026, 12, 20, 12, tzinfo=UTC), **asked).verdict is Verdict.PASS
    assert look(made, now=datetime(2026, 12, 21, tzinfo=UTC), **asked).verdict is Verdict.FAIL


def test_a_first_copy_may_still_be_made_within_its_window() -> None:
    asked = {"calendar": Calendar.parse("between day 11 and day 20"), "since": datetime(2026, 11, 1, tzinfo=UTC)}
    finding = look(None, now=datetime(2026, 11, 20, 12, tzinfo=UTC), **asked)
    assert (finding.verdict, finding.message) == (Verdict.WARN, "none yet, first due 2026-11-11 to 2026-11-20")
    assert look(None, now=datetime(2026, 11, 21, tzinfo=UTC), **asked).verdict is Verdict.FAIL


def test_a_copy_in_another_repository_does_not_count() -> None:
    """The policy's `to` changed: the next copy that is due must go there."""
    copied = state("2026-11-20T00:10:00Z", "2026-11-19T01:30:00Z")
    copied["last_good"]["repository"] = "nas"
    assert look(copied, to="nas").verdict is Verdict.PASS
    finding = look(copied, to="offsite")
    assert (finding.verdict, finding.figures) == (Verdict.WARN, {})
    assert finding.message == "none yet in offsite, the last one went to nas; due 2026-11-30"
    finding = look(copied, to="offsite", now=datetime(2026, 12, 2, tzinfo=UTC))
    assert finding.verdict is Verdict.FAIL
    assert finding.message == "none yet in offsite, the last one went to nas, late: it was due 2026-11-30"
    del copied["last_good"]["repository"]
    assert look(copied, to="offsite").verdict is Verdict.WARN


def test_a_copy_of_stale_data_fails() -> None:
    stale = state("2026-11-20T00:10:00Z", "2026-11-16T01:30:00Z")
    assert look(stale, rpo=Duration.parse("26h")).verdict is Verdict.FAIL
    assert look(stale).verdict is Verdict.PASS
    fresh = state("2026-11-20T00:10:00Z", "2026-11-19T01:30:00Z")
    assert look(fresh, rpo=Duration.parse("26h")).verdict is Verdict.PASS


def test_before_the_first_due_day_a_missing_copy_only_warns() -> None:
    finding = look(None, since=datetime(2026, 11, 21, tzinfo=UTC))
    assert (finding.verdict, finding.message) == (Verdict.WARN, "none yet, first due 2026-11-30")
    assert look(None).verdict is Verdict.WARN


def test_after_the_first_due_day_a_missing_copy_fails() -> None:
    finding = look(None, since=datetime(2026, 11, 18, tzinfo=UTC))
    assert (finding.verdict, finding.message) == (Verdict.FAIL, "no copy yet; one was due 2026-11-20")


def test_a_newer_attempt_that_failed_warns_while_the_last_good_is_young() -> None:
    failed = state("2026-11-20T00:10:00Z", "2026-11-19T01:30:00Z", "fail", "offsite1 is down")
    finding = look(failed)
    assert finding.verdict is Verdict.WARN
    assert "offsite1 is down" in finding.message


def test_a_newer_attempt_that_found_damage_fails_however_young_the_last_good_is() -> None:
    found = state("2026-11-20T00:10:00Z", "2026-11-19T01:30:00Z", "fail", "pack 1234 is not what was written")
    finding = look({**found, "damaged": True})
    assert finding.verdict is Verdict.FAIL
    assert "pack 1234" in finding.message


def test_a_failed_first_attempt_is_told() -> None:
    finding = look({"verdict": "fail", "message": "offsite1 is down", "last_good": None})
    assert finding.verdict is Verdict.WARN
    assert "offsite1 is down" in finding.message


def test_the_calendar_is_read_in_the_sites_zone() -> None:
    copied = state("2026-11-20T01:00:00Z", "2026-11-19T01:30:00Z")  # in São Paulo it is still the 19th
    assert look(copied).verdict is Verdict.PASS
    assert look(copied, timezone="America/Sao_Paulo").verdict is Verdict.FAIL


def test_a_copy_from_the_future_cannot_be_judged() -> None:
    with pytest.raises(Damaged, match="clock"):
        look(state("2026-11-23T00:00:00Z", "2026-11-19T01:30:00Z"))


def test_a_state_that_cannot_be_read_cannot_be_judged() -> None:
    with pytest.raises(Damaged, match="can't be read"):
        look({"kind": None, "message": "not whole"})


def test_the_state_of_another_asset_is_none() -> None:
    with pytest.raises(Damaged, match="is of the asset other, and not of his"):
        look({**state("2026-11-20T00:10:00Z", "2026-11-19T01:30:00Z"), "asset": "other"})
