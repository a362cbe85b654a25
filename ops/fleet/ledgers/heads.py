"""The heads of the machines' ledgers that this machine has seen: what a ledger ended with may never be gone from it.

They lie beside the inventory, where no machine can change them. `seawall status` notes each machine's newest head that
its ledger was found whole with, and at the next time has the machine verify its ledger against it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.errors import Damaged, SeawallError
from ops.core.files import read_json, write_json
from ops.core.verdict import Finding, Verdict
from ops.evidence.ledger import Head
from ops.fleet.inventory import HEADS

VERSION = 1
MOST = 400  # heads kept of each machine, the newest

Seen = dict[str, list[dict[str, Any]]]


def place(inventory: Path) -> Path:
    """Return the file for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / HEADS


def read(path: Path) -> Seen:
    """Return the heads seen of each machine, the oldest first; raise Damaged, for what is gone is no pass."""
    try:
        return {str(host): [_entry(one) for one in seen] for host, seen in read_json(path)["machines"].items()}
    except FileNotFoundError:
        return {}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(
            f"{path} does not contain ledger heads", "restore it; without it, a truncated ledger is not noticed"
        ) from error


def _entry(told: Any) -> dict[str, Any]:
    head = Head.read(f"{told['n']} {told['sha256']}")
    return {"n": head.n, "sha256": head.sha256, "seen": str(told["seen"])}


def newest(seen: Seen, host: str) -> Head | None:
    """Return the newest head seen of a machine."""
    entries = seen.get(host)
    return Head(entries[-1]["n"], entries[-1]["sha256"]) if entries else None


def judged(said: str, anchor: Head) -> Finding:
    """Return what a machine's verification says; one that can't be understood is unknown."""
    lines = said.splitlines()
    try:
        findings = json.loads(next((line for line in lines if line.startswith("{")), ""))["findings"]
        first = findings[0]
        return Finding(Verdict(first["verdict"]), str(first["message"]))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return Finding(
            Verdict.UNKNOWN, f"did not say whether its ledger still holds record {anchor.n}, which was seen before"
        )


def note(path: Path, seen: Seen, found: Mapping[str, Head]) -> None:
    """Add the heads that were found; a machine whose ledger did not grow adds none. Raise SeawallError."""
    now = clock.iso(clock.now())
    grown = {host: head for host, head in found.items() if newest(seen, host) != head}
    if not grown:
        return
    for host, head in grown.items():
        entry = {"n": head.n, "sha256": head.sha256, "seen": now}
        seen[host] = [*seen.get(host, []), entry][-MOST:]
    try:
        write_json(path, {"version": VERSION, "machines": seen})
    except OSError as error:
        raise SeawallError(f"the heads of the ledgers can't be written to {path}: {error.strerror}") from error
