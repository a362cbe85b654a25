from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health.drill_age import KIND, Options
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def state(age_days: float | None, verdict: str = "pass", message: str = "") -> dict[str, Any]:
    good = None if age_days is None else {"time": iso(NOW - timedelta(days=age_days))}
    return {"verdict": verdict, "message": message, "last_good": good}


def look(found: dict[str, Any] | None, since: datetime | None = None) -> Finding:
    states = {} if found is None else {"drill-his": found}
    (finding,) = KIND.probe(Options("his", Duration.parse("31d")), CheckContext(NOW, typed(states), since))
    return finding


def test_a_young_drill_passes() -> None:
    finding = look(state(12))
    assert (finding.verdict, finding.message) == (Verdict.PASS, "last good drill 12d ago")


def test_the_drill_of_the_oldest_set_has_a_state_of_its_own() -> None:
    options = Options("his", Duration.parse("400d"), oldest=True)

    def seen(name: str, age_days: float) -> Verdict:
        (finding,) = KIND.probe(options, CheckContext(NOW, typed({name: state(age_days)}), NOW - timedelta(days=500)))
        return finding.verdict

    assert seen("oldest-his", 380) is Verdict.PASS
    assert seen("oldest-his", 401) is Verdict.FAIL
    assert seen("drill-his", 1) is Verdict.FAIL, "a drill of the newest set is none of the oldest"


def test_an_old_drill_fails() -> None:
    assert look(state(32)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("verdict", "expected"), [("fail", Verdict.FAIL), ("unknown", Verdict.UNKNOWN), ("warn", Verdict.WARN)]
)
def test_the_newest_drill_speaks_for_the_restore_as_it_is_now(verdict: str, expected: Verdict) -> None:
    finding = look(state(12, verdict, "patients: 10 rows too few"))
    assert finding.verdict is expected
    assert "10 rows too few" in finding.message
    assert "last good drill 12d ago" in finding.message


@pytest.mark.parametrize("verdict", ["warn", "unknown", "fail"])
@pytest.mark.parametrize("age_days", [32, None])
def test_a_drill_that_was_not_good_puts_the_next_good_one_off_by_nothing(verdict: str, age_days: float | None) -> None:
    finding = look(state(age_days, verdict, "restoring all would take too long"), since=NOW - timedelta(days=40))
    assert finding.verdict is Verdict.FAIL
    assert "restoring all would take too long" in finding.message
    assert "due" in finding.message


def test_a_first_drill_that_warned_warns_until_a_good_one_was_due() -> None:
    assert look(state(None, "warn", "too long"), since=NOW - timedelta(days=30)).verdict is Verdict.WARN


def test_a_first_drill_that_failed_fails() -> None:
    assert look(state(None, "fail", "the dump ends early")).verdict is Verdict.FAIL


def test_an_asset_not_drilled_yet_warns_until_its_first_drill_is_due() -> None:
    finding = look(None, since=NOW - timedelta(days=2))
    assert (finding.verdict, finding.message) == (Verdict.WARN, "not drilled yet, due by 2026-12-21")


def test_an_asset_never_drilled_fails_when_the_drill_was_due() -> None:
    finding = look(None, since=NOW - timedelta(days=40))
    assert (finding.verdict, finding.message) == (Verdict.FAIL, "never drilled; it was due 2026-11-13")


def test_a_drill_from_the_future_cannot_be_judged() -> None:
    with pytest.raises(Damaged, match="clock"):
        look(state(-1))


def test_a_state_that_cannot_be_read_cannot_be_judged() -> None:
    with pytest.raises(Damaged, match="can't be read"):
        look({"kind": None, "message": "not whole"})


@pytest.mark.parametrize("of", [{"asset": "other"}, {"asset": "his", "host": "his2"}])
def test_the_state_of_another_asset_or_machine_is_none(of: dict[str, str]) -> None:
    states = typed({"drill-his": {**state(12), **of}})
    with pytest.raises(Damaged, match=r"is of the (asset other, and not of his|machine his2, and not of drill1)"):
        list(KIND.probe(Options("his", Duration.parse("31d")), CheckContext(NOW, states, None, "drill1")))


def test_the_state_of_this_asset_and_machine_passes() -> None:
    states = typed({"drill-his": {**state(12), "asset": "his", "host": "drill1"}})
    (finding,) = KIND.probe(Options("his", Duration.parse("31d")), CheckContext(NOW, states, None, "drill1"))
    assert finding.verdict is Verdict.PASS
