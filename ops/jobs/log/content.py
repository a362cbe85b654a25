"""What waits in the spool, by its content: whether it can be of the log that its name says, and is not stored yet.

The name of a segment says its place in the log, and its first page repeats that, with the cluster it is of.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ops.core.archive import ArchiveLimits, digests
from ops.core.errors import SeawallError
from ops.core.plain_file import FOUND
from ops.core.restored import digest
from ops.interfaces.change_log import LARGEST_SEGMENT, Segment, is_segment
from ops.jobs.log.spool import Waiting
from ops.restic.batches import Batch
from ops.restic.repository import Repository

# XLogLongPageHeaderData: magic, flags, timeline, place, rest of a record, cluster, bytes of a segment, of a page
_PAGE = struct.Struct("=HHIQI4xQII")
_IS_LONG = 2
_ENDS = 1 << 16  # bytes at the end of an archive
_HOUR = 3600.0


@dataclass(frozen=True)
class Sorted:
    """What waits. log: that can be of one cluster's log. system: the number of that cluster; None without a segment.

    strange: sentences on what can't be.
    """

    log: Sequence[Waiting]
    system: int | None
    strange: Sequence[str]


def sorted_out(spool: Path, files: Sequence[Waiting]) -> Sorted:
    """Look at the first page of each segment that waits; what is not of the log stays in the spool."""
    systems = {file.name: _system(spool, file) for file in files if is_segment(file.name)}
    wrong = sum(system is None for system in systems.values())
    known = {system for system in systems.values() if system is not None}
    strange = [f"{wrong} of the segments in {spool} can't be what the name says, and stay there"] if wrong else []
    if len(known) > 1:
        strange.append(
            f"what waits in {spool} is of {len(known)} clusters, and stays there; move away what is not of this"
        )
        return Sorted((), None, strange)
    log = [file for file in files if systems.get(file.name, 0) is not None]
    return Sorted(log, next(iter(known), None), strange)


def _system(spool: Path, file: Waiting) -> int | None:
    """Return the number of the cluster whose segment a file is; None for one that is not what its name says."""
    try:
        where = Segment.of(file.name, file.bytes)
        with os.fdopen(os.open(spool / file.name, FOUND), "rb") as opened:
            magic, flags, line, place, _, system, size, _ = _PAGE.unpack(opened.read(_PAGE.size))
    except (OSError, ValueError, struct.error):
        return None
    # A promotion copies the beginning of its first segment from the timeline before.
    fits = magic and flags & _IS_LONG and 0 < line <= where.timeline
    return int(system) if fits and (place, size) == (where.number * file.bytes, file.bytes) else None


def stored_already(
    repository: Repository, known: Iterable[Batch], spool: Path, files: Sequence[Waiting]
) -> list[Waiting]:
    """Return the files that are in earlier batches with the same content.

    A server that was killed archives its last segment again. One that was set back to an earlier state writes others
    of the same names: these are to be stored, for by coming twice they tell it; so are those of an unreadable batch.
    """
    waits = {file.name: file for file in files}
    same: dict[str, Waiting] = {}
    for batch in known:
        if again := waits.keys() & set(batch.names):
            with suppress(SeawallError):
                there = _digests(repository, batch)
                found = {name: digest(spool, name, waits[name].bytes) for name in again}
                same |= {name: waits[name] for name in again if found[name] and found[name] == there.get(name)}
    return list(same.values())


def _digests(repository: Repository, batch: Batch) -> dict[str, str]:
    limits = ArchiveLimits(len(batch.names) * (LARGEST_SEGMENT + 1024) + _ENDS, len(batch.names))
    with repository.archive(batch.snapshot.id, batch.folder, timeout=_HOUR) as archive:
        return digests(archive, limits, f"the batch {batch.snapshot.id[:8]}")
