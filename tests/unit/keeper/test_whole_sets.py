"""Which sets are whole: a card takes nothing from one that was told of before, and counts beside its snapshots."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.core import clock
from ops.core.names import Digest, HostName, Name, SetId
from ops.interfaces.card import ProofCard, SetCard
from ops.keeper.whole import DAY, HOUR, Drilled, holdings

NOW = 1_800_000_000.0
A, B, C = (Digest(letter * 64) for letter in "abc")


def card(name: str, *snapshots: Digest, manifest: Digest = A) -> SetCard:
    moment = clock.iso(datetime.fromtimestamp(NOW, UTC))
    return SetCard(
        client=HostName("his1"),
        asset=Name("his"),
        set=SetId(name),
        captured=moment,
        finished=moment,
        manifest=manifest,
        snapshots=snapshots,
        bytes=1,
        files=1,
        added=1,
    )


def proof(name: str, manifest: Digest, *, passed: bool, arrived: float) -> Drilled:
    drilled = clock.iso(datetime.fromtimestamp(arrived, UTC))
    one = ProofCard(
        client=HostName("his1"),
        asset=Name("his"),
        set=SetId(name),
        by=HostName("drill1"),
        drilled=drilled,
        passed=passed,
        manifest=manifest,
    )
    return Drilled(one, arrived)


def test_a_set_arrived_when_its_last_snapshot_did() -> None:
    told = holdings([(NOW + 60, card("one", A, B))], [], {A: NOW - HOUR, B: NOW, C: NOW}, set())
    assert [(one.card.set, one.arrived) for one in told.sets] == [("one", NOW)]
    assert (told.odd, told.unknown) == ((), 1)


def test_a_card_that_comes_twice_is_one_set() -> None:
    told = holdings([(NOW, card("one", A)), (NOW + DAY, card("one", A))], [], {A: NOW}, set())
    assert (len(told.sets), told.odd) == (1, ())


@pytest.mark.parametrize(
    ("later", "when", "why"),
    [
        (card("one", B), NOW + 1, "another card tells of other snapshots"),
        (card("two", A, B), NOW + 1, "a snapshot of it is another set's"),
        (card("two", C), NOW + 1, "1 of its snapshots did not arrive"),
        (card("two", B), NOW + 50 * DAY, "its card did not arrive with it"),
        (card("two", B), NOW - 2 * HOUR, "its card did not arrive with it"),
    ],
)
def test_a_later_card_takes_nothing_and_is_named(later: SetCard, when: float, why: str) -> None:
    sooner = min(NOW, when) - 1  # however early the other one is said to be
    told = holdings([(sooner, card("one", A)), (when, later)], [], {A: NOW - HOUR, B: NOW}, set())
    assert [one.card.snapshots for one in told.sets if one.card.set == "one"] in ([(A,)], [])
    assert "two" not in {one.card.set for one in told.sets}
    assert any(why in one for one in told.odd)


def test_snapshots_that_came_days_apart_are_no_set() -> None:
    """Else whoever breaks in tells that a set of last year and one of today are one."""
    told = holdings([(NOW, card("one", A, B))], [], {A: NOW - 300 * DAY, B: NOW}, set())
    assert (told.sets, "days apart" in told.odd[0], told.unknown) == ((), True, 2)


def test_a_set_of_which_a_part_is_gone_is_not_whole_and_one_that_left_is_not_named() -> None:
    cards = [(NOW, card("one", A, B)), (NOW, card("two", C))]
    told = holdings(cards, [], {A: NOW, B: NOW, C: NOW}, {B, C})
    assert (told.sets, told.unknown) == ((), 1)
    assert told.odd == ("set one of his: 1 snapshots are gone",)


@pytest.mark.parametrize(
    ("drills", "proven"),
    [
        ([], False),
        ([proof("one", A, passed=True, arrived=NOW)], True),
        ([proof("one", B, passed=True, arrived=NOW)], False),
        ([proof("two", A, passed=True, arrived=NOW)], False),
        ([proof("one", A, passed=True, arrived=NOW), proof("one", A, passed=False, arrived=NOW + 1)], False),
        ([proof("one", A, passed=False, arrived=NOW), proof("one", A, passed=True, arrived=NOW + 1)], True),
    ],
)
def test_the_newest_drill_of_a_set_with_its_manifest_says_whether_it_is_proven(
    drills: list[Drilled], proven: bool
) -> None:
    told = holdings([(NOW, card("one", A))], drills, {A: NOW}, set())
    assert [one.proven for one in told.sets] == [proven]
