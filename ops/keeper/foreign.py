"""Which files of a repository no backup can have written, as far as that can be told without a key.

A client may add what it likes under its own account; names are the SHA-256 of the content, which the server demands.
So what is looked at is which keys were there first, where a file lies, how small it is, and what arrived before it. A
file of a plausible size that arrives in the night of a backup can only be told by somebody with a key.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from ops.core.names import Digest
from ops.interfaces.layout import CARDS, DATA, INDEX, KEYS, LOCKS, SNAPSHOTS, STATUS
from ops.interfaces.pushed import MOST as LARGEST_STATUS
from ops.interfaces.state import ForeignFile
from ops.keeper.repository import UPLOAD, Stored

DAY = 86_400.0
# restic seals each of these behind 32 bytes, and names in it at least one file by its SHA-256, which can't be packed.
LEAST = {INDEX: 96, SNAPSHOTS: 96, DATA: 96, LOCKS: 64, KEYS: 128, CARDS: 512, STATUS: 512}  # both signed
MOST = {KEYS: 8192, LOCKS: 8192, CARDS: 1 << 20, STATUS: LARGEST_STATUS}
OLD_LOCK = 7 * DAY
MANY = 50  # so many files of one sort in a day are never too many
TIMES = 10  # how much more than in the middle of the other days is too much
MUCH = 1 << 30  # so many bytes a day are never too many
DAYS = 30


@dataclass(frozen=True)
class Unusual:
    """More files of one sort in a day than on others. usual: in the middle of the other days."""

    sort: str
    files: int
    usual: float


@dataclass(frozen=True)
class Filling:
    """How much arrived in a day, in bytes. usual: on the other days. left: days until there is no room."""

    bytes: int
    usual: int
    left: float


def keys_at_first(stored: Iterable[Stored], expected: int) -> tuple[Digest, ...]:
    """Return the keys to be trusted among files that are looked at for the first time: those that came first.

    expected: how many the policy asks for of the machine's own and one for each reader, as far as none is known.
    """
    keys = sorted((one for one in stored if one.sort == KEYS and Digest.fits(one.name)), key=lambda one: one.arrived)
    return tuple(Digest(one.name) for one in keys[:expected])


def foreign(stored: Collection[Stored], noted: Collection[str], now: float) -> list[ForeignFile]:
    """Return the files that no backup explains, each with why, in order of their paths.

    noted: the names of the keys that are trusted. now: in seconds since 1970.
    """
    found = [ForeignFile(path=one.path, why=why) for one in stored if (why := _misplaced(one, noted, now))]
    bad = {one.path for one in found}
    found += _unexplained(one for one in stored if one.path not in bad)
    return sorted(found, key=lambda one: one.path)


def _misplaced(one: Stored, noted: Collection[str], now: float) -> str:
    """Return what is wrong with a file by itself; empty where nothing is."""
    if not one.sort:
        return "has no place in a repository"
    if not Digest.fits(one.name):
        if UPLOAD not in one.name:
            return "is not named after its content"
        return "is an upload that was never finished" if now - one.arrived > DAY else ""
    if one.sort == KEYS and one.name not in noted:
        return "is a key that was added later"
    if one.size < LEAST[one.sort]:
        return f"is smaller than restic can have made it: {one.size} bytes"
    if one.size > MOST.get(one.sort, one.size):
        return f"is larger than restic can have made it: {one.size} bytes"
    if one.sort == LOCKS and now - one.arrived > OLD_LOCK:
        return "is a lock that nobody can still hold"
    return ""


def _unexplained(stored: Iterable[Stored]) -> Iterator[ForeignFile]:
    """Yield index files that arrived without any pack that they could be about.

    restic writes an index only for packs that it has just written. Two backups may do so at once, so each pack of the
    day before makes up for one index.
    """
    packs: deque[float] = deque()
    for one in sorted(stored, key=lambda each: (each.arrived, each.sort != DATA)):
        if one.sort == DATA:
            packs.append(one.arrived)
        elif one.sort == INDEX:
            while packs and one.arrived - packs[0] > DAY:
                packs.popleft()
            if packs:
                packs.popleft()
            else:
                yield ForeignFile(path=one.path, why="is an index, but no pack arrived in the day before it")


def unusual(stored: Iterable[Stored], now: float) -> list[Unusual]:
    """Return the sorts of which many more files arrived in the last day than usual, by the days before."""
    days: Mapping[str, Counter[int]] = {sort: Counter() for sort in (INDEX, SNAPSHOTS, LOCKS, DATA, CARDS)}
    for one in stored:
        age = int((now - one.arrived) // DAY)
        if one.sort in days and age <= DAYS:
            days[one.sort][max(age, 0)] += 1
    known = any(age for counts in days.values() for age in counts)  # of a repository made today nothing is usual
    found = []
    for sort, counts in days.items():
        before = [count for age, count in counts.items() if age]
        usual = median(before) if before else 0.0
        if known and counts[0] > max(MANY, TIMES * usual):
            found.append(Unusual(sort, counts[0], usual))
    return found


def filling(stored: Iterable[Stored], now: float, free: int) -> Filling | None:
    """Return how fast a repository grows when it grew much faster in the last day than usual; else None.

    free: the bytes that are left for it.
    """
    days: Counter[int] = Counter()
    for one in stored:
        age = int((now - one.arrived) // DAY)
        if age <= DAYS:
            days[max(age, 0)] += one.size
    before = [size for age, size in days.items() if age]
    usual = int(median(before)) if before else 0
    if not before or days[0] <= max(MUCH, TIMES * usual):
        return None
    return Filling(days[0], usual, free / days[0])
