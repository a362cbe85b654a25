from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.calendar import Calendar
from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict
from ops.health.export_age import KIND, Options
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DUE = datetime(2026, 11, 5, 5, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CALENDAR = Calendar.parse("*-*-05 05:00")


def left(time: datetime, verdict: str = "pass", message: str = "", **facts: Any) -> dict[str, Any]:
    good = {"time": iso(time), **facts}
    return {"kind": "export", "asset": "registry", "verdict": verdict, "message": message, "last_good": good}


def sent(digit: str, when: datetime) -> dict[str, str]:
    return {"file": f"{digit}.csv.gpg", "sha256": digit * 64, "when": iso(when)}


def acknowledged(*digits: str) -> dict[str, Any]:
    good = {"time": iso(NOW), "all": [digit * 64 for digit in digits]}
    return {"kind": "export-acknowledged", "asset": "registry", "verdict": "pass", "last_good": good}


def look(
    state: dict[str, Any] | None,
    receipt: dict[str, Any] | None = None,
    since: datetime = NOW,
    by: str = "registry",
    key: str = "",
) -> Finding:
    found = {name: told for name, told in (("export-registry", state), ("receipt-registry", receipt)) if told}
    options = Options("registry", CALENDAR, acknowledged_by=by, key_sha256=key)
    (finding,) = KIND.probe(options, CheckContext(NOW, typed(found), since))
    return finding


def test_one_that_never_was_is_late_only_when_it_was_due_since_it_is_asked_for() -> None:
    assert look(None).verdict is Verdict.WARN
    finding = look(None, since=DUE - HOUR)
    assert (finding.verdict, finding.message) == (Verdict.FAIL, "no export yet; one was due 2026-11-05")


@pytest.mark.parametrize(
    ("time", "verdict", "words"),
    [
        (DUE + HOUR, Verdict.PASS, "next due 2026-12-05"),
        (DUE - HOUR, Verdict.FAIL, "late: it was due 2026-11-05"),
        (NOW - 200 * DAY, Verdict.FAIL, "late: it was due 2026-06-05"),
    ],
)
def test_it_must_have_been_made_since_it_was_due(time: datetime, verdict: Verdict, words: str) -> None:
    finding = look(left(time), by="")
    assert finding.verdict is verdict
    assert words in finding.message


def test_a_failed_attempt_is_told_though_the_last_good_one_is_young() -> None:
    finding = look(left(DUE + HOUR, "fail", "the key has expired"), by="")
    assert (finding.verdict, "latest attempt: fail: the key has expired" in finding.message) == (Verdict.WARN, True)


def test_an_old_one_that_nobody_acknowledged_is_told_behind_a_younger_one_that_was() -> None:
    waiting = [sent("a", NOW - 40 * DAY), sent("b", NOW - 10 * DAY)]
    state = left(DUE + HOUR, waiting=waiting)
    assert look(state, acknowledged("a", "b")).verdict is Verdict.PASS
    finding = look(state, acknowledged("b"))
    assert finding.verdict is Verdict.FAIL
    assert "registry has not acknowledged a.csv.gpg, delivered 40d" in finding.message
    assert "(2 such)" in look(state).message


def test_there_is_time_to_acknowledge() -> None:
    finding = look(left(DUE + HOUR, waiting=[sent("a", NOW - 6 * DAY)]))
    assert (finding.verdict, "until 2026-11-23" in finding.message) == (Verdict.PASS, True)


@pytest.mark.parametrize(("days", "verdict"), [(10, Verdict.WARN), (60, Verdict.PASS)])
def test_a_key_that_ends_before_the_next_one_is_told_in_time(days: int, verdict: Verdict) -> None:
    assert look(left(DUE + HOUR, key_expires=iso(NOW + days * DAY)), by="").verdict is verdict


def test_a_key_that_the_policy_has_replaced_is_not_told_of() -> None:
    state = left(DUE + HOUR, key_expires=iso(NOW + 10 * DAY), key_sha256="a")
    assert look(state, by="", key="a").verdict is Verdict.WARN
    assert look(state, by="", key="b").verdict is Verdict.PASS


def test_another_acts_state_and_one_from_the_future_are_no_pass() -> None:
    with pytest.raises(Damaged):
        look(left(NOW + DAY))
    with pytest.raises(Damaged):
        look({**left(DUE + HOUR), "asset": "other"})
