"""The note of how far a repository was healed, among root's own notes; whoever is killed goes on there."""

from __future__ import annotations

from pathlib import Path

from ops.core.document import read_file
from ops.core.errors import Damaged, UsageError
from ops.core.files import write_json
from ops.interfaces import joined
from ops.interfaces.healing import LIMITS, Healing, read
from ops.jobs.host import folders

LOST = "something of it is lost, and did not come back when the repository was healed"


def known(repository: str) -> Healing:
    """Return what is noted of a repository; nothing was done where nothing is noted. Raise Damaged."""
    path = _path(repository)
    if not path.exists():
        return Healing()
    return read(read_file(path, LIMITS.bytes, path.name, owned=True), str(path))


def keep(repository: str, healing: Healing) -> Healing:
    """Note how far a repository was healed, and return that."""
    path = _path(repository)
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    write_json(path, healing.written())
    return healing


def aside(repository: str) -> tuple[str, ...]:
    """Return the paths that the backup host is to set aside; raise UsageError when there are none yet."""
    healing = known(repository)
    if not healing.done:
        raise UsageError(f"{repository} is not healed; nothing may be set aside", f"seawall heal {repository}")
    return healing.aside


def lost(repository: str) -> frozenset[str]:
    """Return the sets of which something was lost when a repository was last healed, as far as that can be read."""
    try:
        return frozenset(known(repository).lost)
    except (Damaged, OSError):
        return frozenset()


def _path(repository: str) -> Path:
    return folders.state() / "keys" / joined.noted_healing(repository)
