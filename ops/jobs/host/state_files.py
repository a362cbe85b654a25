"""State files: the newest outcome of each job on this machine, and the last good one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.core.errors import SeawallError
from ops.core.files import read_json, write_json
from ops.jobs.host import folders

VERSION = 1


def read_all() -> dict[str, dict[str, Any]]:
    """Return every state file of this machine by name; one that is not whole says so in place of its content."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((folders.state() / "state").glob("*.json")):
        try:
            found[path.stem] = dict(read_json(path))
        except (OSError, SeawallError) as error:
            found[path.stem] = {"version": VERSION, "verdict": "unknown", "message": str(error)}
    return found


def write(name: str, data: Mapping[str, Any]) -> None:
    """Write one state file, whole or not at all."""
    folder = folders.state() / "state"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / f"{name}.json", {"version": VERSION, **data}, mode=0o640)
