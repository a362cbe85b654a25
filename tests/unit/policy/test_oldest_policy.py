"""The drill of the oldest set: unit, check and dates follow from the policy, and what can't be is refused."""

from __future__ import annotations

from typing import Any

import pytest
from test_hours import policies, unit

from ops.core import clock
from ops.core.errors import PolicyError
from ops.policy import dates
from ops.policy.compile import document, read_document

DATABASE = {"database": {"kind": "postgresql", "options": {"database": "his"}}}
YEARLY = {"all": "14d", "yearly": "30y"}
ROWS = {"donors": {"sql": "select id from donors"}}
ASKED = {"donors": {"sql": "select count(*) from donors", "at_least": 1}}


def made(oldest: Any, drill: dict[str, Any] | None = None, **asset: Any) -> Any:
    told = {"host": "drill1", "every": "31d", **(drill or {}), "oldest": oldest}
    return policies(**{"sources": DATABASE, "retention": YEARLY, "drill": told, **asset})


def test_its_unit_check_and_dates_follow_from_the_policy() -> None:
    found = made({"calendar": "day 10", "every": "400d", "removed": ROWS, "expectations": ASKED})["drill1"]
    own, usual = unit(found, "seawall-oldest-his"), unit(found, "seawall-drill-his")
    assert (own.command, own.calendar) == ("drill his --oldest", ("*-*-10 04:00:00 Europe/Prague",))
    assert (own.credentials, own.user, own.timeout) == (usual.credentials, usual.user, usual.timeout)
    read = read_document(document(found))
    assert read.checks["drill_age-his-oldest"].options.oldest
    assert not read.checks["drill_age-his"].options.oldest
    assert [one.act for one in dates.of_drills(found, clock.now())] == ["drill", "oldest"]
    assert read.drills["his"].asset.drill.oldest == found.drills["his"].asset.drill.oldest


def test_without_it_nothing_is_different() -> None:
    found = policies(sources=DATABASE, drill={"host": "drill1", "every": "31d"})["drill1"]
    assert not [name for name in found.checks if "oldest" in name]
    assert "oldest" not in str(document(found))


REFUSED = {
    "of a machine": ({}, {"kind": "machine"}, {"sources": {"tree": {"kind": "machine"}}}, "by the kind machine"),
    "no yearly sets": ({}, {}, {"retention": {"all": "14d"}}, "no set is kept for years"),
    "a query that writes": ({"removed": {"x": {"sql": "delete from donors"}}}, {}, {}, "begins with 'delete'"),
    "cannot fail": ({"removed": {"x": {"sql": "select id from donors", "at_least": 0}}}, {}, {}, "can't fail"),
    "a database that is not there": (
        {"removed": {"x": {**ROWS["donors"], "asks": "lis"}}},
        {},
        {},
        "no database 'lis'",
    ),
    "several databases": (
        {"removed": ROWS},
        {},
        {"sources": {"database": {"kind": "postgresql", "options": {"all": True}}}},
        "write drill.asks",
    ),
    "files have no rows": (
        {"removed": ROWS},
        {"kind": "files"},
        {"sources": {"all": {"kind": "files", "options": {"paths": ["/srv/a"]}}}},
        "queries no database",
    ),
    "an expectation of nothing": ({"expectations": {"x": {"sql": "select 1"}}}, {}, {}, "use equals, at_least"),
    "a calendar that is too rare": ({"every": "100d"}, {}, {}, "can't be met"),
    "an unknown release": ({"release": "bullseye"}, {}, {}, "release"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_is_refused(case: str) -> None:
    oldest, drill, asset, said = REFUSED[case]
    with pytest.raises(PolicyError) as refused:
        made(oldest, drill, **asset)
    assert said in str(refused.value)
    assert "drill.oldest" in str(refused.value)
