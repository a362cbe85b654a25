"""What a report tells of a period: from the ledgers and states that this control machine has collected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.verdict import Finding
from ops.fleet.inventory import HISTORY, Inventory
from ops.fleet.ledgers import collect as ledgers
from ops.fleet.periods import acts, noted, people
from ops.fleet.periods.book import Book
from ops.fleet.periods.bounds import WINDOW, Bounds, bounds
from ops.fleet.periods.signed import signed
from ops.fleet.status import history
from ops.interfaces.fleet_period import Collected, Kind, Measured, Period, Point, Scheduled
from ops.interfaces.fleet_status import FleetStatus
from ops.policy import HostPolicy


def told(
    inventory: Inventory, status: FleetStatus, kind: Kind, day: date | None, found: Mapping[str, Finding]
) -> Period:
    """Return a period of a kind, as it stands when the status was made.

    day: one of the period; None: the last one. found: how collecting the ledgers went just now; empty if they were
    not collected. Raise UsageError for a day that has not come yet.
    """
    now, zone = clock.parse(status.time), ZoneInfo(status.timezone or "UTC")
    period, policies = bounds(kind, day, now, zone), inventory.policies()
    window = min(period.since, now - WINDOW[kind])
    home = ledgers.place(inventory.path)
    books: dict[str, Book] = {}
    collected: dict[str, Collected] = {}
    scheduled: list[Scheduled] = []
    for host, policy in policies.items():
        until = acts.known(home / host)
        books[host], collected[host] = acts.read(home / host, window, until, found.get(host))
        mine = acts.acts(policy, period, now, books[host], until if collected[host].until else None)
        scheduled += (one for one in mine if one.on_time or one.late or one.missing or one.unknown or one.failed)
    days, not_noted = _noted(inventory.path)
    today = now.astimezone(zone).date()
    return Period(
        kind=kind,
        since=clock.iso(period.since),
        until=clock.iso(period.until),
        acts=tuple(scheduled),
        collected=collected,
        backups=_measured("backup", policies, books),
        drills=_measured("drill", policies, books),
        rooms=_rooms(inventory.path, status, window),
        runtimes=_runtimes(days, status, window),
        signed=signed(_first_to_sign(period, kind), min(today, period.last + timedelta(days=1)), days, books),
        endings=people.endings(policies, today),
        on_call=people.called(policies, now),
        not_noted=not_noted,
    )


def _first_to_sign(period: Bounds, kind: Kind) -> date:
    """Return the first day whose report is looked at; a daily one looks a week back, so that nothing is forgotten."""
    return period.last - timedelta(days=7) if kind == "daily" else period.first


def _noted(inventory: Path) -> tuple[tuple[noted.Day, ...], str]:
    try:
        return noted.read(noted.place(inventory)), ""
    except (Damaged, OSError) as error:
        return (), str(error).splitlines()[0]


def _measured(
    act: str, policies: Mapping[str, HostPolicy], books: Mapping[str, Book]
) -> dict[str, tuple[Measured, ...]]:
    """Return what the good acts of a kind took, by asset, each from the machine that does it."""
    found = {}
    for host, policy in policies.items():
        for name in policy.assets if act == "backup" else policy.drills:
            if runs := books[host].measured.get((act, name)):
                found[name] = tuple(sorted(runs, key=lambda one: one.when))
    return found


def _rooms(inventory: Path, status: FleetStatus, since: datetime) -> dict[str, tuple[Point, ...]]:
    """Return what was free on each backup host at the last look of each day; what can't be read is not known."""
    folder = inventory if inventory.is_dir() else inventory.parent
    try:
        days = history.read(folder / HISTORY)
    except (Damaged, OSError):
        days = ()
    found: dict[str, tuple[Point, ...]] = {}
    for room in status.rooms:
        points = [
            Point(when=day.time, value=float(day.disks[room.host].free_bytes))
            for day in days
            if room.host in day.disks and since <= clock.parse(day.time) <= clock.parse(status.time)
        ]
        found[room.host] = tuple(points)
    return found


def _runtimes(days: tuple[noted.Day, ...], status: FleetStatus, since: datetime) -> dict[str, tuple[Point, ...]]:
    """Return how long each UPS would have lasted: on the days before, and now."""
    now = noted.runtimes(status)
    found: dict[str, list[Point]] = {}
    first = since.astimezone(UTC).date().isoformat()
    for day in days:
        for name, seconds in day.runtimes.items():
            if day.day >= first and day.time < status.time:
                found.setdefault(name, []).append(Point(when=day.time, value=seconds))
    for name, seconds in now.items():
        found.setdefault(name, []).append(Point(when=status.time, value=seconds))
    return {name: tuple(points) for name, points in sorted(found.items())}
