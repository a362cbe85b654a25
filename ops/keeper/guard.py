"""Why nothing may leave a repository now. Every rule looks at what the backup host itself knows, and says what it saw.

What a rule refuses is no finding about a backup: it may be a busy day. But what leaves is gone for good some day, so
in doubt nothing does, until a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from ops.core import clock
from ops.core.quantity import Size, counted, span
from ops.keeper.whole import DAY, HOUR, Drilled, WholeSet

WEEK = 7 * DAY
MUCH = 64 << 20  # bytes; what is less is never too much that is new
_BEFORE = 10  # so many sets before are compared with
_MOST_SAID = 100  # so many reasons are given; whoever floods a repository could have a record without an end


@dataclass(frozen=True)
class Bounds:
    """What is usual, in percent.

    shrinks, grows: by how much a set may be smaller or larger than those before. anew: how much of it may be new.
    """

    shrinks: int = 50
    grows: int = 200
    anew: int = 50


@dataclass(frozen=True)
class Expected:
    """What the policy promises of an asset in this repository, in seconds.

    newest: how old its newest set is at most. a_day: how many sets come at most on one day. drill: how old the newest
    good drill is at most; None: it has none. copies: how long ago the last copy to each further repository was at most.
    """

    newest: float
    a_day: int
    drill: float | None = None
    copies: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class AssetFacts:
    """What is known of an asset in a repository.

    sets: its whole sets, as they arrived; leaves: those of them that are to leave. drills: all that was told of.
    fresh: for each of the latest sets, by its identity, the bytes of packs that arrived between the set before and it.
    """

    asset: str
    expected: Expected
    sets: Sequence[WholeSet]
    leaves: Sequence[WholeSet] = ()
    drills: Sequence[Drilled] = ()
    fresh: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What is known of a client's repository.

    now: in seconds since 1970. clock, scrub, register: what is wrong with each; empty where nothing is. packs: the
    bytes of all packs.
    """

    now: float
    assets: Sequence[AssetFacts]
    packs: int = 0
    clock: str = ""
    scrub: str = ""
    register: str = ""


def refusals(facts: Facts, bounds: Bounds) -> list[str]:
    """Return why nothing may leave, one line each; none when it may."""
    said = [one for one in (facts.clock, facts.register, facts.scrub) if one]
    for asset in facts.assets:
        said += [f"{asset.asset}: {why}" for why in _of_asset(asset, facts, bounds)]
    more = len(said) - _MOST_SAID
    return [*said[:_MOST_SAID], f"and {more} more"] if more > 0 else said


def judged(sets: Sequence[WholeSet], expected: Expected, now: float) -> Sequence[WholeSet]:
    """Return the sets that are judged one by one: the newest, and all of the last day.

    Of more than may come on a day the latest are enough: nothing leaves then whatever is wrong with the others, and who
    floods a repository must not keep this machine busy for hours.
    """
    return _of_the_last_day(sets, now)[-_most_of_a_day(expected) :]


def _of_the_last_day(sets: Sequence[WholeSet], now: float) -> Sequence[WholeSet]:
    return [one for one in sets if one is sets[-1] or now - one.arrived <= DAY]


def _most_of_a_day(expected: Expected) -> int:
    return 2 * expected.a_day + 2


def _of_asset(asset: AssetFacts, facts: Facts, bounds: Bounds) -> Iterator[str]:
    if not asset.sets:
        yield "no whole set of it is known: no card tells of one"
        return
    age = facts.now - asset.sets[-1].arrived
    if age > asset.expected.newest:
        yield f"the newest whole set arrived {span(age)} ago; backups, copies or their cards are missing"
    yield from _flood(asset, facts.now)
    for one in judged(asset.sets, asset.expected, facts.now):
        yield from _dates(one, asset.expected)
        yield from _amount(one, asset, bounds)
        yield from _anew(one, asset, facts, bounds)
    yield from _proofs(asset, facts.now)
    yield from _copies(asset, facts.now)


