"""Whether what a client did behind the door is what it was asked to do, as far as that can be told without a key.

Which files went and came is known, and what each file is: its name is the SHA-256 of its content. What the packs hold
is not. But all that a set stored anew, it needs: so the packs that arrived with a set that stays have to stay. And a
set's card says how much of the repository it needs, which was measured before anybody could know what was to leave.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ops.core.errors import Damaged
from ops.core.names import Digest
from ops.core.quantity import Size, counted
from ops.interfaces.layout import DATA, INDEX, KEYS, LOCKS, SNAPSHOTS, STATUS
from ops.interfaces.leaving import KeptSet
from ops.keeper.foreign import LEAST
from ops.keeper.repository import UPLOAD, Stored

DAY = 86_400.0
SPARE = 0.1  # of the packs that have to stay so much may go: those of backups that were killed are nobody's
TOGETHER = 3 * 3600.0  # seconds; of sets that arrive so close to each other nobody knows whose a pack is
_MOST_NAMED = 3
_PASSING = (LOCKS, STATUS)


@dataclass(frozen=True)
class Change:
    """What a run changes. gone, new: paths in the repository. bytes: of what is gone."""

    gone: tuple[str, ...]
    new: tuple[str, ...]
    bytes: int

    def of(self, sort: str) -> list[str]:
        """Return the paths of one sort that are gone."""
        return [path for path in self.gone if path.startswith(f"{sort}/")]


def change(before: Mapping[str, Stored], after: Mapping[str, Stored], named: Collection[str]) -> Change:
    """Given files by their paths as they were and are, and the names of the snapshots to forget, return the change.

    Locks, statuses and unfinished uploads are no part of it. Raise Damaged, with what is wrong, for any other change
    than asked.
    """
    there = {path: one for path, one in after.items() if one.sort not in _PASSING and UPLOAD not in path}
    if wrong := [*_wrong(before, there, named)]:
        more = f"; and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
        raise Damaged(f"{'; '.join(wrong[:_MOST_NAMED])}{more}")
    gone = tuple(sorted(before.keys() - there.keys()))
    new = tuple(sorted(there.keys() - before.keys()))
    return Change(gone, new, sum(before[path].size for path in gone))


def demand_staying(
    before: Mapping[str, Stored], after: Mapping[str, Stored], named: Collection[str], made: Collection[str]
) -> None:
    """Raise Damaged when more of what the sets that stay need is gone than a prune explains.

    named: the names of the snapshots that were to go. made: the paths of packs that earlier runs wrote, of which nobody
    knows whose they are.
    """
    needed = {path: before[path].size for path in _needed(before, named) if path not in made}
    lost = sum(size for path, size in needed.items() if path not in after)
    rewritten = packed(one for path, one in after.items() if path not in before)
    allowed = int(SPARE * sum(needed.values())) + rewritten
    if lost > allowed:
        much = f"{Size(lost)} of {Size(sum(needed.values()))}"
        raise Damaged(f"{much} that arrived with sets that stay are gone; a prune leaves them")


def packed(files: Iterable[Stored]) -> int:
    """Return the bytes of the packs among some files."""
    return sum(one.size for one in files if one.sort == DATA)


def least(there: Iterable[Stored], stays: Iterable[KeptSet], named: Collection[str]) -> int:
    """Return how many bytes of packs a repository has to have, by the cards of the sets that stay.

    there: its files. named: the names of the snapshots that leave. Of all cards the one that demands most counts:
    whoever hands over a false one makes a run fail, and hurts nothing. One that demands more than is there can't be
    true, and does not count; nor does one that was measured beside what leaves. 0 where none counts.
    """
    files = list(there)
    names, most = {one.name for one in files if one.sort == SNAPSHOTS}.difference(named), packed(files)
    return max((one.needs for one in stays if one.needs <= most and names.issuperset(one.beside)), default=0)


def demand_enough(after: Iterable[Stored], needed: int) -> None:
    """Raise Damaged when fewer bytes of packs are left than the sets that stay need, as their cards say."""
    left = packed(after)
    if left < (1 - SPARE) * needed:
        raise Damaged(f"{Size(left)} of packs are left; by its cards, the sets that stay need {Size(needed)}")


def _wrong(before: Mapping[str, Stored], after: Mapping[str, Stored], named: Collection[str]) -> Iterator[str]:
    for path, one in after.items():
        if path not in before:
            yield from _wrongly_new(path, one)
        elif one.inode != before[path].inode:
            yield f"{path} was replaced"
    for path, one in before.items():
        if one.sort == SNAPSHOTS and (path in after) is (one.name in named):
            yield f"{path} was to go, and is there" if path in after else f"{path} is gone"
        elif path not in after and one.sort not in {DATA, INDEX, SNAPSHOTS}:
            yield f"{path} is gone"
    yield from _wrong_in_all(before, after)


def _wrong_in_all(before: Mapping[str, Stored], after: Mapping[str, Stored]) -> Iterator[str]:
    sorts = {one.sort for one in after.values()}
    if DATA in sorts and INDEX not in sorts:
        yield "no index is left"
    gone = packed(one for path, one in before.items() if path not in after)
    new = packed(one for path, one in after.items() if path not in before)
    if new > gone:
        yield f"{Size(new)} of new packs came for {Size(gone)} that went"


def _wrongly_new(path: str, one: Stored) -> Iterator[str]:
    if one.sort not in {DATA, INDEX}:
        yield f"{path} {'is a new key' if one.sort == KEYS else 'has no business there'}"
    elif not Digest.fits(one.name):
        yield f"{path} is not named after its content"
    elif one.size < LEAST[one.sort]:
        yield f"{path} is smaller than restic can have made it"


def _needed(before: Mapping[str, Stored], named: Collection[str]) -> Iterator[str]:
    """Yield the paths of the packs that arrived with a set that stays: the next snapshots after them are of such."""
    snapshots = sorted((one.arrived, one.name) for one in before.values() if one.sort == SNAPSHOTS)
    moments = [moment for moment, _ in snapshots]
    for path, one in before.items():
        if one.sort != DATA:
            continue
        at = bisect_left(moments, one.arrived)
        if at == len(moments) or moments[at] - one.arrived >= DAY:
            continue
        close = snapshots[at : bisect_right(moments, moments[at] + TOGETHER)]
        if not any(name in named for _, name in close):
            yield path


def told(found: Change) -> str:
    """Return a change in words."""
    packs, came = len(found.of(DATA)), sum(path.startswith(f"{DATA}/") for path in found.new)
    return f"{counted(len(found.of(SNAPSHOTS)), 'snapshot')} and {counted(packs, 'pack')} gone, {came} rewritten"
