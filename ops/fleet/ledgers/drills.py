"""Records of drills in the collected ledgers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Unavailable, UsageError
from ops.evidence.ledger import NAME
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers import collect
from ops.jobs.record import chosen


@dataclass(frozen=True)
class DrillRecord:
    """A record of a drill: the host whose ledger holds it, the folder of that ledger, and the exact line."""

    host: str
    ledger: Path
    line: bytes


def newest(inventory: Inventory, asset: str | None, number: int | None, on: str | None) -> DrillRecord:
    """Return the newest record that fits, of one host or of all whose ledgers were collected.

    Raise UsageError for a host that the inventory does not have, or a number without a host; Unavailable when nothing
    fits.
    """
    if on and on not in inventory.variables:
        raise UsageError(f"the inventory has no host {on!r}", f"its hosts: {', '.join(inventory.variables)}")
    if number is not None and not on:
        raise UsageError("a record number needs the host of its ledger", "add --on HOST")
    home = collect.place(inventory.path)
    ledgers = {host: home / host for host in ([on] if on else inventory.variables) if (home / host / NAME).exists()}
    if not ledgers:
        raise Unavailable(f"no ledger was collected{f' from {on}' if on else ''}", "seawall control collect")
    found = list(_found(ledgers, asset, number))
    if not found:
        meant = asset or f"number {number}"
        raise Unavailable(f"the collected ledgers have no record of a drill of {meant}", "seawall control collect")
    return max(found, key=lambda one: str(json.loads(one.line).get("when", "")))


def _found(ledgers: dict[str, Path], asset: str | None, number: int | None) -> Iterator[DrillRecord]:
    for host, folder in ledgers.items():
        try:
            yield DrillRecord(host, folder, chosen(folder, asset, number))
        except Unavailable:
            continue  # its drills are of other assets
