"""Which sets of a plan may leave is judged once more: the newest and the last proven set of an asset never do."""

from dataclasses import replace
from typing import Any

import pytest

from ops.core.errors import Damaged
from ops.core.names import Digest, HostName, Name, SetId
from ops.interfaces.leaving import KeptSet, RetentionPlan
from ops.jobs.keeper.due import MOST, chosen

NOW = 1_800_000_000.0
DAY = 86_400.0


def one(number: int, *, asset: str = "his", due: float | None = None, **words: Any) -> KeptSet:
    facts: dict[str, Any] = {"proven": True, "snapshots": (Digest(f"{number:064x}"),), "arrived": NOW + number * DAY}
    return KeptSet(asset=Name(asset), set=SetId(f"set-{number}"), why="a rule", due=due, **{**facts, **words})


def plan(stays: list[KeptSet], leaves: list[KeptSet], **words: Any) -> RetentionPlan:
    facts: dict[str, Any] = {"client": HostName("his1"), "made": NOW, "refused": ()}
    return RetentionPlan(stays=tuple(stays), leaves=tuple(leaves), **{**facts, **words})


GOOD = plan([one(3)], [one(2, due=NOW - 1), one(1, due=NOW - 1)])
THERE = {f"{number:064x}" for number in range(1, 4)}


def test_what_is_due_leaves_the_oldest_first() -> None:
    assert [each.set for each in chosen(GOOD, NOW, THERE)] == ["set-1", "set-2"]


def test_nothing_leaves_before_its_time_or_where_the_plan_refuses() -> None:
    assert chosen(GOOD, NOW - 2, THERE) == ()
    assert chosen(replace(GOOD, refused=("the newest set is empty",)), NOW, THERE) == ()


def test_so_many_leave_that_their_names_fit() -> None:
    ids = [tuple(Digest(f"{number * MOST + part:064x}") for part in range(MOST // 2 + 1)) for number in range(2, 4)]
    many = [one(number, due=NOW - 1, snapshots=names) for number, names in enumerate(ids)]
    there = {*THERE, *(name for names in ids for name in names)}
    assert len(chosen(plan([one(3)], many), NOW, there)) == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (plan([], [one(1, due=NOW - 1)]), "no set of his stays"),
        (plan([one(3, asset="lis")], [one(1, due=NOW - 1)]), "no set of his stays"),
        (plan([one(1)], [one(2, due=NOW - 1)]), "the newest set of his leaves"),
        (plan([one(3, proven=False)], [one(1, due=NOW - 1)]), "no proven set of his stays"),
        (plan([one(3)], [one(1, due=NOW - 1, snapshots=(Digest(f"{3:064x}"),))]), "leaves and stays"),
        (plan([one(3)], [one(9, due=NOW - 1, arrived=NOW)]), "is not there as the plan knows it"),
        (plan([one(3)], [one(1, due=NOW - 1, snapshots=())]), "is not there as the plan knows it"),
        (plan([one(3), one(7)], [one(1, due=NOW - 1)]), "that stay by the plan are not there"),
    ],
)
def test_a_plan_that_says_otherwise_is_refused(wrong: RetentionPlan, says: str) -> None:
    with pytest.raises(Damaged, match=says):
        chosen(wrong, NOW, THERE)


def test_an_asset_of_which_nothing_was_ever_proven_keeps_its_newest() -> None:
    unproven = plan([one(3, proven=False)], [one(1, due=NOW - 1, proven=False)])
    assert len(chosen(unproven, NOW, THERE)) == 1
