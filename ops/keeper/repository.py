"""A repository as a folder: its files, each with when it arrived by this machine's clock, and whatever else lies there.

The clients' server writes here, and a client chooses what: so no link is followed, and nothing but `config` is read.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Damaged, Unavailable
from ops.core.names import Digest
from ops.core.plain_file import FOLDER, FOUND
from ops.interfaces.layout import CARDS, CONFIG, DATA, SNAPSHOTS, SORTS, STATUS

UPLOAD = ".rest-server-temp"  # how rest-server calls a file that it is still receiving, behind the file's own name
_CONFIG_BYTES = 4096
STATUSES = 2  # that are kept of each machine: the newest, and one that is whole where that is still arriving


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of a repository. sort: the folder that it belongs to; empty for what has no place in a repository.

    path: below the repository. size: in bytes. arrived: when its upload was complete, in seconds since 1970. inode:
    what tells a file from another one of its name.
    """

    sort: str
    path: str
    size: int
    arrived: float
    inode: int = 0

    @property
    def name(self) -> str:
        """Its own name, which is the SHA-256 of its content."""
        return self.path.rpartition("/")[2]


@contextmanager
def opened(base: Path, host: str) -> Iterator[int]:
    """Open a client's repository as a folder for a block, and yield its descriptor; raise Unavailable."""
    try:
        handle = os.open(base / host, FOLDER)
    except OSError as error:
        raise Unavailable(f"{base / host} can't be opened: {error.strerror}") from error
    try:
        yield handle
    finally:
        os.close(handle)


def files(repository: int) -> Iterator[Stored]:
    """Yield all that lies in a repository but its `config`, given the descriptor of its folder."""
    for name, facts in _entries(repository):
        if name == CONFIG and stat.S_ISREG(facts.st_mode):
            continue
        if name in {CARDS, STATUS} and stat.S_ISDIR(facts.st_mode):
            yield from _beside(repository, name)
        elif name not in SORTS or not stat.S_ISDIR(facts.st_mode):
            yield _stray(name, facts)
        elif name == DATA:
            yield from _packs(repository)
        else:
            with folder_in(repository, name) as folder:
                yield from (_stored(name, f"{name}/{one}", seen) for one, seen in _entries(folder))


def remove_uploads(repository: int) -> None:
    """Remove what is left of uploads, while none is under way: rest-server leaves them behind where it refuses one."""
    for path in [one.path for one in files(repository) if one.sort and UPLOAD in one.name]:
        with folder_of(repository, path) as (folder, name), suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


def remove_statuses(repository: int) -> None:
    """Remove the statuses that a machine handed over but the newest: nobody reads them any more."""
    handed = sorted((one.arrived, one.path) for one in files(repository) if one.sort == STATUS)
    for _, path in handed[:-STATUSES]:
        with folder_of(repository, path) as (folder, name), suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


@contextmanager
def folder_of(repository: int, path: str) -> Iterator[tuple[int, str]]:
    """Open the folder of a file for a block; yield its descriptor, and the file's name in it."""
    first, _, rest = path.partition("/")
    if not rest:
        yield repository, first
        return
    with folder_in(repository, first) as folder, folder_of(folder, rest) as found:
        yield found


def config(repository: int) -> Digest:
    """Return the SHA-256 of a repository's `config`, which is made once and tells it from others; raise Damaged."""
    try:
        handle = os.open(CONFIG, FOUND, dir_fd=repository)
        with os.fdopen(handle, "rb") as file:
            return Digest(hashlib.sha256(file.read(_CONFIG_BYTES)).hexdigest())
    except OSError as error:
        raise Damaged(f"its config can't be read: {error.strerror}") from error


@contextmanager
def folder_in(parent: int, name: str) -> Iterator[int]:
    """Open a folder in a folder for a block, both by descriptors, and yield its own."""
    handle = os.open(name, FOLDER, dir_fd=parent)
    try:
        yield handle
    finally:
        os.close(handle)


def _beside(repository: int, sort: str) -> Iterator[Stored]:
    """Yield what lies beside a repository, as rest-server keeps it: as if it were snapshots of another one."""
    with folder_in(repository, sort) as above:
        for name, facts in _entries(above):
            if name != SNAPSHOTS or not stat.S_ISDIR(facts.st_mode):
                yield _stray(f"{sort}/{name}", facts)
                continue
            with folder_in(above, name) as folder:
                for one, seen in _entries(folder):
                    yield _stored(sort, f"{sort}/{name}/{one}", seen)


def _packs(repository: int) -> Iterator[Stored]:
    with folder_in(repository, DATA) as data:
        for name, facts in _entries(data):
            if len(name) != len("00") or not stat.S_ISDIR(facts.st_mode):
                yield _stray(f"{DATA}/{name}", facts)
                continue
            with folder_in(data, name) as folder:
                for one, seen in _entries(folder):
                    path = f"{DATA}/{name}/{one}"
                    yield _stored(DATA, path, seen) if one.startswith(name) else _stray(path, seen)


def _entries(folder: int) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as found:
        for entry in found:
            try:
                yield entry.name, entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # an upload that ended, or a lock that was released, meanwhile


def _stored(sort: str, path: str, facts: os.stat_result) -> Stored:
    if not stat.S_ISREG(facts.st_mode):
        return _stray(path, facts)
    return Stored(sort, path, facts.st_size, facts.st_mtime, facts.st_ino)


def _stray(path: str, facts: os.stat_result) -> Stored:
    return Stored("", path, facts.st_size, facts.st_mtime, facts.st_ino)
