"""PostgreSQL's write-ahead log as it is archived: the names of its files, and whether none of them is missing.

The log is cut into segments of one size, numbered without end. A promotion begins a new timeline: from some segment on
the log goes on under another first number, and a history file says where. Recovery from a backup needs each segment
from the backup's end on, of the timeline that was current there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from ops.interfaces.facts import Facts

O = TypeVar("O")

SPOOLS = "/var/spool/seawall"  # below it a folder for each asset whose log is archived
LARGEST_SEGMENT = 1 << 30
SMALLEST_SEGMENT = 1 << 20
_NAME = re.compile(r"([0-9A-F]{8})(?:([0-9A-F]{16})(\.[0-9A-F]{8}\.backup|\.partial)?|\.history)")
_SWITCH = re.compile(r"^[ \t]{0,20}(\d{1,10})[ \t]{1,20}([0-9A-F]{1,8})/([0-9A-F]{1,8})\b", re.MULTILINE)
_MOST_NAMED = 3


@dataclass(frozen=True, order=True)
class Segment:
    """A whole file of the log. number: counted from the beginning of the cluster, whatever the timeline."""

    timeline: int
    number: int

    @classmethod
    def of(cls, name: str, size: int) -> Segment:
        """Return the segment that a file is; size: of each in bytes. Raise ValueError for any other file."""
        match = _NAME.fullmatch(name)
        if not match or not match[2] or match[3]:
            raise ValueError(f"{name[:80]!r} is not a segment of the log")
        apart = (1 << 32) // size
        high, low = int(match[2][:8], 16), int(match[2][8:], 16)
        if not int(match[1], 16) or low >= apart:
            raise ValueError(f"{name} is no segment of {size} bytes")
        return cls(int(match[1], 16), high * apart + low)

    def name(self, size: int) -> str:
        """Return the name of its file; size: of each segment in bytes."""
        high, low = divmod(self.number, (1 << 32) // size)
        return f"{self.timeline:08X}{high:08X}{low:08X}"


Run = tuple[Segment, Segment]  # segments of one timeline that follow each other, by the first and the last


def is_file_name(name: str) -> bool:
    """Whether PostgreSQL gives such a name to what it archives: a segment, a history file, the label of a backup."""
    return _NAME.fullmatch(name) is not None


def is_segment(name: str) -> bool:
    """Whether a file is a whole segment, by its name."""
    match = _NAME.fullmatch(name)
    return bool(match and match[2] and not match[3])


def history_of(name: str) -> int | None:
    """Return the timeline whose history a file tells, by its name; None for any other file."""
    match = _NAME.fullmatch(name)
    return int(match[1], 16) if match and not match[2] else None


def is_segment_size(size: int) -> bool:
    """Whether PostgreSQL has segments of so many bytes: a power of two from 1 MiB to 1 GiB."""
    return SMALLEST_SEGMENT <= size <= LARGEST_SEGMENT and not size & (size - 1)


def first_number(history: str, size: int) -> int | None:
    """Return the number of a timeline's first segment, by its history file; None where that can't be read."""
    switches = list(_SWITCH.finditer(history))
    if not switches:
        return None
    last = switches[-1]
    return ((int(last[2], 16) << 32) + int(last[3], 16)) // size


@dataclass(frozen=True)
class Archived:
    """What of a log is archived.

    segments: all of them. starts: the number of each timeline's first segment, by timeline, where its history is
    archived.
    """

    segments: Collection[Segment]
    starts: Mapping[int, int]

    def missing(self, since: Segment, until: Segment) -> list[Run]:
        """Return what recovery from one segment to another needs, both included, and is not archived.

        Numbers are never gone through one by one: whoever names a file chooses its number.
        """
        there: dict[int, list[int]] = {}
        for one in sorted(self.segments):
            there.setdefault(one.timeline, []).append(one.number)
        lost = []
        for line, first, last in self._needed(since, until):
            begin = first
            for number in [*(one for one in there.get(line, ()) if first <= one <= last), last + 1]:
                if number > begin:
                    lost.append((Segment(line, begin), Segment(line, number - 1)))
                begin = number + 1
        return lost

    def unexplained(self, since: Segment, until: Segment) -> list[int]:
        """Return the timelines between two segments whose history is not archived."""
        used = {one.timeline for one in self.segments if since.number <= one.number <= until.number}
        return sorted(line for line in used if since.timeline < line <= until.timeline and line not in self.starts)

    def _needed(self, since: Segment, until: Segment) -> Iterator[tuple[int, int, int]]:
        """Yield the way in pieces, each of the newest timeline that had begun: it, its first and last number."""
        line, begin = since.timeline, since.number
        for start, other in sorted((start, other) for other, start in self.starts.items()):
            if not line < other <= until.timeline or start > until.number:
                continue
            if start > begin:
                yield line, begin, start - 1
                begin = start
            line = other
        yield line, begin, until.number

    def newest(self, since: Segment) -> Segment:
        """Return the newest segment that follows another one, on the newest timeline; that one where there is none."""
        return max((one for one in self.segments if one.number >= since.number and one >= since), default=since)


def named(runs: Sequence[Run], size: int) -> str:
    """Return runs of segments for a person, each by its ends; size: of a segment in bytes."""
    said = [
        first.name(size)
        if first == last
        else f"{first.name(size)} to {last.name(size)} ({last.number - first.number + 1} segments)"
        for first, last in runs[:_MOST_NAMED]
    ]
    more = f" and {len(runs) - _MOST_NAMED} more runs" if len(runs) > _MOST_NAMED else ""
    return f"{', '.join(said)}{more}"


@dataclass(frozen=True)
class Mark:
    """A moment that a server wrote into its log. until: each commit before it is in the log up to that segment."""

    until: datetime
    segment: str
    size: int


@dataclass(frozen=True)
class Recovery:
    """A cluster in a folder that is going to be recovered.

    folder: with `data`, the cluster's files, whose log is in `data/pg_wal`. held: the same folder by its descriptor,
    which leads to it whatever has its name by then. facts: of the part that it was made of. companions: the texts
    beside its manifest. spaces: the folder of each table space by its former one. moment: up to which its log is
    replayed; None: as far as there is one. certain: the segment that it gets to at least in that case.
    """

    folder: Path
    held: Path
    facts: Facts
    companions: Mapping[str, Path]
    spaces: Mapping[str, Path]
    moment: datetime | None
    certain: Segment


@dataclass(frozen=True)
class Recovered:
    """A cluster that was recovered, and ended again. last: the time of its last commit, as the server writes it."""

    last: str
    databases: Sequence[str]
    hint: str


@dataclass(frozen=True)
class ChangeLog(Generic[O]):
    """How the log of a kind of source is archived, and played again.

    wanted: whether it is, given the options. limit: how many bytes of it may wait in the spool. mark: has the server
    end the segment that it writes, and returns what is archived with it; raises SeawallError. data, spaces: given the
    facts, the folders that the files of a cluster were taken from. recover: plays the log.
    """

    wanted: Callable[[O], bool]
    limit: Callable[[O], int]
    mark: Callable[[O], Mark]
    data: Callable[[Any], str]
    spaces: Callable[[Any], Sequence[str]]
    size: Callable[[Any], int]
    recover: Callable[[Recovery], Recovered]
