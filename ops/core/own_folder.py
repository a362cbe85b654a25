"""Folders for what one process needs while it works: gone with it, or before the next one when it was killed."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.core.restored import remove


@contextmanager
def own_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a folder whose name begins with `prefix` for a block; what killed processes left of such goes first.

    A folder that nobody holds belongs to nobody any more: its holder keeps it open and locked, and the kernel lets go
    of that however the process ends.
    """
    _forget(parent, prefix)
    path, handle = _held(parent, prefix)
    try:
        yield path
    finally:
        remove(path)
        os.close(handle)


def _held(parent: Path, prefix: str) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        handle = _open(path)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if path.exists():
            return path, handle
        os.close(handle)  # somebody took it for one that nobody holds, before it was held


def _forget(parent: Path, prefix: str) -> None:
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError):  # gone meanwhile, or held, or no folder
            handle = _open(left)
            try:
                if os.fstat(handle).st_uid == os.geteuid():  # where anybody may put a folder, others are not ours
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove(left)
            finally:
                os.close(handle)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
