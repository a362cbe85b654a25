"""The files of a look compared with an asset's set in one repository: byte for byte, where they lie.

restic cuts a file as its snapshot has it and hashes each piece, so only the lists of a snapshot are fetched; size and
times are not trusted. Where that is not enough, the files' bytes are read from the repository as well.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from ops.core.announce import announce
from ops.core.errors import SeawallError, Unavailable
from ops.core.files import CHUNK
from ops.core.plain_file import FOUND
from ops.core.quantity import counted
from ops.core.restored import beside
from ops.jobs.deletable.holding import Holder
from ops.jobs.deletable.looking import ROOT, Look, Seen
from ops.restic.comparison import compared as restic_compared
from ops.restic.repository import Repository

MOST_UNOPENED = 1000  # as many as fit into the arguments of a program, with the longest paths
_EVERY = 10_000  # files between two words of progress
_DAY = 86_400.0


@dataclass
class Compared:
    """What a holder's set says of files, by their numbers. proven: their bytes are in it. differing: others are."""

    holder: Holder
    missing: str = ""
    proven: set[int] = field(default_factory=set)
    differing: set[int] = field(default_factory=set)


def compared(holder: Holder, wanted: Sequence[tuple[str, str]], seen: Seen, *, read: bool) -> Compared:
    """Return what a holder's set says of all files below some paths; wanted: each with the label of its part.

    read: whether the bytes of those that are in it are read from the repository, too.
    """
    found = Compared(holder, holder.missing)
    if holder.stale and not read:
        found.missing = f"read back {holder.stale} ago, which is too long; --read reads these files there now"
    if found.missing or holder.repository is None:
        return found
    try:
        for label in sorted({label for label, _ in wanted}):
            paths = [path for one, path in wanted if one == label]
            if snapshot := holder.parts.get(label):
                proven = _alike(holder.repository, snapshot.id, paths, seen, found)
                found.proven |= _read(holder.repository, snapshot.id, paths, seen, proven) if read else proven
    except SeawallError as error:
        return Compared(holder, error.message)  # what was compared before that is not counted either
    return found


def _alike(repository: Repository, snapshot: str, paths: Sequence[str], seen: Seen, found: Compared) -> set[int]:
    """Return the files that are as in a snapshot; add those that are not."""
    unopened = [one for one in seen.unopened if any(one.startswith(f"{path.rstrip('/')}/") for path in paths)]
    if len(unopened) > MOST_UNOPENED:
        raise Unavailable(f"{len(unopened)} pipes, sockets, devices and mounts lie there; name folders with fewer")
    proven: set[int] = set()
    others: set[int] = set()
    count = 0
    for path, action in restic_compared(repository, snapshot, paths, unopened, timeout=_DAY):
        number = seen.told.get(path)
        if number is None:
            continue
        (proven if action == "unchanged" else others).add(number)
        count += 1
        if count % _EVERY == 0:
            announce(f"{repository.name}: {count} of {counted(len(seen.files), 'file')} compared")
    # Of the names of one file restic looks at the first alone.
    known = {seen.files[number].look.file for number in proven - others}
    linked = {number for number in others - proven if seen.files[number].look.file in known}
    found.differing |= others - linked
    return (proven - others) | linked


def _read(repository: Repository, snapshot: str, paths: Iterable[str], seen: Seen, wanted: set[int]) -> set[int]:
    """Return those of some files whose every byte comes from the repository as it lies here."""
    numbers = {seen.files[number].path: number for number in wanted}
    same: set[int] = set()
    for path in paths:
        if path in numbers:
            with repository.output(repository.dumped(snapshot, path), _DAY) as there:
                same |= {numbers[path]} if _equal(path, seen.files[numbers[path]].look, there) else set()
        elif any(one.startswith(f"{path.rstrip('/')}/") for one in numbers):
            announce(f"{repository.name}: reading the files below {path} there")
            with repository.archive(snapshot, path, timeout=_DAY) as there:
                same |= set(_same(path, there, numbers, seen))
    return same


def _same(folder: str, archive: IO[bytes], numbers: dict[str, int], seen: Seen) -> Iterator[int]:
    """Yield the wanted files among those of an archive of a folder that are as they lie here."""
    with (
        suppress(tarfile.TarError),  # it is cut short, and restic says why when it ends
        tarfile.open(fileobj=archive, mode="r|", encoding="utf-8", errors="surrogateescape") as members,
    ):
        for member in members:
            path = f"{folder.rstrip('/')}/{member.name.strip('/')}"
            content = members.extractfile(member) if member.isfile() and path in numbers else None
            if content and _equal(path, seen.files[numbers[path]].look, content):
                yield numbers[path]
    while archive.read(CHUNK):
        pass  # what follows the last member; whoever writes must not find the pipe closed


def _equal(path: str, look: Look, there: IO[bytes]) -> bool:
    """Whether a file is what it was when it was looked at, and has the bytes of a stream."""
    try:
        with beside(ROOT, path) as (folder, name):
            handle = os.open(name, FOUND, dir_fd=folder)
    except OSError:
        return False
    with os.fdopen(handle, "rb") as here:
        same = Look.of(os.fstat(handle)) == look
        while piece := there.read(CHUNK):
            same = same and here.read(len(piece)) == piece  # the stream is read to its end, whatever it holds
        return same and not here.read(1)
