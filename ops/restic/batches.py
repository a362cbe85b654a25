"""Batches: the snapshots in which an asset's write-ahead log is archived, and what can be recovered with them.

A batch has tags of its own and none of a set, so that no set is another one for it. Its files are the paths that the
snapshot names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath

from ops.core import clock
from ops.interfaces.change_log import Archived, Segment, is_file_name, is_segment, is_segment_size, named
from ops.restic.messages import Snapshot
from ops.restic.sets import ASSET, Set

LOG, UNTIL, SIZE, START = "seawall-log", "seawall-log-until", "seawall-log-segment", "seawall-log-start"
SYSTEM = "seawall-log-system"
USUAL_SIZE = 16 << 20  # of a segment in bytes
_PART = ".log"  # of a set: what makes a backup of a running cluster whole


@dataclass(frozen=True)
class Batch:
    """A snapshot of some files of the log.

    folder: in which they lie in it. names: of the files. size: of each segment in bytes. until: all that was committed
    before that moment is in this batch and those before it; None where that is not known. starts: the number of the
    first segment of each timeline whose history file is in it. system: the number of the cluster that wrote the
    segments; None where it is not told.
    """

    snapshot: Snapshot
    folder: str
    names: Sequence[str]
    size: int
    until: datetime | None
    starts: Mapping[int, int] = field(default_factory=dict)
    system: int | None = None

    @property
    def segments(self) -> list[Segment]:
        """Its segments, in order."""
        return sorted(Segment.of(name, self.size) for name in self.names if is_segment(name))


def tags(
    asset: str,
    names: Iterable[str],
    size: int,
    until: datetime | None,
    starts: Mapping[int, int],
    system: int | None = None,
) -> list[str]:
    """Return the tags of a batch."""
    segments = sorted(filter(is_segment, names))
    said = [f"{ASSET}={asset}", f"{LOG}={segments[0]}-{segments[-1]}" if segments else f"{LOG}=none", f"{SIZE}={size}"]
    said += [f"{UNTIL}={until.isoformat()}"] if until else []
    said += [f"{SYSTEM}={system}"] if system is not None else []
    return [*said, *(f"{START}={timeline}-{number}" for timeline, number in sorted(starts.items()))]


def batches(snapshots: Iterable[Snapshot], asset: str) -> list[Batch]:
    """Return an asset's batches, oldest first; what is not as we make them is passed over, for anybody may add it."""
    listed = [one for one in snapshots if one.tag(LOG) and one.tag(ASSET) == asset]
    return sorted(filter(None, map(_batch, listed)), key=lambda one: one.snapshot.time)


def _batch(snapshot: Snapshot) -> Batch | None:
    try:
        size = int((snapshot.tag(SIZE) or "")[:12])
        paths = [PurePosixPath(path) for path in snapshot.paths]
        folders, names = {str(path.parent) for path in paths}, [path.name for path in paths]
        if not is_segment_size(size) or len(folders) != 1 or not all(map(is_file_name, names)):
            return None
        until = clock.parse(text) if (text := snapshot.tag(UNTIL)) else None
        starts = dict(_start(tag) for tag in snapshot.tags if tag.startswith(f"{START}="))
        if until and until > snapshot.time + clock.SKEW:
            return None
        system = int(text[:24]) if (text := snapshot.tag(SYSTEM)) else None
        found = Batch(snapshot, folders.pop(), names, size, until, starts, system)
        return found if found.segments or starts else None
    except (ValueError, OverflowError):
        return None


def _start(tag: str) -> tuple[int, int]:
    timeline, _, number = tag.partition("=")[2].partition("-")
    return int(timeline[:12]), int(number[:24])


@dataclass(frozen=True)
class Base:
    """A set from which the log goes on. first, last: the segments that it holds itself. folder: in which they lie."""

    which: Set
    label: str
    folder: str
    first: Segment
    last: Segment
    size: int


def base(which: Set, size: int) -> Base | None:
    """Return a set as the beginning of a recovery; None for one that holds no log. size: of a segment in bytes."""
    label = next((label for label in which.parts if label.endswith(_PART)), "")
    if not label:
        return None
    paths = [PurePosixPath(path) for path in which.parts[label].paths]
    try:
        held = sorted(Segment.of(path.name, size) for path in paths if is_segment(path.name))
    except ValueError:
        return None
    if not held:
        return None
    return Base(which, label.removesuffix(_PART), str(paths[0].parent), held[0], held[-1], size)


