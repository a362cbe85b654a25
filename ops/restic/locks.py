"""Locks of this machine that restic keeps though their process is gone: another one has its number by now.

That is so after a loss of power: the numbers begin anew. restic would keep such a lock for thirty minutes.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress

from ops.core.errors import SeawallError
from ops.restic.messages import Lock
from ops.restic.repository import Repository
from ops.restic.words import RESTIC

MOST = 20  # so many are opened one by one; a repository in use has one or two


def outlived(repository: Repository, names: Iterable[str]) -> list[str]:
    """Return which of some locks belong to a process of this machine that is gone; restic is started for each.

    What can't be read is passed over: whoever may write to a repository can put anything there.
    """
    found = []
    for name in names:
        with suppress(SeawallError):
            if _outlived(repository.lock(name)):
                found.append(name)
    return found


def _outlived(lock: Lock) -> bool:
    """Whether the process that wrote a lock is surely gone; one of another machine never is."""
    import psutil  # costs time, and most repositories have no such lock

    if lock.host != socket.gethostname():
        return False
    try:
        process = psutil.Process(lock.process)
        # A clock that was put forward makes every process look younger, so the name must differ, too.
        return bool(process.create_time() > lock.time.timestamp() and process.name() != RESTIC)
    except (psutil.NoSuchProcess, OverflowError):
        return True
