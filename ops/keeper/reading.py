"""Reading a file of a repository whole, to see whether it still is what its name says: the SHA-256 of its content."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.core.plain_file import FOUND
from ops.keeper.repository import folder_of

CHUNK = 1 << 20


@dataclass
class Pace:
    """Reads no faster than so many bytes a second, on the whole. wait: what lets time pass, for seconds."""

    rate: int
    wait: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    bytes: int = 0
    began: float = field(default=0.0)

    def read(self, count: int) -> None:
        """Note that so many bytes were read, and wait where that was too fast."""
        self.began = self.began or self.now()
        self.bytes += count
        ahead = self.bytes / self.rate - (self.now() - self.began)
        if ahead > 0:
            self.wait(ahead)


class TooLarge(Exception):
    """There is no more time to read a file to its end."""


def fault(repository: int, path: str, pace: Pace, is_over: Callable[[], bool] = lambda: False) -> str:
    """Return what is wrong with a file, nothing when it is what its name says.

    repository: the descriptor of its folder; path: below it. is_over: whether there is no more time. Raise
    FileNotFoundError when it is gone, TooLarge when it could not be read to its end in time.
    """
    try:
        with folder_of(repository, path) as (folder, name):
            handle = os.open(name, FOUND, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        return f"can't be opened: {error.strerror}"
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return "is no file"
        return (
            "" if _digest(handle, pace, is_over) == name else "is not what was stored: its content has another SHA-256"
        )
    except OSError as error:
        return f"can't be read: {error.strerror}"
    finally:
        os.close(handle)


def _digest(handle: int, pace: Pace, is_over: Callable[[], bool]) -> str:
    found, at = hashlib.sha256(), 0
    # What arrived lately may lie in memory still, as it came; it is the disk's that is wanted.
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_SEQUENTIAL)
    while chunk := os.read(handle, CHUNK):
        found.update(chunk)
        # What the machine itself works with stays in its memory, instead of what is read once a month.
        os.posix_fadvise(handle, at, len(chunk), os.POSIX_FADV_DONTNEED)
        at += len(chunk)
        pace.read(len(chunk))
        if is_over():
            raise TooLarge
    return found.hexdigest()
