"""What acts that were killed have left on this machine: data in clear text, which must not wait for the same act again.

Each act removes its own folders at its end. What one that was killed left goes when any other act of the same account
begins, whatever asset and part it is of; nothing of an act that runs is touched, for that holds its lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
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
OF_DRILLS = ("sabotage", "dump")  # acts that lie where a drill of the asset does


def capture_scratch() -> Path:
    """Return the folder on disk in which sources are captured that need one."""
    return folders.cache() / "scratch"


def remove_leftovers(own: str) -> None:
    """Remove what acts that were killed have left; own: the name of the act that begins, whose lock is held."""
    for path, acts in [*_left()]:
        with suppress(Locked), ExitStack() as held:
            for act in acts:
                if act != own:
                    held.enter_context(lock(_lock(act), act))
            _remove(path)
    if os.geteuid() == 0:
        forget(TEMPORARY, RESTORE)
        forget(folders.state() / "dumps", "")


def _left() -> Iterator[tuple[Path, Sequence[str]]]:
    """Yield each folder that an act may have left, and the names of the acts that it may be of."""
    for path in capture_scratch().glob("*-*"):
        yield path, (joined.backup(path.name.partition("-")[0]),)
    if os.geteuid() == 0:
        for path in (folders.state() / "drills").glob("*.????????"):
            name = path.name.partition(".")[0]
            # No asset's name holds a `-`: with one, it is an act's.
            yield path, (name,) if "-" in name else (joined.drill(name), *_others(name))


def _others(asset: str) -> Iterator[str]:
    """Yield the acts that lie where a drill does, and may run: their locks are there since the last boot."""
    return (act for act in (joined.act(kind, asset) for kind in OF_DRILLS) if _lock(act).exists())


def _lock(act: str) -> Path:
    return folders.scratch() / f"{act}.lock"


def _remove(path: Path) -> None:
    if os.path.lexists(path):
        announce(f"removing what an interrupted act left in {path}")
        remove(path)
