"""The spool: a folder in which the files of a server's log wait until they are in the repository.

The server's account writes into it, Seawall's account reads and removes: neither takes the other's word for what lies
there. What is in it is whole and on the disk, for a file has its name only when it is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.core.files import CHUNK, digest
from ops.core.plain_file import FOLDER, FOUND
from ops.core.quantity import Size
from ops.interfaces.change_log import LARGEST_SEGMENT, history_of, is_file_name, is_segment, is_segment_size

LARGEST_HISTORY = 1 << 20
_UNFINISHED = ".unfinished"
_ARCHIVE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_SET_UP = "run playbooks/site.yml, which makes it"


@dataclass(frozen=True)
class Waiting:
    """A file in the spool, as it was when it was looked at: it is removed only while it is still that one."""

    name: str
    bytes: int
    inode: int
    changed: int


def archive(source: Path, spool: Path, limit: int) -> bool:
    """Copy a file of the log into the spool, on the disk before it has its name; return whether it was new.

    limit: how many bytes may wait there. Raise UsageError for what is no file of a log, Damaged when another file of
    that name waits already, Unavailable when the spool is full or not there: the server keeps the file then, and tries
    again.
    """
    if not is_file_name(source.name):
        raise UsageError(f"{source.name[:80]!r} is not a file of PostgreSQL's log", "use archive_command with %p")
    if not spool.is_dir():
        raise Unavailable(f"{spool} is not there", _NOT_SET_UP)
    target = spool / source.name
    if os.path.lexists(target):
        _demand_same(source, target)
        _synchronise(spool)  # whoever put it there may have been killed before that
        return False
    _demand_room(source, spool, limit)
    unfinished = spool / f".{source.name}{_UNFINISHED}"
    _copy(source, unfinished)
    try:
        os.link(unfinished, target, follow_symlinks=False)  # in one step, and never over another file
    except FileExistsError:
        _demand_same(source, target)
    finally:
        unfinished.unlink()
    _synchronise(spool)
    return True


def _demand_same(source: Path, target: Path) -> None:
    """Raise Damaged unless a file waits there already with the same content."""
    seen = target.lstat()
    if stat.S_ISREG(seen.st_mode) and seen.st_size == source.stat().st_size and digest(target) == digest(source):
        return
    raise Damaged(
        f"{target} waits already and is another file",
        "two servers may archive as the same asset: each needs an asset of its own; nothing was overwritten",
    )


def held(spool: Path) -> int:
    """Return how many bytes a spool holds; raise OSError where it is not there."""
    # What a killed archiving left unfinished does not count: the next attempt at it begins with an empty file.
    found = [entry for entry in os.scandir(spool) if not _is_unfinished(entry.name)]
    return sum(entry.stat(follow_symlinks=False).st_size for entry in found)


def _demand_room(source: Path, spool: Path, limit: int) -> None:
    size, waits = source.stat().st_size, held(spool)
    if waits + size > limit:
        raise Unavailable(
            f"the spool {spool} is full: {Size(waits)} wait in it, and {Size(limit)} may",
            "PostgreSQL keeps its log itself until the repository can be reached again; `seawall check` says why not",
        )


def _copy(source: Path, target: Path) -> None:
    """Copy a file with its time of change, and bring it to the disk."""
    with source.open("rb") as file, os.fdopen(os.open(target, _ARCHIVE, 0o640), "wb") as copy:
        os.fchmod(copy.fileno(), 0o640)  # whatever the server's umask is
        while piece := file.read(CHUNK):
            copy.write(piece)
        copy.flush()
        seen = os.fstat(file.fileno())
        if os.fstat(copy.fileno()).st_size != seen.st_size:
            raise Damaged(f"{source.name} changed while it was copied")
        os.utime(copy.fileno(), ns=(seen.st_atime_ns, seen.st_mtime_ns))
        os.fsync(copy.fileno())


def _synchronise(folder: Path) -> None:
    handle = os.open(folder, FOLDER)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_unfinished(name: str) -> bool:
    return name.startswith(".") and name.endswith(_UNFINISHED)


def waiting(spool: Path) -> tuple[list[Waiting], list[str]]:
    """Return the files that wait in order of their names, and sentences on what else lies there; raise Unavailable."""
    files: list[Waiting] = []
    strange = 0
    try:
        entries = sorted(os.scandir(spool), key=lambda entry: entry.name)
    except FileNotFoundError as error:
        raise Unavailable(f"{spool} is not there", _NOT_SET_UP) from error
    for entry in entries:
        if _is_unfinished(entry.name):
            continue
        seen = entry.stat(follow_symlinks=False)
        if _fits(entry.name, seen):
            files.append(Waiting(entry.name, seen.st_size, seen.st_ino, seen.st_ctime_ns))
        else:
            strange += 1
    said = f"{strange} {'things' if strange > 1 else 'thing'} in {spool} can't be of PostgreSQL's log and stay there"
    return files, [said] if strange else []


def _fits(name: str, seen: os.stat_result) -> bool:
    if not is_file_name(name) or not stat.S_ISREG(seen.st_mode) or seen.st_size > LARGEST_SEGMENT:
        return False
    return not is_segment(name) or is_segment_size(seen.st_size)


def histories(spool: Path, files: Sequence[Waiting]) -> Iterator[tuple[int, str]]:
    """Yield the timeline and the text of each history file that waits."""
    for file in files:
        if (line := history_of(file.name)) is not None and file.bytes <= LARGEST_HISTORY:
            with os.fdopen(os.open(spool / file.name, FOUND), "rb") as opened:
                yield line, opened.read(LARGEST_HISTORY).decode("utf-8", "replace")


def remove(spool: Path, files: Sequence[Waiting]) -> int:
    """Remove files that are stored elsewhere, unless others have their names by now; return how many were."""
    removed = 0
    folder = os.open(spool, FOLDER)
    try:
        for file in files:
            try:
                seen = os.stat(file.name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                continue
            if (seen.st_ino, seen.st_size, seen.st_ctime_ns) == (file.inode, file.bytes, file.changed):
                os.unlink(file.name, dir_fd=folder)
                removed += 1
        os.fsync(folder)
    finally:
        os.close(folder)
    return removed
