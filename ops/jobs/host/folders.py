"""Where things lie on a machine."""

from __future__ import annotations

import os
from pathlib import Path


def _below_root(path: str) -> Path:
    """Return a path below SEAWALL_ROOT, which tests set; everywhere else it is the root itself."""
    return Path(os.environ.get("SEAWALL_ROOT", "/"), path)


def etc() -> Path:
    """Return the folder of settings."""
    return _below_root("etc/seawall")


def state() -> Path:
    """Return the folder that keeps states and the ledger."""
    return _below_root("var/lib/seawall")


def scratch() -> Path:
    """Return a folder in memory for what must not stay: locks, manifests on their way."""
    return _below_root("run/seawall")


def cache() -> Path:
    """Return the folder of restic's cache, which may be lost at any time."""
    return _below_root("var/cache/seawall")


def booted() -> Path:
    """Return the folder that is there where systemd runs the machine, as sd_booted(3) asks."""
    return _below_root("run/systemd/system")
