"""What people do first, by kind of incident; and what the policy says of work without what is affected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.fleet.incidents.book import Incident
from ops.fleet.incidents.names import hosts_of
from ops.policy import HostPolicy

_LOOK = "See what is broken, and since when: seawall status"
_STEPS: Mapping[str, tuple[str, ...]] = {
    "power": (
        "Report it to the technical service; ask how long it lasts, and note the answer.",
        "See how long the batteries last, on the machine at the UPS: seawall ups plan",
        "Unplug what no UPS protects, so that the return of power hurts nothing.",
        "When power is back and stable: start machines in the order of the runbook, then look at all: seawall status",
    ),
    "fire": (
        "Get people out, and call the fire brigade: say the place, what burns, and who is still inside.",
        "Note the time of the call (--at): place, substance, people, and who called.",
        "Cut the power of the room. Save nothing but people.",
        "Afterwards nobody switches on what was hot or wet. Rebuild elsewhere, from the copies away from here.",
    ),
    "water": (
        "Close the water; report it to the technical service.",
        "If it is much, cut the power of the room before anybody goes in.",
        "Move and cover what stands low: removable disks, paper records, machines that are off.",
        "Nothing that was wet is switched on. Look which copies are elsewhere: seawall status",
    ),
    "theft": (
        "Touch nothing, lock the room, and report it to security and to the police.",
        "List what is gone, with its value: seawall incident note {number} 'the list' --gone 'THING = VALUE'",
        "Take the machine's access away: change its keys and passwords (docs/keys.md).",
        "If disks with data of patients are gone, tell whoever answers for data protection at once.",
    ),
    "network": (
        "See which machines answer: seawall status --ask",
        "Look at switches, uplinks and cables from the middle outwards; note what is unplugged, and when.",
        "Servers go on without the network: their backups wait, and are late rather than lost.",
    ),
    "database": (
        _LOOK,
        "On its machine: look at free space and at the server's own journal before anything is restarted.",
        "See what there is (seawall snapshots ASSET), and restore next to the live data: seawall restore ASSET",
    ),
    "virus": (
        "Unplug the machines that are affected from the network; leave them on.",
        "Stop nothing else yet: find when it began, and which sets are older (seawall snapshots ASSET).",
        "See whether repositories were touched: seawall repository arrivals, on each backup host.",
        "Rebuild from installation media and a set from before; never clean in place.",
    ),
    "interface": (
        "Find out whether our side or the other one is down: seawall status",
        "Call the other side's service; note the name and the number of their ticket.",
        "Collect what can't be sent, in its order, so that it can be sent later.",
    ),
    "update": (
        "Stop the update on all machines that do not have it yet.",
        "Note which version was there before and which is there now.",
        "Tell the vendor; decide until the next limit whether to go back.",
        "Data first: seawall snapshots ASSET shows the newest set from before the update.",
    ),
}


def first(incident: Incident, policies: Mapping[str, HostPolicy]) -> list[str]:
    """Return what is to be done now, in its order; nothing of one that is closed."""
    if incident.closing:
        return []
    return [*_acknowledged(incident), *_of_kind(incident), *_without(incident, policies), *_end(incident)]


def _acknowledged(incident: Incident) -> Iterator[str]:
    host, _, number = incident.facts.alarm.partition("/")
    if number:
        yield f"Say that you see to the alarm, on {host}: seawall ack {number} --reason 'incident {incident.number}'"


def _of_kind(incident: Incident) -> Iterator[str]:
    for text in _STEPS.get(incident.facts.kind, (_LOOK,)):
        yield text.replace("{number}", str(incident.number))


def _without(incident: Incident, policies: Mapping[str, HostPolicy]) -> Iterator[str]:
    """Yield how people work meanwhile, in the words of the policy."""
    for host in hosts_of(incident.facts.affected, policies):
        for name, asset in policies[host].assets.items():
            if asset.without.strip() and {name, host} & {*incident.facts.affected}:
                yield f"Without {name}: {' '.join(asset.without.split())}"


def _end(incident: Incident) -> Iterator[str]:
    yield "If machines are lost: the printed runbook, or seawall runbook."
    yield f"Note what you see and do: seawall incident note {incident.number} TEXT"
