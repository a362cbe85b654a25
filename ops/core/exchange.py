"""Two names that change places in one step, so that neither is missing at any moment, also if the machine goes down."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE, see renameat2(2)
_NOT_POSSIBLE = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}  # of this file system, or this kernel


def exchange(one: Path, other: Path) -> None:
    """Let two files or folders of one file system have each the other's name; raise OSError, and change nothing.

    A file system that can't do it in one step does it in three.
    """
    rename = ctypes.CDLL(None, use_errno=True).renameat2
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return
    number = ctypes.get_errno()
    if number not in _NOT_POSSIBLE:
        raise OSError(number, os.strerror(number), str(one))
    passing = other.with_name(f".{other.name}.exchanged")
    one.rename(passing)
    try:
        other.rename(one)
    except OSError:
        passing.rename(one)
        raise
    passing.rename(other)
