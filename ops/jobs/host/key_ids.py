"""The ids of the keys with which this machine opens repositories, each noted once the password had opened it.

They are no secret. Without one restic tries every key of a repository, and gives up after twenty: whoever may write to
the repository may add as many.
"""

from __future__ import annotations

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
    """Note with which of its keys a repository was opened, and return the id; raise Damaged when none is named."""
    current = next((key.id for key in keys if key.current), None)
    if current is None:
        raise Damaged(f"repository {name}: restic does not say which key it was opened with")
    if known(name) != current:
        path = _file(name)
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        write_atomically(path, f"{current}\n", 0o640)
    return current


def _file(name: str) -> Path:
    return folders.state() / "state" / "keys" / name
