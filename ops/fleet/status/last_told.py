"""When each machine was last heard of, as this machine noted it beside the inventory: silence is seen by that alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import Damaged, SeawallError
from ops.core.files import write_json
from ops.core.names import HostName
from ops.core.quantity import span
from ops.core.schema import encode
from ops.core.verdict import Verdict
from ops.fleet.inventory import TOLD
from ops.interfaces.fleet_status import MachineStatus
from ops.jobs.health.job import NO_REPORT

VERSION = 1
LIMITS = Limits(bytes=16 << 20, depth=4, entries=200_000, text=300)


@dataclass(frozen=True)
class LastTold:
    """All in ISO 8601, by machine.

    answered: when it last gave a status, by the clock of this machine. pushed: of when its newest pushed one is.
    """

    answered: Mapping[HostName, str] = field(default_factory=dict)
    pushed: Mapping[HostName, str] = field(default_factory=dict)


def place(inventory: Path) -> Path:
    """Return the file for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / TOLD


def read(path: Path) -> LastTold:
    """Return what was noted; raise Damaged, for what was overtaken is known by this file alone."""
    if not path.exists():
        return LastTold()
    try:
        told = demand_version(parse(read_file(path, LIMITS.bytes, str(path)), LIMITS, str(path)), VERSION, str(path))
        found = decode(LastTold, told, str(path))
        for when in (*found.answered.values(), *found.pushed.values()):
            clock.parse(when)
    except (Damaged, ValueError) as error:
        hint = "restore it, or delete it: then an old status that is shown anew is not noticed once"
        raise Damaged(getattr(error, "message", f"{path}: {error}"), hint) from error
    return found


def when(noted: Mapping[HostName, str], host: str) -> datetime | None:
    """Return a moment that was noted of a machine, which `read` has looked at."""
    return clock.parse(noted[HostName(host)]) if host in noted else None


def silent(status: MachineStatus, last: datetime | None, now: datetime) -> MachineStatus:
    """Return the status of a machine; of one that tells nothing, and told nothing for too long, it is a fail."""
    if status.told is not None or last is None or now - last <= NO_REPORT:
        return status
    words = f"no report for {span((now - last).total_seconds())}, since {clock.iso(last)}"
    return replace(status, verdict=Verdict.FAIL, message=f"{words}: {status.message}")


def note(path: Path, before: LastTold, told: Mapping[str, datetime], pushed: Mapping[str, datetime]) -> None:
    """Note when machines gave a status, and of when those are that were pushed; raise SeawallError."""
    answered = {**before.answered, **{HostName(host): clock.iso(moment) for host, moment in told.items()}}
    newest = {**before.pushed, **{HostName(host): clock.iso(moment) for host, moment in pushed.items()}}
    try:
        write_json(path, {"version": VERSION, **encode(LastTold(answered, newest))})
    except OSError as error:
        raise SeawallError(f"{path} can't be written: {error.strerror}") from error
