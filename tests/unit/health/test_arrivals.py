from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict
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
    return probed({"repositories": repositories}, later)


def probed(said: dict[str, Any], later: timedelta = timedelta()) -> list[Finding]:
    state = {"kind": "arrivals", "verdict": "pass", "finished": iso(NOW), **said}
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


def of_quota(used: int, daily: int = 0) -> list[tuple[Verdict, str]]:
    """What is said of a quota of 1000 GiB, of which so many GiB are used."""
    gib = 1 << 30
    found = seen(his1={**GOOD, "quota": 1000 * gib, "used": used * gib, "daily": daily * gib})
    return [(finding.verdict, finding.message) for finding in found if "quota" in finding.message]


@pytest.mark.parametrize(
    ("used", "daily", "verdict", "said"),
    [
        (
            800,
            1,
            Verdict.WARN,
            "his1: 800 GiB of its quota of 1000 GiB are used (80%); full in 200 days at 1 GiB a day",
        ),
        (300, 70, Verdict.WARN, "(30%); full in 10 days at 70 GiB a day"),
        (949, 0, Verdict.WARN, "(95%); raise it in the policy"),
        (950, 100, Verdict.FAIL, "(95%); full in less than a day"),
        (1000, 100, Verdict.FAIL, "(100%): nothing more is taken"),
        (1200, 0, Verdict.FAIL, "(120%): nothing more is taken"),
    ],
)
def test_a_quota_is_announced_before_it_is_full(used: int, daily: int, verdict: Verdict, said: str):
    ((found, message),) = of_quota(used, daily)
    assert found is verdict
    assert said in message


def test_a_quota_with_room_for_weeks_is_not_spoken_of():
    assert of_quota(799) == of_quota(300, 40) == of_quota(0) == []


def test_without_a_quota_nothing_is_said_of_one():
    assert len(seen(his1={**GOOD, "used": 1 << 50, "daily": 1 << 40})) == 1


def test_quotas_that_are_more_than_the_disk_are_a_warning():
    tib = 1 << 40
    found = probed({"repositories": {"his1": GOOD}, "quotas": 3 * tib, "disk": 2 * tib})
    said = "the quotas together are 3 TiB, and the disk of the repositories has 2 TiB: lower them in the policy"
    assert [(one.verdict, said in one.message) for one in found] == [(Verdict.WARN, True), (Verdict.PASS, False)]


@pytest.mark.parametrize("disk", [0, 3 << 40])
def test_quotas_that_fit_the_disk_or_of_which_nobody_knows_are_not_spoken_of(disk: int):
    assert len(probed({"repositories": {"his1": GOOD}, "quotas": 3 << 40, "disk": disk})) == 1
