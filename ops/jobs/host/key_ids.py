"""The ids of the keys with which this machine opens repositories, each noted once the password had opened it.

They are no secret. Without one restic tries every key of a repository, and gives up after twenty: whoever may write to
the repository may add as many. What root notes lies in a folder of its own, and the account may read it. What the
account notes of the repositories that it makes lies among its states, where no link is followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from ops.core.document import read_file
from ops.core.errors import Damaged
from ops.core.files import write_atomically
from ops.core.names import Digest
from ops.interfaces import joined
from ops.jobs.host import folders
from ops.restic.messages import Key

_LONGEST = 128  # bytes


def known(name: str) -> Digest | None:
    """Return the id noted for a repository, by the name of its secrets; None where none can be read."""
    return _noted(_of_root(name)) or _noted(_of_account(name))


def _noted(file: Path) -> Digest | None:
    try:
        return Digest.parse(read_file(file, _LONGEST, file.name, owned=True).decode("ascii").strip())
    except (Damaged, ValueError):
        return None  # it is opened without a hint then, as before there were any


def all_known(names: Iterable[str]) -> dict[str, Digest]:
    """Return the ids that are noted for some repositories, by their names."""
    return {name: key for name in names if (key := known(name))}


def note(name: str, keys: Iterable[Key]) -> Digest:
    """Note with which of its keys a repository was opened, and return the id.

    Raise Damaged when none is named, or when the notes' folder is not this process's own.
    """
    current = next((key.id for key in keys if key.current), None)
    if current is None:
        raise Damaged(f"repository {name}: restic does not say which key it was opened with")
    file = _of_root(name) if os.geteuid() == 0 else _of_account(name)
    if _noted(file) != current:
        if os.geteuid() == 0:
            _demand_own(file.parent)
        write_atomically(file, f"{current}\n", 0o640)
    return current


def _demand_own(folder: Path) -> None:
    """Make root's folder, which whoever may read the one above may read; raise Damaged for what else lies there.

    The one above is root's by now, but was the account's in an earlier release.
    """
    if not os.path.lexists(folder):
        folder.mkdir(mode=0o750, parents=True)
        os.chown(folder, -1, folder.parent.stat().st_gid)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid():
        raise Damaged(f"{folder} is not a folder of this account", "find out who put it there, then remove it")


def _of_root(name: str) -> Path:
    return folders.state() / "keys" / name


def _of_account(name: str) -> Path:
    return folders.state() / "state" / joined.noted_key(name)
