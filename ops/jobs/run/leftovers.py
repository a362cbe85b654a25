"""What acts that were killed have left on this machine: data in clear text, which must not wait for the same act again.

Each act removes its own folders at its end. What one that was killed left goes when any other act of the same account
begins, whatever asset and part it is of; nothing of an act that runs is touched, for that holds its lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ops.core.announce import announce
from ops.core.errors import Locked
from ops.core.files import lock
from ops.core.own_folder import forget
from ops.core.restored import remove
from ops.interfaces import joined
from ops.jobs.host import folders

# Root's own folders in it, 0700; the account of the server, to which one is given, has a way to it.
TEMPORARY = Path("/var/tmp")  # noqa: S108
RESTORE = "seawall-restore-"


def capture_scratch() -> Path:
    """Return the folder on disk in which sources are captured that need one."""
    return folders.cache() / "scratch"


def remove_leftovers(own: str) -> None:
    """Remove what acts that were killed have left; own: the name of the act that begins, whose lock is held."""
    for path, act in [*_left()]:
        with suppress(Locked):
            if act == own:
                _remove(path)
                continue
            with lock(folders.scratch() / f"{act}.lock", act):
                _remove(path)
    if os.geteuid() == 0:
        forget(TEMPORARY, RESTORE)
        forget(folders.state() / "dumps", "")


def _left() -> Iterator[tuple[Path, str]]:
    """Yield each folder that an act may have left, and the name of the act."""
    for path in capture_scratch().glob("*-*"):
        yield path, joined.backup(path.name.partition("-")[0])
    if os.geteuid() == 0:
        for path in (folders.state() / "drills").glob("*.????????"):
            name = path.name.partition(".")[0]
            yield path, name if "-" in name else joined.drill(name)  # no asset's name holds a `-`


def _remove(path: Path) -> None:
    if os.path.lexists(path):
        announce(f"removing what an interrupted act left in {path}")
        remove(path)
