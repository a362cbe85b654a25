"""`seawall keys rotate`: which repositories are meant, and the change of each as an act of the control machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.files import write_atomically
from ops.core.quantity import counted
from ops.core.verdict import Finding, Verdict
from ops.fleet.control_machine.identity import MEMORY, as_control_machine
from ops.fleet.inventory import Inventory
from ops.fleet.key_rotation.job import Rotation
from ops.fleet.key_rotation.opening import Opening
from ops.fleet.secrets.unlocked import UnlockedSecrets
from ops.policy import HostPolicy, access

ACT = "key-rotation"
Chosen = tuple[str, list[str]]


def chosen(policies: Mapping[str, HostPolicy], own: HostPolicy, name: str, places: Sequence[str]) -> Chosen:
    """Return the machine that is meant by its own name or that of an asset, and which of its repositories.

    places: their names in the policy; by default all that the machine or the asset uses and that are served. Raise
    UsageError for a name that is not known.
    """
    machine, used = _used(policies, own, name)
    if strange := [place for place in places if place not in used]:
        known = ", ".join(used) or "none"
        raise UsageError(f"{name} has no repository {strange[0]!r} that a backup host keeps", f"known: {known}")
    return machine, list(dict.fromkeys(places)) or used


def _used(policies: Mapping[str, HostPolicy], own: HostPolicy, name: str) -> Chosen:
    if own.control and name == own.control.name:
        return name, [own.control.repository]
    for machine, policy in policies.items():
        assets = [asset for label, asset in policy.assets.items() if name in {machine, label}]
        if assets:
            named = {place for one in assets for place in (one.repository, *(copy.to for copy in one.copies.values()))}
            return machine, sorted(place for place in named if access.served(policy.repositories[place]))
    raise UsageError(f"{name!r} is neither a host with assets nor an asset", "seawall policy show lists them")


def planned(read: Inventory, password: Path | None, machine: str, place: str) -> str:
    """Return what would be done now, in words; nothing is opened but the inventory's secrets."""
    turnover = UnlockedSecrets(read, password).turnover(machine, place)
    if former := turnover.former():
        return (
            f"would see whether machines hold {counted(len(former), 'new password')}, and have the old keys set aside"
        )
    if following := turnover.next():
        return f"would go on: add the keys of {counted(len(following), 'new password')} that were made before"
    count = counted(len(turnover.present()), "new password")
    return f"would make {count}, add their keys and prove them; the old ones go on opening"


def rotate(read: Inventory, own: HostPolicy, password: Path | None, wanted: Chosen, reason: str) -> dict[str, Finding]:
    """Change the passwords of a machine's repositories as far as can be done now; return how it went with each."""
    machine, places = wanted
    with as_control_machine(read.path, own, {}):
        return {place: _one(read, own, password, (machine, place), reason) for place in places}


def _one(read: Inventory, own: HostPolicy, password: Path | None, which: tuple[str, str], reason: str) -> Finding:
    from ops.interfaces.outcome import OutcomeFacts
    from ops.jobs.run.job import Outcome, perform

    machine, place = which

    def work() -> Outcome:
        opened = UnlockedSecrets(read, password)  # under the lock: somebody else may have changed it before
        with _opening(opened, machine, place) as opening:
            hosts = machine in read.variables
            found = Rotation(read, opening, opened.turnover(machine, place), reason, hosts).go_on()
        good = OutcomeFacts() if found.verdict is Verdict.PASS else None
        return Outcome(found.verdict, f"{place}: {found.message}: {reason}", good)

    outcome = perform(ACT, ACT, machine, own.host, work)
    return Finding(outcome.verdict, outcome.message.removeprefix(f"{place}: "))


@contextmanager
def _opening(opened: UnlockedSecrets, machine: str, place: str) -> Iterator[Opening]:
    memory = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="seawall-", dir=memory) as folder:
        authority = Path(folder, access.AUTHORITY)
        write_atomically(authority, opened.authority())
        yield Opening(opened.access(machine, place), authority, Path(folder))
