"""Every machine's status: each is asked, but for those whose backup hosts have what it handed over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ops.core.errors import Damaged
from ops.evidence.keys import all_listed
from ops.fleet import inventory
from ops.fleet.ledgers import heads, signers
from ops.fleet.status import last_told, pushed
from ops.fleet.status.answer import anchored, with_finding
from ops.interfaces.fleet_status import MachineStatus
from ops.interfaces.pushed import LIMITS, HandedOver, read
from ops.policy import HostPolicy

if TYPE_CHECKING:
    from ops.fleet.facts.status import Said
    from ops.fleet.ssh.ask import Answer

NOTHING = "has no status of it"
ROOM = 1 << 20  # characters that a backup host may say beside the statuses


@dataclass
class Gathered:
    """What every machine said. asked: which were asked themselves. handed: when the others said what counts of them."""

    machines: dict[str, MachineStatus]
    asked: Collection[str]
    handed: dict[str, datetime] = field(default_factory=dict)


def gather(
    machines: inventory.Inventory,
    policies: Mapping[str, HostPolicy],
    seen: heads.Seen,
    now: datetime,
    *,
    ask_all: bool = False,
) -> Gathered:
    """Return what every machine says. seen: the heads of their ledgers. ask_all: whatever the policy says."""
    keepers = {} if ask_all else pushed.keepers(policies)
    newest = {host: heads.newest(seen, host) for host in machines.variables}
    place = last_told.place(machines.path)
    before = last_told.read(place)
    asked = [host for host in machines.variables if host not in keepers]
    found = {
        host: anchored(answer, last.head if (last := newest[host]) else None)
        for host, answer in _ask(machines, newest, asked).items()
    }
    counting = _pushed(machines, policies, keepers, before, now) if keepers else {}
    for host, one in counting.items():
        anchor = last.head if (last := newest[host]) else None
        finding = pushed.held(one.status.told.ledger, anchor) if one.status.told else None
        found[host] = with_finding(one.status, pushed.LEDGER, finding) if finding else one.status
    handed = {host: one.told for host, one in counting.items() if one.told}
    told = {host: min(handed.get(host, now), now) for host, status in found.items() if status.told}
    last_told.note(place, before, told, handed)
    judged = {
        host: last_told.silent(found[host], last_told.when(before.answered, host), now) for host in machines.variables
    }
    return Gathered(judged, asked, {host: when for host, when in handed.items() if found[host].told})


def _ask(
    machines: inventory.Inventory, newest: Mapping[str, heads.SeenHead | None], hosts: Collection[str]
) -> dict[str, Answer[Said]]:
    """Ask machines for their status, and for their ledger where a head of it is known: one command for each."""
    from ops.fleet.facts.status import Status
    from ops.fleet.ssh.ask import ask

    known = {host: {"head": str(last.head).strip(), "seen": last.seen} for host, last in newest.items() if last}
    return ask(machines, Status, known, hosts=hosts)


def _pushed(
    machines: inventory.Inventory,
    policies: Mapping[str, HostPolicy],
    keepers: Mapping[str, list[str]],
    before: last_told.LastTold,
    now: datetime,
) -> dict[str, pushed.Counting]:
    from ops.fleet.facts.pushed import HandedStatuses
    from ops.fleet.ssh.ask import ask

    hosts = sorted({keeper for names in keepers.values() for keeper in names})
    answers = ask(machines, HandedStatuses, limit=ROOM + len(keepers) * LIMITS.bytes, hosts=hosts)
    offered = {keeper: _read(answer, keepers) for keeper, answer in answers.items()}
    keys = all_listed(signers.place(machines.path))
    return {
        host: pushed.judged(
            host,
            {keeper: offered[keeper][0].get(host, offered[keeper][1]) for keeper in names},
            keys.get(host, []),
            last_told.when(before.pushed, host),
            policies[host],
            now,
        )
        for host, names in keepers.items()
    }


def _read(answer: Answer[list[str]], wanted: Collection[str]) -> tuple[dict[str, HandedOver | str], str]:
    """Return what a backup host tells of machines, by their names, and what it tells of all others."""
    if answer.fact is None:
        return {}, answer.trouble
    found: dict[str, HandedOver | str] = {}
    for line in answer.fact:
        if not line.startswith("{"):
            continue
        try:
            one = read(line, "its line")
        except Damaged:
            continue  # of whom it would be is not known; whoever lacks a status for it says so
        if one.host in wanted:
            found[one.host] = one
    said = next((line for line in answer.fact if line.strip() and not line.startswith("{")), "")
    return found, f"{NOTHING}: {said[:200]}" if said and not found else NOTHING