def based(which: Set, found: Sequence[Batch]) -> Base | None:
    """Return a set as the beginning of a recovery, with segments of the size that the batches around it have.

    found: oldest first. A cluster that was made anew may have others, and so may whoever adds a batch.
    """
    after = [batch.size for batch in found if batch.snapshot.time >= which.time - clock.SKEW]
    sizes = [*after[:1], *(batch.size for batch in reversed(found)), USUAL_SIZE]
    return base(which, sizes[0])


@dataclass(frozen=True)
class Reach:
    """How far recovery from a base gets.

    until: the moment, exclusive, up to which each commit is archived; the end of the base where no batch follows.
    batches: that are needed for it. newest: the last segment of them. missing: what is missing after that, for a
    person. broken: why what comes after that is of no use. Both are empty where it gets to the end.
    """

    base: Base
    until: datetime
    batches: Sequence[Batch]
    newest: Segment
    missing: str = ""
    broken: str = ""

    @property
    def why(self) -> str:
        """Why it gets no farther, as a sentence; empty where it gets to the end."""
        return f"{self.missing} is missing" if self.missing else self.broken

    @property
    def certain(self) -> Segment:
        """The segment in which the last moment lies that is known to be archived; recovery gets there or is none."""
        last = max((number for number, batch in enumerate(self.batches, 1) if batch.until), default=0)
        return _archived(self.batches[:last]).newest(self.base.last)


def reach(start: Base, found: Sequence[Batch]) -> Reach:
    """Return how far recovery from a base gets with some batches; where something is missing, only as far as that.

    What was archived before the base began is none of its way: a cluster that was made anew counts from the beginning,
    and the segments of the one before have higher numbers.
    """
    since = start.which.time - clock.SKEW
    after = [
        batch
        for batch in found
        if batch.size == start.size
        and batch.snapshot.time >= since
        and (batch.starts or any(one >= start.last for one in batch.segments))
    ]
    fitting, broken = _unbroken(after)
    if not _missing(start, fitting):
        return replace(_reached(start, fitting), broken=broken)
    good = next((count for count in reversed(_hopeful(start, fitting)) if not _missing(start, fitting[:count])), 0)
    return replace(_reached(start, fitting[:good]), missing=_missing(start, fitting))


def _unbroken(fitting: Sequence[Batch]) -> tuple[Sequence[Batch], str]:
    """Return the batches up to the first that can't go on from those before, and why it can't; empty where all can.

    A segment that is stored already is not stored again. So one that comes twice is another one: a server that was set
    back to an earlier state wrote the second.
    """
    seen: dict[str, datetime] = {}
    system = None
    for count, batch in enumerate(fitting):
        time = batch.snapshot.time
        names = sorted(filter(is_segment, batch.names))
        if twice := [name for name in names if seen.get(name, time) != time]:  # a copy may hold one batch twice
            return fitting[:count], f"{twice[0]} was archived twice: the server was set back to an earlier state"
        if None not in (system, batch.system) and system != batch.system:
            return fitting[:count], f"the log from {names[0] if names else batch.names[0]} on is of another cluster"
        system = batch.system if system is None else system
        seen.update(dict.fromkeys(names, time))
    return fitting, ""


def _hopeful(start: Base, fitting: Sequence[Batch]) -> list[int]:
    """Return how many of the oldest batches may be whole: enough numbers are there, and the newest timeline's history.

    A log of weeks is tens of thousands of batches; to look at all that came before each of them takes hours.
    """
    last = newest = start.last
    numbers: set[int] = set()
    lines = {last.timeline}
    found = []
    for count, batch in enumerate(fitting, 1):
        following = [one for one in batch.segments if one.number >= last.number and one >= last]
        newest = max([newest, *following])
        numbers.update(one.number for one in following)
        lines.update(batch.starts)
        if not numbers or (newest.number - last.number < len(numbers) and newest.timeline in lines):
            found.append(count)
    return found


def _reached(start: Base, used: Sequence[Batch]) -> Reach:
    untils = [batch.until for batch in used if batch.until]
    return Reach(start, max([start.which.latest, *untils]), tuple(used), _archived(used).newest(start.last))


def _archived(used: Sequence[Batch]) -> Archived:
    segments = {one for batch in used for one in batch.segments}
    return Archived(segments, {line: number for batch in used for line, number in batch.starts.items()})


def _missing(start: Base, used: Sequence[Batch]) -> str:
    """Return what is missing of the log between a base and its newest segment, for a person."""
    archived = _archived(used)
    if not any(one >= start.last for one in archived.segments):
        return ""
    newest = archived.newest(start.last)
    lost = archived.missing(start.last, newest)
    said = [named(lost, start.size)] if lost else []
    said += [f"{line:08X}.history" for line in archived.unexplained(start.last, newest)]
    return ", ".join(said)
