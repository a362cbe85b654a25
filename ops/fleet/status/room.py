"""How much room the backup hosts have, and when they are full if they go on as they did."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from ops.core import clock
from ops.core.schema import decode
from ops.health.disk import Options
from ops.interfaces.fleet_status import MachineStatus, Room
from ops.policy import HostPolicy

REPOSITORIES = PurePosixPath("/srv/seawall")  # where roles/backup_host keeps them, unless a site says otherwise
WATCHED_LONG_ENOUGH = timedelta(days=7)  # so that the quiet weekend is in it
FURTHEST = timedelta(days=3650)  # no disk lasts longer; what is foretold beyond it is a number, not a date
OTHER_DISK = 0.1  # a size that differs by more than this share is that of another disk
TOO_LARGE = 1 << 63  # bytes: no file system counts so far, and no history keeps a number like it
NO_SENSE = (ArithmeticError, ValueError)  # what figures that nobody thought of may come to


@dataclass(frozen=True, kw_only=True)
class Disk:
    """What a backup host said of the file system of its repositories. path: as the policy's check names it."""

    path: str
    free_bytes: int
    size_bytes: int


def watched(policies: Mapping[str, HostPolicy], machines: Mapping[str, MachineStatus]) -> dict[str, Disk | None]:
    """Return what every backup host says of its repositories' disk; None where nobody watches it, or it is silent."""
    hosts = sorted(host for host, policy in policies.items() if policy.clients)
    return {host: _disk(policies[host], machines.get(host)) for host in hosts}


def _disk(policy: HostPolicy, machine: MachineStatus | None) -> Disk | None:
    disks = {name: check.options or {} for name, check in policy.checks.items() if check.kind == "disk"}
    paths = {name: PurePosixPath(decode(Options, options, name).path) for name, options in disks.items()}
    above = {name: path for name, path in paths.items() if REPOSITORIES.is_relative_to(path)}
    if not above or machine is None or machine.told is None:
        return None
    check = max(above, key=lambda name: len(above[name].parts))
    figures = next((entry.figures for entry in machine.told.checks if entry.name == check), {})
    return _sane(str(above[check]), figures.get("free_bytes"), figures.get("free_percent"))


def _sane(path: str, free: float | None, percent: float | None) -> Disk | None:
    """Return the disk that figures speak of, None where no disk has such figures: a machine may tell anything."""
    if free is None or percent is None or not 0 <= percent <= 100:  # noqa: PLR2004 -- per cent
        return None
    size = free * 100 / percent if percent else 0
    if not 0 <= free < TOO_LARGE or size >= TOO_LARGE:
        return None
    return Disk(path=path, free_bytes=int(free), size_bytes=int(size))


def rooms(
    disks: Mapping[str, Disk | None], before: Mapping[str, Sequence[tuple[datetime, Disk]]], now: datetime
) -> tuple[Room, ...]:
    """Return how much room each backup host has; of one whose figures make no sense it is not known.

    before: by host, what it said at earlier moments.
    """
    return tuple(_room(host, disk, before.get(host, ()), now) for host, disk in disks.items())


def _room(host: str, disk: Disk | None, before: Sequence[tuple[datetime, Disk]], now: datetime) -> Room:
    """Return the room of a host, whatever it told: what one machine says must not hide all others."""
    try:
        return room(host, disk, before, now)
    except NO_SENSE:
        return Room(host=host)


def room(host: str, disk: Disk | None, before: Sequence[tuple[datetime, Disk]], now: datetime) -> Room:
    """Return how much room a backup host has. before: what it said at earlier moments, the earliest first."""
    if disk is None:
        return Room(host=host)
    points = [*_of_this_disk(before, disk), (now, disk)]
    known = Room(host=host, path=disk.path, free_bytes=disk.free_bytes, days=(now - points[0][0]).days)
    if now - points[0][0] < WATCHED_LONG_ENOUGH:
        return known
    rate = _bytes_per_day(points)
    left = timedelta(days=min(disk.free_bytes / rate, FURTHEST.days + 1)) if rate > 0 else None
    full = clock.iso(now + left) if left is not None and left <= FURTHEST else None
    return Room(host=host, path=disk.path, free_bytes=disk.free_bytes, days=known.days, bytes_per_day=rate, full=full)


def _of_this_disk(before: Sequence[tuple[datetime, Disk]], disk: Disk) -> list[tuple[datetime, Disk]]:
    """Return what was said since the disk has been as large as it is now."""
    same = itertools.takewhile(lambda point: _same(point[1], disk), reversed(before))
    return list(reversed(list(same)))


def _same(one: Disk, other: Disk) -> bool:
    return one.path == other.path and abs(one.size_bytes - other.size_bytes) <= OTHER_DISK * other.size_bytes


def _bytes_per_day(points: Sequence[tuple[datetime, Disk]]) -> int:
    """Return by how much a disk fills each day: the middle of the rates between any two looks a week or more apart.

    So what retention deletes once a week counts, and a single day on which very much came or went hardly does.
    """
    rates = [
        (earlier.free_bytes - later.free_bytes) / ((then - when) / timedelta(days=1))
        for (when, earlier), (then, later) in itertools.combinations(points, 2)
        if then - when >= WATCHED_LONG_ENOUGH
    ]
    return round(statistics.median(rates))
