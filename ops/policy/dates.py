"""When all that the policy schedules is next due, in the site's time, and the days on which the clock matters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ops.core.calendar import Calendar
from ops.core.calendar.clock_changes import Change, changes
from ops.policy.model import HostPolicy

COUNT = 3
MISSING = "does not exist"
_AHEAD = timedelta(days=366)  # so far ahead summer time is looked at
_CYCLE = timedelta(days=28 * 365 + 8)  # so far ahead for what comes rarely: by then every date was on every weekday
_SECOND, _HOUR, _WEEK = timedelta(seconds=1), timedelta(hours=1), timedelta(days=7)


@dataclass(frozen=True)
class Dates:
    """When an act is next due.

    act: backup, copy or drill. place: of a copy, its repository; of a drill, the machine on which it runs. calendar: as
    in the policy, with its hours. starts: the next moments, in the site's time. ends: the last day of each one's
    window, where it has one. notes: on which days the clock matters, and what happens then.
    """

    asset: str
    act: str
    place: str
    calendar: str
    starts: tuple[datetime, ...]
    ends: tuple[datetime | None, ...]
    notes: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, its moments with the difference from UTC."""
        return {
            "asset": self.asset,
            "act": self.act,
            "place": self.place,
            "calendar": self.calendar,
            "next": [start.isoformat() for start in self.starts],
            "until": [end and end.date().isoformat() for end in self.ends],
            "notes": list(self.notes),
        }


def of_assets(policy: HostPolicy, now: datetime) -> Iterator[Dates]:
    """Yield the next dates of the backups of a machine's assets, and of their copies and drills, wherever these run."""
    for name, asset in policy.assets.items():
        yield _dates((name, "backup", asset.repository), asset.schedule, now)
        for copy in asset.copies.values():
            yield _dates((name, "copy", copy.to), copy.calendar, now)
        if asset.drill:
            yield _dates((name, "drill", asset.drill.host), asset.drill.calendar, now)
            if asset.drill.oldest:
                yield _dates((name, "oldest", asset.drill.host), asset.drill.oldest.calendar, now)


def of_drills(policy: HostPolicy, now: datetime) -> Iterator[Dates]:
    """Yield the next dates of the drills that run on a machine."""
    for name, drilled in policy.drills.items():
        if drilled.asset.drill:
            yield _dates((name, "drill", policy.host), drilled.asset.drill.calendar, now)
            if drilled.asset.drill.oldest:
                yield _dates((name, "oldest", policy.host), drilled.asset.drill.oldest.calendar, now)


def lines(dates: list[Dates]) -> list[str]:
    """Return a line for each act, and below it what is to be noted."""
    names = [(one.asset, f"{one.act} {'on' if one.act in ('drill', 'oldest') else 'to'} {one.place}") for one in dates]
    widths = [max((len(name[column]) for name in names), default=0) for column in (0, 1)]
    found = []
    for one, (asset, act) in zip(dates, names, strict=True):
        days = ", ".join(_day(start, end) for start, end in zip(one.starts, one.ends, strict=True))
        found.append(f"  {asset:<{widths[0]}}  {act:<{widths[1]}}  {days}")
        found += [f"  {'':<{widths[0]}}  {note}" for note in one.notes]
    return found


def of_site(policies: Mapping[str, HostPolicy], now: datetime) -> list[str]:
    """Return the lines of a whole site, host by host; a drill is told of with its asset, not again where it runs."""
    return [line for policy in policies.values() for line in _titled(policy, list(of_assets(policy, now)))]


def of_host(policy: HostPolicy, now: datetime) -> list[str]:
    """Return the lines of one host: its own assets, and the drills that run on it."""
    return _titled(policy, [*of_assets(policy, now), *of_drills(policy, now)])


def plain(policies: Mapping[str, HostPolicy], now: datetime) -> list[dict[str, Any]]:
    """Return the same of a whole site as plain data."""
    return [{"host": host, **one.plain()} for host, policy in policies.items() for one in of_assets(policy, now)]


def _titled(policy: HostPolicy, dates: list[Dates]) -> list[str]:
    return [f"{policy.host}, next dates (times of {policy.site.timezone}):", *lines(dates)] if dates else []


def clock_notes(calendar: Calendar, now: datetime) -> Iterator[str]:
    """Yield on which days of the coming year a time of day does not exist or comes twice, and what happens then.

    Where it always exists in that year, the next day on which it does not: `last day 02:30` may be years ahead.
    """
    missing = [note for change in changes(calendar.zone, now, now + _AHEAD) if (note := _missing(calendar, change))]
    yield from missing or itertools.islice(_missing_later(calendar, now), 1)
    for change in changes(calendar.zone, now, now + _AHEAD):
        local = None if change.skipped else calendar.would_be_due(change)
        if local is not None:
            yield f"{_when(local, 'comes twice')}, when summer time ends: only the first starts anything"


def missed_rarely(calendar: Calendar, now: datetime) -> str:
    """Return when a calendar of days of the month or the year next has a time that does not exist; empty when never.

    What comes every week is soon made up for; this is not, and nothing calls it late.
    """
    note = next((note for note in clock_notes(calendar, now) if MISSING in note), "")
    return note if note and calendar.zoned("UTC").longest_gap() > _WEEK else ""


def _missing_later(calendar: Calendar, now: datetime) -> Iterator[str]:
    for change in changes(calendar.zone, now + _AHEAD, now + _CYCLE):
        if note := _missing(calendar, change):
            yield note


def _missing(calendar: Calendar, change: Change) -> str:
    """Return what a change of the clock takes from a calendar; empty where it goes on within the hour."""
    local = calendar.would_be_due(change) if change.skipped else None
    if local is None or calendar.after(change.at - _SECOND)[0] - change.at < _HOUR:
        return ""
    return f"{_when(local, MISSING)}, when summer time begins: nothing starts then"


def _when(local: datetime, what: str) -> str:
    return f"{local:%H:%M} {what} on {local:%a %Y-%m-%d}"


def _dates(what: tuple[str, str, str], calendar: Calendar, now: datetime) -> Dates:
    zone = ZoneInfo(calendar.zone)
    due = calendar.after(now, COUNT)
    ends = [calendar.deadline(start, timedelta(0)) for start in due]
    return Dates(
        *what,
        calendar=str(calendar),
        starts=tuple(start.astimezone(zone) for start in due),
        ends=tuple(
            (end - _SECOND).astimezone(zone) if end > start else None for start, end in zip(due, ends, strict=True)
        ),
        notes=tuple(clock_notes(calendar, now)),
    )


def _day(start: datetime, end: datetime | None) -> str:
    return f"{start:%a %Y-%m-%d %H:%M}" + (f" (until {end:%a %Y-%m-%d})" if end else "")
