"""Secrets on this machine, by name."""

from __future__ import annotations

import os
from pathlib import Path

from ops.core.errors import Unavailable
from ops.jobs.host import folders


def find(name: str) -> Path:
    """Return the file with a secret: as systemd handed it to this unit, else as it lies on the machine (root only)."""
    handed = [Path(given)] if (given := os.environ.get("CREDENTIALS_DIRECTORY")) else []
    for folder in [*handed, folders.etc() / "credentials"]:
        path = folder / name
        try:
            if path.is_file():
                return path
        except PermissionError as error:
            raise Unavailable(f"this account may not read the secret {name}", "run as root") from error
    raise Unavailable(f"the secret {name} is not on this machine", "run playbooks/site.yml from the control machine")
