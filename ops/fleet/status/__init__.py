"""The status of the fleet: what the policy wants, joined with what every machine says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ops.core import clock
from ops.core.verdict import worst
from ops.fleet import inventory
from ops.fleet.key_sheet import ids
from ops.fleet.key_sheet.standing import standing
from ops.fleet.ledgers import heads, signers
from ops.fleet.status import history
from ops.fleet.status.answer import head, key_ids, keys
from ops.fleet.status.due import due
from ops.fleet.status.gathered import gather
from ops.fleet.status.join import join
from ops.fleet.status.room import watched
from ops.interfaces.fleet_status import FleetStatus


def collect(path: Path | None, *, ask_all: bool = False) -> FleetStatus:
    """Have every machine of an inventory say how it stands; return the status of the fleet.

    ask_all: ask each machine itself, also where the policy has its status read at its backup hosts.
    """
    machines = inventory.read(path)
    policies = machines.policies()
    place = heads.place(machines.path)
    seen = heads.read(place)
    gathered = gather(machines, policies, seen, clock.now(), ask_all=ask_all)
    found = gathered.machines
    heads.note(place, seen, {host: end for host in gathered.asked if (end := head(found[host]))})
    told = key_ids(ids.place(machines.path), found)
    status = join(policies, keys(signers.place(machines.path), told), gathered.handed)
    now = clock.parse(status.time)
    asked = standing(machines.path, policies, now)
    verdict = worst([status.verdict, *(one.verdict for one in asked)])
    status = replace(status, verdict=verdict, duties=(*asked, *status.duties))
    return history.compared(machines.path, replace(status, due=due(policies, now)), watched(policies, status.machines))
