"""A sample of what a snapshot lists, chosen while the list goes by, and held against what was restored."""

from __future__ import annotations

import heapq
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from ops.core.restored import status
from ops.core.verdict import Finding, judged
from ops.interfaces.entry import Entry

EXTREMES = 10  # so many of the largest files, and of the smallest that hold something
MISSING = "is missing"
OTHER = ("a different size", "a different time", "a different mode", "a different owner")
_KINDS = {"file": stat.S_ISREG, "symlink": stat.S_ISLNK}


@dataclass
class Sample:
    """What was chosen, by path; and how many files and bytes there are in all."""

    chosen: dict[str, Entry] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0

    @property
    def size(self) -> int:
        """The bytes of what was chosen."""
        return sum(entry.size for entry in self.chosen.values())


def chosen(listed: Iterable[Entry], known: Iterable[str], count: int, most: int, chance: Random) -> Sample:
    """Choose among the entries of a snapshot: those that are known, the largest, the smallest, others by chance.

    count: how many files, beside the known ones. most: how many bytes in all; what would be more is left out.
    """
    wanted, found = {*known}, Sample()
    named: list[Entry] = []
    pool: list[Entry] = []
    largest: list[tuple[int, str, Entry]] = []
    smallest: list[tuple[int, str, Entry]] = []
    seen = 0
    for entry in listed:
        found.files += entry.kind == "file"
        found.bytes += entry.size
        if entry.path in wanted:
            named.append(entry)
            continue
        _keep(largest, (entry.size, entry.path, entry))
        if entry.size:
            _keep(smallest, (-entry.size, entry.path, entry))
        seen += 1
        if len(pool) < count:
            pool.append(entry)
        elif (place := chance.randrange(seen)) < count:
            pool[place] = entry
    extremes = [entry for _, _, entry in (*sorted(smallest, reverse=True), *sorted(largest, reverse=True))]
    chance.shuffle(pool)  # not all of it may fit, and its first places are those of the first entries
    _fill(found, [*named, *extremes[: count // 2], *pool], count + len(named), most)
    return found


def _keep(heap: list[tuple[int, str, Entry]], item: tuple[int, str, Entry]) -> None:
    if len(heap) < EXTREMES:
        heapq.heappush(heap, item)
    else:
        heapq.heappushpop(heap, item)


def _fill(found: Sample, entries: Sequence[Entry], count: int, most: int) -> None:
    total = 0
    for entry in entries:
        if len(found.chosen) < count and entry.path not in found.chosen and total + entry.size <= most:
            found.chosen[entry.path] = entry
            total += entry.size


def compared(folder: Path, sample: Sample) -> list[tuple[str, Finding]]:
    """Compare what was restored to a folder with what the snapshot lists; counts are told, and no names."""
    wrong = dict.fromkeys((MISSING, *OTHER), 0)
    for path, entry in sample.chosen.items():
        for words in _differences(folder, path, entry):
            wrong[words] += 1
    missing = wrong.pop(MISSING)
    total = len(sample.chosen)
    return [
        (
            "present",
            judged([f"{missing} of {total} are missing"] if missing else [], f"all {total} entries are there"),
        ),
        (
            "entries",
            judged(
                [f"{count} have {words}" for words, count in wrong.items() if count],
                "size, time, mode and owner match the snapshot",
            ),
        ),
    ]


def strangers(folder: Path, sample: Sample) -> Finding:
    """Look whether anything was restored that was not asked for."""
    found = 0
    for place, _, names in os.walk(folder):
        found += sum(f"/{Path(place, name).relative_to(folder)}" not in sample.chosen for name in names)
    return judged(
        [f"{found} files were restored that are not in the sample"] if found else [], "nothing else was restored"
    )


def _differences(folder: Path, path: str, entry: Entry) -> Iterator[str]:
    try:
        seen = status(folder, path)
    except OSError:
        yield MISSING
        return
    if not _KINDS[entry.kind](seen.st_mode):
        yield MISSING
        return
    if entry.kind == "file" and seen.st_size != entry.size:
        yield OTHER[0]
    if seen.st_mtime_ns // 1000 != entry.changed:
        yield OTHER[1]
    if entry.kind == "file" and stat.S_IMODE(seen.st_mode) != entry.mode:
        yield OTHER[2]
    if (seen.st_uid, seen.st_gid) != entry.owner:
        yield OTHER[3]
