"""What a person asks of an act beyond its everyday run, left for the unit that does it.

A unit has no arguments of its own; so what is said by hand lies in a file, for one run and for a minute: the run takes
it away before it reads it. It holds only while whoever asked still waits, which a lock on the file says: the kernel
drops that lock however the session ends. Root alone may ask, and nobody can make a file that belongs to root.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from ops.core import clock, plain_file
from ops.core.announce import announce
from ops.core.errors import Stopped
from ops.interfaces.request import LIMITS, R, Request, read, written
from ops.jobs.host import folders

_ENDINGS = (signal.SIGHUP, signal.SIGTERM)
_MODE = 0o640  # the account of the unit reads it


@contextmanager
def offered(act: str, request: Request | None, *, by_root: bool = False) -> Iterator[None]:
    """Leave a request for the unit of an act while the block waits for it; it is gone afterwards.

    by_root: whether that unit runs as root, not as the account.
    """
    if os.geteuid() != 0 or "CREDENTIALS_DIRECTORY" in os.environ or request is None:
        yield
        return
    folder = folders.scratch() if by_root else folders.scratch_of_account()
    if by_root:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _ended_by_signals(), _left(folder, f"{act}.request", written(request, act, clock.now())):
        yield


def taken_over(act: str, kind: type[R]) -> R | None:
    """Return what a person asks of this run of an act, if anybody does; no later run finds it.

    Raise Damaged when it is not a request.
    """
    path = folders.scratch() / f"{act}.request"
    taken = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.rename(taken)
    except FileNotFoundError:
        return None
    try:
        asked = _read(kind, taken, act, str(path))
    finally:
        with suppress(OSError):  # a folder, which only the account itself can have put there
            taken.unlink()
    if asked is None:
        announce(f"{act}: a request was found that nobody waits for any more; it was removed and is not followed")
    return asked


@contextmanager
def _left(folder: Path, name: str, text: str) -> Iterator[None]:
    """Keep a file of root's in a folder, and its lock; the folder may be the account's, so it is opened but once."""
    place = os.open(folder, plain_file.FOLDER)
    try:
        handle = _put(place, name, text)
        try:
            yield
        finally:
            _take_back(place, name, handle)
            os.close(handle)
    finally:
        os.close(place)


def _put(place: int, name: str, text: str) -> int:
    """Write a file of root's into an open folder, held from before it has its name; return its descriptor."""
    passing = f".{name}.{secrets.token_hex(8)}"
    handle = os.open(passing, plain_file.NEW, _MODE, dir_fd=place)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.fchown(handle, 0, os.fstat(place).st_gid)
        os.write(handle, text.encode())
        os.rename(passing, name, src_dir_fd=place, dst_dir_fd=place)
    except BaseException:
        os.unlink(passing, dir_fd=place)
        os.close(handle)
        raise
    return handle


def _take_back(place: int, name: str, handle: int) -> None:
    """Remove a request, if its name still is that of this one."""
    with suppress(OSError):  # the unit has it
        there, own = os.stat(name, dir_fd=place, follow_symlinks=False), os.fstat(handle)
        if (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino):
            os.unlink(name, dir_fd=place)


def _read(kind: type[R], path: Path, act: str, file: str) -> R | None:
    """Return what root asks in a file, while whoever asked it waits; else None."""
    try:
        handle = os.open(path, plain_file.FOUND)
    except OSError:
        return None  # a link, or not readable: nothing that root left
    try:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode) or seen.st_uid != 0 or seen.st_mode & 0o022 or not _is_held(handle):
            return None
        return read(kind, os.pread(handle, LIMITS.bytes + 1, 0), act, clock.now(), file)
    finally:
        os.close(handle)


def _is_held(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Turn the end of a session into an exception, so that what was left for the unit is removed at once."""

    def end(number: int, _frame: object) -> NoReturn:
        raise Stopped(f"ended by {signal.Signals(number).name}")

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
