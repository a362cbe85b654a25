"""Which whole sets a client's repository holds, and which are proven: by cards and by the arrivals of snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TypeAlias

from ops.core.names import Digest, Name, SetId
from ops.interfaces.card import ProofCard, SetCard

HOUR, DAY = 3_600.0, 86_400.0
_Whose: TypeAlias = tuple[Name, SetId, Digest | None]  # asset, set and manifest
SPREAD = 2 * DAY  # from a set's first snapshot to its last: no backup and no copy takes longer
LATE = 40 * DAY  # a card that could not be handed over comes with the one of the next backup


@dataclass(frozen=True)
class WholeSet:
    """A whole set. arrived: when its last snapshot did, by this machine's clock, in seconds since 1970.

    proven: whether the newest drill of it passed.
    """

    card: SetCard
    arrived: float
    proven: bool = False


@dataclass(frozen=True)
class Drilled:
    """A drill that was told of. arrived: when the card did, in seconds since 1970."""

    card: ProofCard
    arrived: float


@dataclass(frozen=True)
class Holdings:
    """What a repository holds, as far as its cards tell.

    sets: the whole ones, as they arrived. drills: likewise. odd: why cards do not count, in words. unknown: how many
    snapshots are of no whole set.
    """

    sets: tuple[WholeSet, ...]
    drills: tuple[Drilled, ...]
    odd: tuple[str, ...]
    unknown: int


def holdings(
    cards: Iterable[tuple[float, SetCard]],
    drills: Iterable[Drilled],
    arrived: Mapping[str, float],
    gone: Set[str],
) -> Holdings:
    """Return what a repository holds.

    cards: each with when it arrived. arrived: of each snapshot that ever was there, by its name; gone: those that are
    there no more. Of two cards about one set or one snapshot the first to arrive counts: a later one can take nothing
    from it.
    """
    known: dict[str, SetCard] = {}
    claimed: dict[str, str] = {}
    sets, odd = [], []
    drilled = sorted(drills, key=lambda one: one.arrived)
    newest = {(one.card.asset, one.card.set, one.card.manifest): one.card for one in drilled}
    for when, card in sorted(cards, key=lambda pair: pair[0]):
        if (before := known.get(card.set)) and before.snapshots == card.snapshots:
            continue  # handed over again
        if wrong := _wrong(card, when, before, claimed, arrived):
            odd.append(f"set {card.set[:8]} of {card.asset}: {wrong}")
            continue
        known[card.set] = card
        claimed.update(dict.fromkeys(card.snapshots, card.set))
        there = [name for name in card.snapshots if name not in gone]
        if len(there) == len(card.snapshots):
            sets.append(WholeSet(card, max(arrived[name] for name in there), _is_proven(card, newest)))
        elif there:
            odd.append(f"set {card.set[:8]} of {card.asset}: {len(card.snapshots) - len(there)} snapshots are gone")
    whole = {name for one in sets for name in one.card.snapshots}
    unknown = sum(1 for name in arrived if name not in gone and name not in whole)
    return Holdings(tuple(sorted(sets, key=lambda one: one.arrived)), tuple(drilled), tuple(odd), unknown)


def _wrong(
    card: SetCard, when: float, before: SetCard | None, claimed: Mapping[str, str], arrived: Mapping[str, float]
) -> str:
    """Return why a card does not count; empty where it does."""
    if before:
        return "another card tells of other snapshots"
    if any(name in claimed for name in card.snapshots):
        return "a snapshot of it is another set's"
    if missing := sum(1 for name in card.snapshots if name not in arrived):
        return f"{missing} of its snapshots did not arrive"
    first, last = (pick(arrived[name] for name in card.snapshots) for pick in (min, max))
    if last - first > SPREAD:
        return "its snapshots arrived days apart"
    if not -HOUR <= when - last <= LATE:
        return "its card did not arrive with it"
    return ""


def _is_proven(card: SetCard, newest: Mapping[_Whose, ProofCard]) -> bool:
    """Whether the newest drill of a set passed, with the manifest that its card names."""
    told = newest.get((card.asset, card.set, card.manifest))
    return told is not None and told.passed
