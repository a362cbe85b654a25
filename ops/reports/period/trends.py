"""How things changed: room, sizes and durations of backups, recovery times against the RTO, and batteries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.interfaces.fleet_period import Measured, Period, Point
from ops.interfaces.fleet_status import FleetStatus
from ops.reports import figures
from ops.reports.catalogue import tr
from ops.reports.period.curve import curve, middle
from ops.reports.period.model import Trend, TrendGroup
from ops.reports.status import rooms
from ops.reports.times import Times

FEWEST = 4  # points, of which the first half is compared with the second
NOTABLE = 0.05  # a smaller change is none
_PER_CENT = 100


def groups(status: FleetStatus, period: Period, times: Times) -> tuple[TrendGroup, ...]:
    """Return the trends of a period, those groups only that have any."""
    found = (
        TrendGroup(tr("Room on the backup hosts"), tuple(_rooms(status, period, times))),
        TrendGroup(tr("Recovery time against the RTO"), tuple(_recoveries(status, period))),
        TrendGroup(tr("Size of the backups"), tuple(_sizes(status, period))),
        TrendGroup(tr("Duration of the backups"), tuple(_durations(status, period))),
        TrendGroup(tr("How long each UPS lasts"), tuple(_runtimes(period))),
    )
    return tuple(one for one in found if one.trends)


def _rooms(status: FleetStatus, period: Period, times: Times) -> Iterator[Trend]:
    for room in status.rooms:
        before = period.rooms.get(room.host, ())
        now = () if room.free_bytes is None else (Point(when=status.time, value=float(room.free_bytes)),)
        newest = tr("not known") if room.free_bytes is None else tr("{size} free", size=figures.size(room.free_bytes))
        points = [*(point for point in before if point.when < status.time), *now]
        change = "" if room.free_bytes is None else rooms.forecast(room, times)
        yield Trend(room.host, room.path, newest, change, room.free_bytes is None, curve(points))


def _recoveries(status: FleetStatus, period: Period) -> Iterator[Trend]:
    """Yield the recovery times, those that need most of their RTO first."""
    found = []
    for name, asset in status.assets.items():
        points = _points(period.drills.get(name, ()), "seconds")
        if not points:
            continue
        newest, limit = points[-1].value, float(asset.rto_seconds)
        share = newest / limit if limit else 0.0
        told = tr("{time} of {limit}", time=figures.span(newest), limit=figures.span(limit)) if limit else ""
        trend = Trend(
            name, tr("recovery"), told or figures.span(newest), _change(points), share > 1, curve(points, limit)
        )
        found.append((-share, name, trend))
    yield from (trend for _, _, trend in sorted(found, key=lambda one: one[:2]))


def _sizes(status: FleetStatus, period: Period) -> Iterator[Trend]:
    """Yield how large the backups are, the largest first."""
    found = []
    for name in status.assets:
        if points := _points(period.backups.get(name, ()), "bytes"):
            size = points[-1].value
            trend = Trend(name, tr("size"), figures.size(int(size)), _change(points), over=False, curve=curve(points))
            found.append((-size, name, trend))
    yield from (trend for _, _, trend in sorted(found, key=lambda one: one[:2]))


def _durations(status: FleetStatus, period: Period) -> Iterator[Trend]:
    """Yield how long the backups take, the longest first."""
    found = []
    for name in status.assets:
        if points := _points(period.backups.get(name, ()), "seconds"):
            time = points[-1].value
            trend = Trend(name, tr("duration"), figures.span(time), _change(points), over=False, curve=curve(points))
            found.append((-time, name, trend))
    yield from (trend for _, _, trend in sorted(found, key=lambda one: one[:2]))


def _runtimes(period: Period) -> Iterator[Trend]:
    for name, points in period.runtimes.items():
        newest = figures.span(points[-1].value)
        yield Trend(name, tr("runtime"), newest, _change(points), over=False, curve=curve(points))


def _points(runs: Sequence[Measured], figure: str) -> list[Point]:
    return [Point(when=run.when, value=float(value)) for run in runs if (value := getattr(run, figure)) is not None]


def _change(points: Sequence[Point]) -> str:
    """Say how the second half differs from the first: the middle of each, so that one strange day hardly counts."""
    if len(points) < FEWEST:
        return tr("too few to compare")
    half = len(points) // 2
    before, after = (middle([point.value for point in part]) for part in (points[:half], points[half:]))
    if not before:
        return ""
    change = after / before - 1
    if abs(change) < NOTABLE:
        return tr("as before")
    percent = figures.count(round(abs(change) * _PER_CENT))
    return tr("{percent}% more", percent=percent) if change > 0 else tr("{percent}% less", percent=percent)
