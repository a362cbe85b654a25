"""From when until when a report speaks: days, weeks, months and years of the site's own time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ops.core.errors import UsageError
from ops.interfaces.fleet_period import Kind

_DAY = timedelta(days=1)
WINDOW = {  # of the trends, which need more than the period to be seen
    "daily": timedelta(days=31),
    "weekly": timedelta(days=92),
    "monthly": timedelta(days=366),
    "yearly": timedelta(days=366),
}


class Bounds(NamedTuple):
    """since, until: of the period, in UTC; it ends now at the latest. first, last: its days."""

    since: datetime
    until: datetime
    first: date
    last: date


def bounds(kind: Kind, day: date | None, now: datetime, zone: ZoneInfo) -> Bounds:
    """Return the period of a kind in which a day is.

    Without one: for a daily report, yesterday and today until now; for the others, the last week, month or year that
    has ended. A day for a daily report is that day alone. Raise UsageError for a day that has not come yet.
    """
    today = now.astimezone(zone).date()
    if day is not None and day > today:
        raise UsageError(f"{day} has not come yet", f"today is {today} in {zone.key}")
    first, after = (
        (today - _DAY, today + _DAY) if kind == "daily" and day is None else _around(kind, day or today, bool(day))
    )
    return Bounds(_start(first, zone), min(now, _start(after, zone)), first, min(today, after - _DAY))


def _around(kind: Kind, day: date, named: bool) -> tuple[date, date]:
    """Return the first day of a period and the one after its last. named: whether the period of that day is meant."""
    if kind == "daily":
        return day, day + _DAY
    if kind == "weekly":
        first = day - timedelta(days=day.weekday())
        after = first + timedelta(days=7)
        before = first - timedelta(days=7)
    elif kind == "monthly":
        first = day.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
        before = (first - _DAY).replace(day=1)
    else:
        first = day.replace(month=1, day=1)
        after = first.replace(year=first.year + 1)
        before = first.replace(year=first.year - 1)
    return (first, after) if named else (before, first)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
