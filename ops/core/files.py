"""Files that must never be half-written, and locks that end with their holder."""

from __future__ import annotations

import ctypes
import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ops.core import plain_file
from ops.core.errors import Damaged, Locked, Unavailable
from ops.core.numbers import whole
from ops.core.quantity import Size

CHUNK = 1 << 20
_UNFINISHED = "unfinished-"
_RANDOM = "?" * 8  # what mkstemp puts at the end of a name
_TRY_AGAIN = 0.2  # seconds between two looks at a lock that is taken


def write_atomically(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Replace a file in one step, on disk before it is seen; a power cut leaves the old or the new one.

    What root writes belongs to whom the folder belongs, so that drills can keep their states beside the others; what
    nobody else may touch must lie in a folder of root's.
    """
    handle, name = _beside(path)
    try:
        with _named(path), os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            if os.geteuid() == 0:
                folder = path.parent.stat()
                os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
            Path(name).replace(path)  # as long as it is held; else whoever writes the same file takes it for a left one
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def _beside(path: Path) -> tuple[int, str]:
    """Make a file beside another one, held as long as it is written."""
    forget_unfinished(path)
    while True:
        with _named(path):
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.{_UNFINISHED}", dir=path.parent)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)  # somebody took it for one that nobody holds, before it was held


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let errors of the block name a file that somebody knows."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def forget_unfinished(path: Path) -> None:
    """Remove what was being written beside a file when its writer was killed: what nobody holds any more."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.{_UNFINISHED}{_RANDOM}"):
        with suppress(OSError):  # gone meanwhile, or held, or not ours to remove
            handle = os.open(left, plain_file.FOUND)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()
            finally:
                os.close(handle)


def demand_room(folder: Path, needed: int, purpose: str) -> None:
    """Raise Unavailable unless so many bytes, and any inodes, are free in a folder, or where it is going to be made."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    disk = os.statvfs(there)
    if disk.f_files and not disk.f_favail:
        raise Unavailable(
            f"{purpose} needs files in {there}, but its file system has no free inodes", f"df -i {there}; remove files"
        )
    if free < needed:
        raise Unavailable(
            f"{purpose} needs {Size(needed)} in {there}, but only {Size(free)} are free", "free some space"
        )


def sync_directory(directory: Path) -> None:
    """Bring a directory's own entries to the disk."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file_system(directory: Path) -> None:
    """Bring all that was written to the file system of a directory to its disk; raise OSError where that fails.

    What other programs wrote counts, too: a power cut leaves a file that was not brought there empty or half-written.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(directory))
    finally:
        os.close(handle)


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; raise Damaged when it is not whole JSON, FileNotFoundError when absent."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_int=whole)
    except ValueError as error:
        raise Damaged(f"{path} is damaged: {error}", "restore it, or delete it so that it is created again") from error


def write_json(path: Path, data: Any, mode: int = 0o600) -> None:
    """Write plain data as indented JSON, atomically."""
    write_atomically(path, json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n", mode)


def behind_no_link(root: Path, path: Path) -> bool:
    """Whether a path below a root is where it says: no folder between the two is a link, which may lead anywhere."""
    return path.parent.resolve() == root.resolve() / path.parent.relative_to(root)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hex, read piece by piece."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            total.update(piece)
    return total.hexdigest()


@contextmanager
def lock(path: Path, purpose: str, wait: float = 0.0) -> Iterator[None]:
    """Hold a lock that the kernel drops when this process ends, however it ends.

    Raise Locked when it is taken, and still is after so many seconds of waiting; Damaged when something else than a
    lock of this account is in its place.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = plain_file.opened(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not plain_file.is_own(handle):
            raise Damaged(f"{path} is not a lock of this account", "find out who put it there, then remove it")
        _take(handle, purpose, wait)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(handle)


@contextmanager
def hold_for(path: Path, purpose: str) -> Iterator[None]:
    """Hold a lock of another account, in which nothing is written; raise Locked when it is taken."""
    handle = plain_file.opened(path, os.O_RDONLY)
    try:
        _take(handle, purpose, 0.0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, purpose: str, wait: float) -> None:
    deadline = time.monotonic() + wait
    while not _taken(handle):
        if time.monotonic() >= deadline:
            holder = os.pread(handle, 64, 0).decode("ascii", "replace").strip()
            known = holder if holder.isdecimal() else "unknown"
            raise Locked(f"{purpose} is already running (process {known})", "wait until it ends")
        time.sleep(_TRY_AGAIN)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
