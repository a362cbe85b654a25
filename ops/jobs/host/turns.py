"""Whose turn it is at a repository: those that add to it go together, and who forgets there goes alone.

restic's own locks say the same, but not to each other where one of them works with second names of the files. The
kernel drops these locks however their holder ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ops.core import plain_file
from ops.core.announce import announce
from ops.core.errors import Damaged, Locked
from ops.interfaces import joined
from ops.jobs.host import folders

PATIENCE = 6 * 3600.0  # seconds; who forgets may have much to rewrite
_TRY_AGAIN = 0.2


@contextmanager
def adding(*repositories: str) -> Iterator[None]:
    """Wait until nobody forgets in any of some repositories, and keep it so for a block; raise Locked after hours."""
    with ExitStack() as held:
        for name in sorted({*repositories}):
            held.enter_context(_held(name, fcntl.LOCK_SH, PATIENCE))
        yield


@contextmanager
def alone(repository: str) -> Iterator[None]:
    """Keep everybody on this machine from adding to a repository for a block; raise Locked while somebody does."""
    with _held(repository, fcntl.LOCK_EX, 0.0):
        yield


@contextmanager
def _held(repository: str, how: int, patience: float) -> Iterator[None]:
    path = folders.scratch() / f"{joined.forgetting(repository)}.lock"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = plain_file.opened(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not plain_file.is_own(handle):
            raise Damaged(f"{path} is not a lock of this account", "find out who put it there, then remove it")
        _take(handle, how, repository, patience)
        yield
    finally:
        os.close(handle)


def _take(handle: int, how: int, repository: str, patience: float) -> None:
    deadline, told = time.monotonic() + patience, False
    while True:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise Locked(f"another act works in repository {repository}", "wait until it ends") from error
            if not told:
                announce(f"waits while another act works in repository {repository}")
                told = True
            time.sleep(_TRY_AGAIN)
        else:
            return
