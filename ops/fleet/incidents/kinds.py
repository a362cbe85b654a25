"""The steps of each kind of incident as Seawall has them, in the language of this rendering. Sites write others."""

from __future__ import annotations

from ops.reports.catalogue import tr


def look() -> str:
    """Return the first step where nothing is known."""
    return tr("See what is broken, and since when: {command}", command="seawall status")


def of(kind: str, number: int, asset: str = "ASSET") -> tuple[str, ...]:
    """Return what people do first, by the kind of an incident; number: the incident's. asset: one that is affected."""
    found = _KINDS.get(kind)
    return found(number, asset) if found else (look(),)


def _power(_: int, __: str) -> tuple[str, ...]:
    return (
        tr("Report it to the technical service; ask how long it lasts, and note the answer."),
        tr("See how long the batteries last, on the machine at the UPS: {command}", command="seawall ups plan"),
        tr("Unplug what no UPS protects, so that the return of power hurts nothing."),
        tr("When power is back and stable, start machines in the order of the runbook."),
        tr("Then look at all of them: {command}", command="seawall status"),
    )


def _fire(_: int, __: str) -> tuple[str, ...]:
    return (
        tr("Get people out, and call the fire brigade: say the place, what burns, and who is still inside."),
        tr("Note the time of the call ({option}): place, substance, people, and who called.", option="--at"),
        tr("Cut the power of the room. Save nothing but people."),
        tr("Afterwards nobody switches on what was hot or wet. Rebuild elsewhere, from the copies away from here."),
    )


def _water(_: int, __: str) -> tuple[str, ...]:
    return (
        tr("Close the water; report it to the technical service."),
        tr("If it is much, cut the power of the room before anybody goes in."),
        tr("Move and cover what stands low: removable disks, paper records, machines that are off."),
        tr("Nothing that was wet is switched on. Look which copies are elsewhere: {command}", command="seawall status"),
    )


def _theft(number: int, _: str) -> tuple[str, ...]:
    note = f"seawall incident note {number} 'the list' --gone 'THING = VALUE'"
    return (
        tr("Touch nothing, lock the room, and report it to security and to the police."),
        tr("List what is gone, with its value: {command}", command=note),
        tr("Take the machine's access away: change its keys and passwords ({page}).", page="docs/keys.md"),
        tr("If disks with data of patients are gone, tell whoever answers for data protection at once."),
    )


def _network(_: int, __: str) -> tuple[str, ...]:
    return (
        tr("See which machines answer: {command}", command="seawall status --ask"),
        tr("Look at switches, uplinks and cables from the middle outwards; note what is unplugged, and when."),
        tr("Servers go on without the network: their backups wait, and are late rather than lost."),
    )


def _database(_: int, asset: str) -> tuple[str, ...]:
    return (
        look(),
        tr("On its machine, look at free space and at the server's own journal before anything is restarted."),
        tr("See which sets there are: {command}", command=f"seawall snapshots {asset}"),
        tr("Restore next to the live data: {command}", command=f"seawall restore {asset}"),
    )


def _virus(_: int, asset: str) -> tuple[str, ...]:
    return (
        tr("Unplug the machines that are affected from the network; leave them on."),
        tr("Find when it began, and which sets are older: {command}", command=f"seawall snapshots {asset}"),
        tr(
            "See on each backup host whether repositories were touched: {command}",
            command="seawall repository arrivals",
        ),
        tr("Rebuild from installation media and a set from before; never clean in place."),
    )


def _interface(_: int, __: str) -> tuple[str, ...]:
    return (
        tr("Find out whether our side or the other one is down: {command}", command="seawall status"),
        tr("Call the other side's service; note the name and the number of their ticket."),
        tr("Collect what can't be sent, in its order, so that it can be sent later."),
    )


def _update(_: int, asset: str) -> tuple[str, ...]:
    return (
        tr("Stop the update on all machines that do not have it yet."),
        tr("Note which version was there before and which is there now."),
        tr("Tell the vendor; decide until the next limit whether to go back."),
        tr("Data first: find the newest set from before the update: {command}", command=f"seawall snapshots {asset}"),
    )


_KINDS = {
    "power": _power,
    "fire": _fire,
    "water": _water,
    "theft": _theft,
    "network": _network,
    "database": _database,
    "virus": _virus,
    "interface": _interface,
    "update": _update,
}
