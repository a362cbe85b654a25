"""The ids of the keys with which this machine opens repositories, each noted once the password had opened it.

They are no secret. Without one restic tries every key of a repository, and gives up after twenty: whoever may write to
the repository may add as many. They lie in a folder of root's, which notes them; the account reads them.
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
from ops.jobs.host import folders
from ops.restic.messages import Key

_LONGEST = 128  # bytes


def known(name: str) -> Digest | None:
    """Return the id noted for a repository, by the name of its secrets; None where none can be read."""
    try:
        text = read_file(_file(name), _LONGEST, name).decode("ascii").strip()
        return Digest.parse(text)
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
    if known(name) != current:
        _demand_own(_file(name).parent)
        write_atomically(_file(name), f"{current}\n", 0o640)
    return current


def _demand_own(folder: Path) -> None:
    """Make the notes' folder, which whoever may read the one above may read; raise Damaged for what else lies there.

    The one above is root's by now, but was the account's in an earlier release.
    """
    if not os.path.lexists(folder):
        folder.mkdir(mode=0o750, parents=True)
        if os.geteuid() == 0:
            os.chown(folder, -1, folder.parent.stat().st_gid)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid():
        raise Damaged(f"{folder} is not a folder of this account", "find out who put it there, then remove it")


def _file(name: str) -> Path:
    return folders.state() / "keys" / name
