"""At what hour something is due whose calendar names only days; everyone reads an asset with these hours filled in.

A backup starts in the evening, so that the day is in it. A copy starts once the latest backup of a day has started, and
the copy's unit waits for it, so that the day is in the copy, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta

from ops.core.calendar import Calendar
from ops.core.calendar.clock_changes import changes
from ops.core.calendar.elapses import FIRST
from ops.core.quantity import Duration
from ops.policy.model import Asset, Drill, Written

BACKUP = time(23)
DRILL = time(4)
_DAY = 86_400
_LAST = _DAY - 1
_YEARS = timedelta(days=2 * 366)


def filled(asset: Asset, zone: str) -> Asset:
    """Return an asset whose calendars all say times of day, read in a time zone; done twice, it is the same."""
    schedule = asset.schedule.at(BACKUP)
    after = _after(schedule, asset.random_delay, zone)
    copies = {name: replace(copy, calendar=copy.calendar.at(after).zoned(zone)) for name, copy in asset.copies.items()}
    drill = _of_drill(asset.drill, zone) if asset.drill else None
    return replace(asset, schedule=schedule.zoned(zone), copies=copies, drill=drill)


def _of_drill(drill: Drill, zone: str) -> Drill:
    oldest = drill.oldest
    if oldest:
        oldest = replace(oldest, calendar=oldest.calendar.at(DRILL).zoned(zone))
    return replace(drill, calendar=drill.calendar.at(DRILL).zoned(zone), oldest=oldest)


def whole(policy: Written) -> Written:
    """Return a host's own policy with the hours of its assets filled in."""
    return replace(policy, assets=all_filled(policy.assets, policy.site.timezone))


def all_filled(assets: Mapping[str, Asset], zone: str) -> dict[str, Asset]:
    """Return assets by name, each with its hours filled in."""
    return {name: filled(asset, zone) for name, asset in assets.items()}


def spread(calendar: Calendar, delay: Duration) -> Duration:
    """Return by how much starts may be spread without one of them falling on the next day."""
    return min(delay, Duration(_LAST - _seconds(calendar.latest())))


def delay_within_day(asset: Asset) -> Duration:
    """Return the longest random delay with which even the latest backup of a day starts on that day."""
    return Duration(_LAST - _seconds(asset.schedule.at(BACKUP).latest()))


def overrun(asset: Asset) -> time | None:
    """Return the time of a backup that may start on the next day only; None where each day surely has its own.

    One that comes within the random delay of another, as every quarter of an hour does, leaves that one to its day.
    """
    delay = asset.random_delay.seconds
    for times in asset.schedule.at(BACKUP).times():
        starts = {_seconds(moment) for moment in times}
        latest = max(starts)
        if latest + delay > _LAST and not any(latest - delay <= start <= _LAST - delay for start in starts):
            return _time(latest)
    return None


def _after(schedule: Calendar, delay: Duration, zone: str) -> time:
    """Return when the latest backup of any day has started; never in an hour that summer time takes away.

    What would be on the next day is refused; in policies from before that was, it is the last second of the day.
    """
    moment = _time(min(_seconds(schedule.latest()) + delay.seconds, _LAST))
    for change in changes(zone, FIRST, FIRST + _YEARS):
        if change.skipped and change.begins.time() <= moment < change.ends.time():
            return change.ends.time()
    return moment


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _time(seconds: int) -> time:
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)
