from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.health.arrivals import Options, probe
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {"files": 9}
FOREIGN = {
    **GOOD,
    "count": 5,
    "foreign": [{"path": f"keys/{n}", "why": "is a key that was added later"} for n in range(5)],
}


def seen(later: timedelta = timedelta(), **repositories: Any) -> Any:
    state = {"kind": "arrivals", "verdict": "pass", "finished": iso(NOW), "repositories": repositories}
    return list(probe(Options(), CheckContext(NOW + later, typed({"arrivals": state}))))


def test_repositories_without_foreign_files_are_a_pass():
    (finding,) = seen(his1=GOOD, lis1=GOOD)
    assert (finding.verdict, finding.message) == (Verdict.PASS, "no foreign files in 2 repositories")


def test_foreign_files_are_a_failure_that_names_the_machine_and_some_of_them():
    (finding,) = seen(his1=FOREIGN, lis1=GOOD)
    assert finding.verdict is Verdict.FAIL
    assert finding.message.startswith("5 foreign files of his1: keys/0 is a key that was added later, keys/1")
    assert finding.message.endswith("and 2 more")
    assert finding.figures["foreign_files"] == 5


def test_one_is_said_as_one():
    one = {**GOOD, "count": 1, "foreign": [{"path": "keys/0", "why": "is a key that was added later"}]}
    assert seen(his1=one)[0].message == "1 foreign file of his1: keys/0 is a key that was added later"
    assert seen(his1=GOOD)[0].message == "no foreign files in 1 repository"


def test_much_more_than_usual_is_a_warning():
    verdicts = {finding.verdict for finding in seen(his1={**GOOD, "notes": ["900 files arrived in locks/ in a day"]})}
    assert verdicts == {Verdict.WARN, Verdict.PASS}


def test_a_search_of_long_ago_is_unknown():
    assert Verdict.UNKNOWN in {finding.verdict for finding in seen(timedelta(days=3), his1=GOOD)}
    assert Verdict.UNKNOWN not in {finding.verdict for finding in seen(timedelta(days=1), his1=GOOD)}


def test_no_search_yet_is_unknown():
    (finding,) = probe(Options(), CheckContext(NOW, {}))
    assert finding.verdict is Verdict.UNKNOWN


def test_another_state_under_its_name_is_no_pass():
    state = {"gaps": [], "excused": [], "covered": [], "finished": iso(NOW)}
    with pytest.raises(Damaged, match="can't be read"):
        list(probe(Options(), CheckContext(NOW, {"arrivals": typed({"gaps": state})["gaps"]})))