def _flood(asset: AssetFacts, now: float) -> Iterator[str]:
    a_day = asset.expected.a_day
    for spell, name, most in ((DAY, "day", _most_of_a_day(asset.expected)), (WEEK, "week", 7 * a_day + 5)):
        count = sum(1 for one in asset.sets if now - one.arrived <= spell)
        if count > most:
            yield f"{counted(count, 'set')} arrived in the last {name}, and its schedule explains {most} at most"


def _dates(one: WholeSet, expected: Expected) -> Iterator[str]:
    captured, finished = (clock.parse(text).timestamp() for text in (one.card.captured, one.card.finished))
    if abs(finished - one.arrived) > HOUR or captured > finished + HOUR:
        apart = max(abs(finished - one.arrived), captured - finished)
        yield f"{_name(one)} is dated {span(apart)} apart from its arrival"
    elif one.arrived - captured > expected.newest:
        yield f"{_name(one)} is dated {span(one.arrived - captured)} before it arrived"


def _amount(one: WholeSet, asset: AssetFacts, bounds: Bounds) -> Iterator[str]:
    if not one.card.bytes:
        yield f"{_name(one)} is empty"
        return
    recent = {each.card.set for each in _of_the_last_day(asset.sets, one.arrived)} | {one.card.set}
    before = [each for each in asset.sets if each.arrived <= one.arrived and each.card.set not in recent]
    proven = [each for each in before if each.proven][-1:]
    sizes = {
        "those before": [each.card.bytes for each in before[-_BEFORE:]],
        "the last proven one": [each.card.bytes for each in proven],
    }
    for which, several in sizes.items():
        usual = median(several) if several else one.card.bytes
        if one.card.bytes < usual * (100 - bounds.shrinks) / 100:
            yield f"{_name(one)} shrank: {Size(one.card.bytes)}, and {which} had {Size(int(usual))}"
            return
        if one.card.bytes > max(usual * (100 + bounds.grows) / 100, usual + MUCH):
            yield f"{_name(one)} grew: {Size(one.card.bytes)}, and {which} had {Size(int(usual))}"
            return


def _anew(one: WholeSet, asset: AssetFacts, facts: Facts, bounds: Bounds) -> Iterator[str]:
    if one is asset.sets[0]:
        return
    told, seen = one.card.added, asset.fresh.get(one.card.set, 0)
    before = facts.packs - seen
    if told > max(MUCH, one.card.bytes * bounds.anew / 100):
        yield f"{_name(one)} was stored anew: {Size(told)} of its {Size(one.card.bytes)} are new"
    elif seen > max(MUCH, before * bounds.anew / 100):
        yield f"most was stored anew: {Size(seen)} arrived with {_name(one)}, and {Size(before)} were there"


def _proofs(asset: AssetFacts, now: float) -> Iterator[str]:
    leaving = {one.card.set for one in asset.leaves}
    if not any(one.proven and one.card.set not in leaving for one in asset.sets):
        yield "no set that a drill has proven would be left"
    if asset.expected.drill is None:
        return
    if asset.drills and not asset.drills[-1].card.passed:
        yield f"the last drill failed, of set {asset.drills[-1].card.set[:8]}"
    passed = [one.arrived for one in asset.drills if one.card.passed]
    if passed and now - passed[-1] > asset.expected.drill:
        yield f"its drill is overdue: the last good one was told of {span(now - passed[-1])} ago"


def _copies(asset: AssetFacts, now: float) -> Iterator[str]:
    told = asset.sets[-1].card.copied
    for name, most in asset.expected.copies.items():
        when = next((clock.parse(text).timestamp() for to, text in told.items() if to == name), None)
        if when is None:
            yield f"no copy to {name} is known of"
        elif now - when > most:
            yield f"its copy to {name} is behind: the last one was {span(now - when)} ago"


def _name(one: WholeSet) -> str:
    return f"set {one.card.set[:8]}"
