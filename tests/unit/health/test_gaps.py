from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.health.gaps import Options, probe
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEFAULT, NOT = Options(), timedelta()
QUIET: dict[str, Any] = {
    "gaps": [],
    "excused": [{"name": "a"}],
    "covered": [{"name": "b"}, {"name": "c"}],
    "unlooked": [],
    "finished": iso(NOW),
}


def gaps(*names: str) -> dict[str, Any]:
    return {**QUIET, "gaps": [{"name": name} for name in names]}


def seen(state: dict[str, Any] | None, options: Options = DEFAULT, later: timedelta = NOT) -> Any:
    return list(probe(options, CheckContext(NOW + later, typed({"gaps": state} if state else {}))))


def test_nothing_left_out_is_a_pass_and_says_how_much_was_seen():
    (finding,) = seen(QUIET)
    assert (finding.verdict, finding.message) == (Verdict.PASS, "2 covered, 1 excused")


@pytest.mark.parametrize("verdict", ["warn", "fail"])
def test_a_gap_is_as_bad_as_the_policy_says(verdict):
    (finding,) = seen(gaps("postgresql:5432/scratch"), Options(verdict=verdict))
    assert (finding.verdict, finding.message) == (Verdict(verdict), "not covered by any asset: postgresql:5432/scratch")


def test_many_gaps_are_counted():
    (finding,) = seen(gaps(*"abcde"))
    assert finding.message == "not covered by any asset: a, b, c and 2 more"
    assert finding.figures["gaps"] == 5


def test_what_could_not_be_looked_at_is_unknown_beside_the_gaps():
    state = gaps("path:/srv") | {"unlooked": [{"sort": "sqlite", "message": "not permitted to look at"}]}
    assert [finding.verdict for finding in seen(state)] == [Verdict.UNKNOWN, Verdict.WARN]


def test_a_look_of_three_days_ago_says_nothing_of_today():
    findings = seen(QUIET, later=timedelta(days=3))
    assert findings[-1].verdict == Verdict.UNKNOWN
    assert "3d ago" in findings[-1].message
    assert seen(QUIET, later=timedelta(days=1))[-1].verdict == Verdict.PASS


def test_never_looked_is_unknown_and_a_torn_state_is_damage():
    assert seen(None)[0].verdict == Verdict.UNKNOWN
    with pytest.raises(Damaged, match="not whole"):
        seen({"kind": None, "message": "not whole"})
