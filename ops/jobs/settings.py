"""Where things lie on a server, and reading them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.core.errors import SeawallError, Unavailable
from ops.core.files import read_json, write_json
from ops.policy import HostPolicy, read_document

STATE_VERSION = 1


def _place(path: str) -> Path:
    """A path below SEAWALL_ROOT, which tests set; everywhere else it is the root itself."""
    return Path(os.environ.get("SEAWALL_ROOT", "/"), path)


def etc() -> Path:
    """The folder of settings."""
    return _place("etc/seawall")


def state() -> Path:
    """The folder that keeps states and the ledger."""
    return _place("var/lib/seawall")


def scratch() -> Path:
    """A folder in memory for what must not stay: locks, manifests on their way."""
    return _place("run/seawall")


def cache() -> Path:
    """The folder of restic's cache, which may be lost at any time."""
    return _place("var/cache/seawall")


def policy() -> HostPolicy:
    """Return this machine's part of the policy; raise Unavailable when there is none, PolicyError when it is wrong."""
    path = etc() / "policy.json"
    try:
        return read_document(read_json(path))
    except FileNotFoundError as error:
        raise Unavailable(
            f"this machine has no policy: {path} is not there", "run playbooks/site.yml from the control machine"
        ) from error
    except PermissionError as error:
        raise Unavailable(f"this account may not read {path}", "run as root or as user seawall") from error


def credential(name: str) -> Path:
    """Return the file with a secret: as systemd handed it to this unit, else as it lies on the machine (root only)."""
    folders = [Path(given)] if (given := os.environ.get("CREDENTIALS_DIRECTORY")) else []
    for folder in [*folders, etc() / "credentials"]:
        path = folder / name
        try:
            if path.is_file():
                return path
        except PermissionError as error:
            raise Unavailable(f"this account may not read the secret {name}", "run as root") from error
    raise Unavailable(f"the secret {name} is not on this machine", "run playbooks/site.yml from the control machine")


def states() -> dict[str, dict[str, Any]]:
    """Return every state file of this machine by name; one that is not whole says so in place of its content."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((state() / "state").glob("*.json")):
        try:
            found[path.stem] = dict(read_json(path))
        except (OSError, SeawallError) as error:
            found[path.stem] = {"version": STATE_VERSION, "verdict": "unknown", "message": str(error)}
    return found


def write_state(name: str, data: Mapping[str, Any]) -> None:
    """Write one state file, whole or not at all."""
    folder = state() / "state"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / f"{name}.json", {"version": STATE_VERSION, **data}, mode=0o640)
