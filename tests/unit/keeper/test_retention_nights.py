"""Two hundred nights of a backup host, with three sorts of poisoning by the server itself. What is promised:

1. The newest whole set of an asset and its newest proven one never leave.
2. Nothing leaves that was not announced for the whole notice, without a break.
3. Nothing leaves while something is refused.
4. What leaves is whole: each of its snapshots, and none of another set.
5. Each of the last months in which a set was proven still has a proven set of it.
6. Age is what the backup host's own clock says, whatever a card claims.
7. In a night in which a server floods, sends sets with false dates or empty ones, nothing leaves.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from ops.core import clock
from ops.core.names import Digest, HostName, Name, SetId
from ops.interfaces.card import ProofCard, SetCard
from ops.keeper.choice import Rules, choose
from ops.keeper.guard import AssetFacts, Bounds, Expected, Facts, refusals
from ops.keeper.whole import DAY, HOUR, Drilled, Holdings, WholeSet, holdings
from tests.properties import examples

NIGHTS, NOTICE = 200, 3 * DAY
GIB = 1 << 30
BEGAN = 1_800_000_000.0
RULES = Rules(all=7 * DAY, daily=21 * DAY, monthly=120 * DAY)
EXPECTED = Expected(newest=3 * DAY, a_day=1, drill=16 * DAY)
Poison = Literal["flood", "dated", "empty"]


def iso(moment: float) -> str:
    return clock.iso(datetime.fromtimestamp(moment, UTC))


@dataclass
class World:
    """A repository, and what its backup host knows of it. left: what left, each with the night."""

    numbers: itertools.count[int] = field(default_factory=itertools.count)
    cards: list[tuple[float, SetCard]] = field(default_factory=list)
    drills: list[Drilled] = field(default_factory=list)
    arrived: dict[str, float] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    dates: dict[str, float] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)

    def add(self, moment: float, **changes: object) -> SetCard:
        """Let a set arrive, of two snapshots, with its card a minute later."""
        number = next(self.numbers)
        names = tuple(Digest(f"{number:032x}{part:032x}") for part in range(2))
        card = SetCard(
            client=HostName("his1"),
            asset=Name("his"),
            set=SetId(f"{number:08d}"),
            captured=iso(moment - 600),
            finished=iso(moment),
            manifest=Digest(f"{number:064x}"),
            snapshots=names,
            bytes=GIB,
            files=10,
            added=GIB // 100,
        )
        card = replace(card, **changes)  # type: ignore[arg-type]
        self.arrived |= dict.fromkeys(names, moment)
        self.cards.append((moment + 60, card))
        return card

    def drill(self, card: SetCard, moment: float) -> None:
        """Let the drill host prove a set, or find that it holds nothing."""
        passed = card.set not in self.bad
        proof = ProofCard(
            client=card.client,
            asset=card.asset,
            set=card.set,
            by=HostName("drill1"),
            drilled=iso(moment),
            passed=passed,
            manifest=card.manifest,
        )
        self.drills.append(Drilled(proof, moment))

    def seen(self) -> Holdings:
        return holdings(self.cards, self.drills, self.arrived, self.gone)


def poisoned(world: World, kind: Poison, moment: float) -> None:
    """Let the server do its worst for a night: all that it sends is worth nothing."""
    sent = {
        "flood": [{} for _ in range(40)],
        "dated": [{"captured": iso(moment - 900 * DAY)}, {"finished": iso(moment + 900 * DAY)}],
        "empty": [{"bytes": 0, "files": 0, "added": 0}, {"added": GIB}],
    }[kind]
    for place, changes in enumerate(sent):
        world.bad.add(world.add(moment + place, **changes).set)


def night(world: World, now: float) -> tuple[list[WholeSet], list[str]]:
    """Plan as the backup host does, and let what is due leave; return what left, and what was refused."""
    known = world.seen()
    chosen = choose(known.sets, RULES, now, UTC)
    leaves = [one.set for one in chosen if not one.stays]
    world.dates = {one.card.set: world.dates.get(one.card.set, now + NOTICE) for one in leaves}
    facts = AssetFacts("his", EXPECTED, known.sets, leaves, known.drills)
    refused = refusals(Facts(now=now, assets=[facts], packs=100 * GIB), Bounds())
    due = [] if refused else [one for one in leaves if world.dates[one.card.set] <= now]
    for one in due:
        world.gone |= set(one.card.snapshots)
    return due, refused


@given(
    st.dictionaries(st.integers(30, NIGHTS - 1), st.sampled_from(["flood", "dated", "empty"]), max_size=25),
    st.integers(5, 14),
    st.sets(st.integers(0, NIGHTS - 1), max_size=10),
)
@examples(6)
def test_the_promises_hold(poison: dict[int, Poison], every: int, missed: set[int]) -> None:
    world, announced = World(), dict[str, float]()
    for number in range(NIGHTS):
        now = BEGAN + number * DAY
        moment = now - 3 * HOUR
        if number in poison:
            poisoned(world, poison[number], moment)
        elif number not in missed:
            world.add(moment)
        before = world.seen()
        if number % every == 0 and before.sets:
            world.drill(before.sets[-1].card, now - HOUR)
            before = world.seen()
        due, refused = night(world, now)
        after = world.seen()
        demand_kept(before, after, due, now)
        for one in due:  # 2 and 3
            assert now - announced[one.card.set] >= NOTICE
            assert not refused
        announced = {name: announced.get(name, now) for name in world.dates}
        if number in poison:  # 7
            assert refused
            assert not due


def demand_kept(before: Holdings, after: Holdings, due: list[WholeSet], now: float) -> None:
    """Demand what holds each night."""
    left = {one.card.set for one in due}
    assert {one.card.set for one in before.sets} - {one.card.set for one in after.sets} == left  # 4
    assert not after.odd
    for several in (before.sets, [one for one in before.sets if one.proven]):  # 1
        assert not several or several[-1].card.set not in left
    months = {month(one) for one in before.sets if one.proven and now - one.arrived <= 120 * DAY}  # 5
    assert months <= {month(one) for one in after.sets if one.proven}
    assert all(now - one.arrived > RULES.all for one in due)  # 6


def month(one: WholeSet) -> str:
    return f"{datetime.fromtimestamp(one.arrived, UTC):%Y-%m}"


def test_something_leaves_in_a_healthy_year() -> None:
    """A guard that refuses everything would keep all promises."""
    world, left = World(), 0
    for number in range(NIGHTS):
        now = BEGAN + number * DAY
        card = world.add(now - 3 * HOUR)
        if number % 7 == 0:
            world.drill(card, now - HOUR)
        due, refused = night(world, now)
        assert refused == []
        left += len(due)
    kept = len(world.seen().sets)
    assert left + kept == NIGHTS
    assert 20 < kept < 45
