"""The status of the fleet: what the policy wants, joined with what every machine says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core import clock
from ops.core.verdict import worst
from ops.fleet import inventory
from ops.fleet.key_sheet import ids
from ops.fleet.key_sheet.standing import standing
from ops.fleet.ledgers import heads, signers
from ops.fleet.status import history
from ops.fleet.status.answer import anchored, head, key_ids, keys
from ops.fleet.status.due import due
from ops.fleet.status.join import join
from ops.fleet.status.room import watched
from ops.interfaces.fleet_status import FleetStatus

if TYPE_CHECKING:
    from ops.fleet.facts.status import Said
    from ops.fleet.ssh.ask import Answer


def collect(path: Path | None) -> FleetStatus:
    """Ask every machine of an inventory; return the status of the fleet."""
    machines = inventory.read(path)
    policies = machines.policies()
    place = heads.place(machines.path)
    seen = heads.read(place)
    newest = {host: heads.newest(seen, host) for host in machines.variables}
    answers = _ask(machines, newest)
    found = {host: anchored(answer, last.head if (last := newest[host]) else None) for host, answer in answers.items()}
    heads.note(place, seen, {host: end for host, status in found.items() if (end := head(status))})
    told = key_ids(ids.place(machines.path), found)
    status = join(policies, keys(signers.place(machines.path), told))
    now = clock.parse(status.time)
    asked = standing(machines.path, policies, now)
    verdict = worst([status.verdict, *(one.verdict for one in asked)])
    status = replace(status, verdict=verdict, duties=(*asked, *status.duties))
    return history.compared(machines.path, replace(status, due=due(policies, now)), watched(policies, status.machines))


def _ask(machines: inventory.Inventory, newest: Mapping[str, heads.SeenHead | None]) -> dict[str, Answer[Said]]:
    """Ask every machine for its status, and for its ledger where a head of it is known: one command for each."""
    from ops.fleet.facts.status import Status
    from ops.fleet.ssh.ask import ask

    known = {host: {"head": str(last.head).strip(), "seen": last.seen} for host, last in newest.items() if last}
    return ask(machines, Status, known)
