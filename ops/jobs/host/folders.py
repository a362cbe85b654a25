"""Where things lie on a machine."""

from __future__ import annotations

import os
from pathlib import Path

from ops.interfaces.change_log import SPOOLS
from ops.interfaces.devices import FILE
from ops.interfaces.metrics import FILE as METRICS

ROOT, ACCOUNT = "root", "account"  # whose folder in memory it is


def _below_root(path: str) -> Path:
    """Return a path below SEAWALL_ROOT, which tests set; everywhere else it is the root itself."""
    return Path(os.environ.get("SEAWALL_ROOT", "/"), path)


def etc() -> Path:
    """Return the folder of settings."""
    return _below_root("etc/seawall")


def state() -> Path:
    """Return the folder that keeps states and the ledger."""
    return _below_root("var/lib/seawall")


def repositories() -> Path:
    """Return the folder in which a backup host keeps repositories, one folder for each client."""
    try:
        named = (etc() / "repositories").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        named = "/srv/seawall"
    return _below_root(named.lstrip("/"))


def spool(asset: str) -> Path:
    """Return the folder in which the log of an asset's server waits to be archived."""
    return _below_root(f"{SPOOLS.lstrip('/')}/{asset}")


def devices() -> Path:
    """Return the file in which root's look at the devices is kept; its folder is root's."""
    return _below_root(FILE.lstrip("/"))


def signals() -> Path:
    """Return the folder in memory of what a conductor tells other machines; its folder is root's, anybody may read."""
    return _below_root("run/seawall-power")


def metrics() -> Path:
    """Return the file with figures for the site's Prometheus; any account of the machine may read it."""
    return _below_root(METRICS.lstrip("/"))


def scratch() -> Path:
    """Return a folder in memory for what must not stay: locks, requests, manifests on their way.

    Root has one of its own, which nobody else may even read; the account of the units has another.
    """
    return _below_root(f"run/seawall/{_who()}")


def scratch_of_account() -> Path:
    """Return that of the account, whoever this process is."""
    return _below_root(f"run/seawall/{ACCOUNT}")


def cache() -> Path:
    """Return the folder of restic's cache, which may be lost at any time; root doesn't use the account's."""
    return _below_root("var/cache/seawall/root" if _is_root() else "var/cache/seawall")


def booted() -> Path:
    """Return the folder that is there where systemd runs the machine, as sd_booted(3) asks."""
    return _below_root("run/systemd/system")


def _who() -> str:
    return ROOT if _is_root() else ACCOUNT


def _is_root() -> bool:
    return os.geteuid() == 0
