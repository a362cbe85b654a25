"""What `seawall status` and `seawall report` saw on the days before: what changed, and how fast disks fill.

One file beside the inventory holds the last look of each day: verdicts, and the room of the backup hosts.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import Damaged
from ops.core.files import write_json
from ops.core.schema import encode
from ops.core.verdict import Verdict
from ops.fleet.inventory import HISTORY
from ops.fleet.status.room import Disk, rooms
from ops.interfaces.fleet_status import Before, FleetStatus

VERSION = 1
MOST = 120  # days
LIMITS = Limits(bytes=64 << 20, depth=6, entries=2_000_000, text=4096)


@dataclass(frozen=True, kw_only=True)
class Day:
    """The last look of a day. time: when it was, in UTC, ISO 8601. disks: of the backup hosts that told theirs."""

    time: str
    assets: Mapping[str, Verdict] = field(default_factory=dict)
    machines: Mapping[str, Verdict] = field(default_factory=dict)
    disks: Mapping[str, Disk] = field(default_factory=dict)


@dataclass(frozen=True)
class _Kept:
    days: tuple[Day, ...]


def compared(inventory: Path, status: FleetStatus, disks: Mapping[str, Disk | None]) -> FleetStatus:
    """Return a status with what to compare it with and the room of the backup hosts; keep it for the next days.

    Where the file can't be read or written, the status says so, and all else is shown. One that can't be read, or that
    a later Seawall wrote, is moved aside: what it holds may still be of use to somebody.
    """
    path = (inventory if inventory.is_dir() else inventory.parent) / HISTORY
    now = clock.parse(status.time)
    before: tuple[Day, ...] = ()
    try:
        before, trouble = _before(read(path), now, _zone(status.timezone)), ""
    except Damaged as error:
        trouble = f"{error.message.splitlines()[0]}; {_put_aside(path)}"
    if not trouble or not os.path.lexists(path):  # what could neither be read nor moved is not replaced
        try:
            _write(path, (*before, _day(status, disks)))
        except OSError as error:
            trouble = trouble or f"{path} can't be written: {error.strerror}"
    last = before[-1] if before else None
    return replace(
        status,
        rooms=rooms(disks, {host: _said(before, host) for host in disks}, now),
        before=Before(time=last.time, assets=last.assets, machines=last.machines) if last else None,
        not_compared=trouble,
    )


def read(path: Path) -> tuple[Day, ...]:
    """Return the days that a file holds, the earliest first; raise Damaged."""
    if not path.exists():
        return ()
    told = demand_version(parse(read_file(path, LIMITS.bytes, str(path)), LIMITS, str(path)), VERSION, str(path))
    days = decode(_Kept, told, str(path)).days
    try:
        return tuple(sorted(days, key=lambda day: clock.parse(day.time)))
    except ValueError as error:
        raise Damaged(f"{path}: days: {error}") from error


def _before(days: Sequence[Day], now: datetime, zone: tzinfo) -> tuple[Day, ...]:
    """Return the days before today; what a clock that was ahead noted is left out."""
    today = _date(now, zone)
    return tuple(day for day in days if _date(clock.parse(day.time), zone) < today)


def _day(status: FleetStatus, disks: Mapping[str, Disk | None]) -> Day:
    return Day(
        time=status.time,
        assets={name: asset.verdict for name, asset in status.assets.items()},
        machines={name: machine.verdict for name, machine in status.machines.items()},
        disks={host: disk for host, disk in disks.items() if disk},
    )


def _said(days: Sequence[Day], host: str) -> list[tuple[datetime, Disk]]:
    return [(clock.parse(day.time), day.disks[host]) for day in days if host in day.disks]


def _put_aside(path: Path) -> str:
    """Move a file that can't be read to a name that no other has; say what became of it."""
    names = (path.with_name(f"{path.name}.unreadable-{number}") for number in itertools.count(1))
    aside = next(name for name in names if not os.path.lexists(name))
    try:
        path.rename(aside)
    except OSError as error:
        return f"it can't be moved aside ({error.strerror}), so nothing is noted today"
    return f"it is kept as {aside.name}, and a new one begins today"


def _write(path: Path, days: Sequence[Day]) -> None:
    write_json(path, {"version": VERSION, "days": encode(days[-MOST:])})


def _date(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name) if name else UTC
