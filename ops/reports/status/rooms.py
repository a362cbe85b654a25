"""How much room the backup hosts have, and when they are full."""

from __future__ import annotations

from datetime import timedelta

from ops.core import clock
from ops.interfaces.fleet_status import FleetStatus, Room
from ops.reports import figures
from ops.reports.catalogue import tr, trn
from ops.reports.status.model import Glance
from ops.reports.times import DAY, Times, in_words

SOON = timedelta(days=60)  # a hospital needs about so long to buy a disk


def glance(status: FleetStatus, times: Times) -> Glance:
    """Return how full the backup hosts are and when they will be full."""
    lines = [_line(room, times) for room in status.rooms]
    loud = any(room.free_bytes is None or _is_soon(room, times) for room in status.rooms)
    return Glance("room", tr("Room for backups"), loud, tuple(lines or [tr("The policy has no backup host.")]))


def _is_soon(room: Room, times: Times) -> bool:
    return room.full is not None and clock.parse(room.full) - times.now <= SOON


def _line(room: Room, times: Times) -> str:
    if room.free_bytes is None:
        return tr("{host}: how much room it has is not known.", host=room.host)
    return tr(
        "{host}: {size} free at {path}; {forecast}.",
        host=room.host,
        size=figures.size(room.free_bytes),
        path=room.path,
        forecast=forecast(room, times),
    )


def forecast(room: Room, times: Times) -> str:
    """Return when a backup host is full, in words."""
    if room.bytes_per_day is None:
        days = trn("{count} day", "{count} days", room.days)
        return tr("when it is full is not known yet, watched for {days} of 7", days=days)
    if room.bytes_per_day <= 0:
        return tr("it does not fill up")
    rate = figures.size(room.bytes_per_day)
    if room.full is None:
        return tr("not full within ten years at {rate} a day", rate=rate)
    left = (clock.parse(room.full) - times.now).total_seconds()
    return tr(
        "full in about {time}, on {day}, at {rate} a day",
        time=in_words(max(left, DAY)),
        day=times.day(room.full),
        rate=rate,
    )
