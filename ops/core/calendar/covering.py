"""Whether one calendar comes on all days that another one demands."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ops.core.calendar.calendar import Calendar, end_of_day
from ops.core.calendar.elapses import FIRST

_DEMANDED = 64  # moments of each item of a calendar among which each demanded day is looked for
_MANY = 800  # moments of the other one that are asked for at once
_DAY, _BEFORE = timedelta(days=1), timedelta(seconds=1)
_EACH_DAY = "*-*-*"
_INTERVAL = "every "  # how the words begin that demand no day, but how long nothing may come


@functools.lru_cache(maxsize=512)
def covers(own: Calendar, demanded: Calendar, zone: str) -> bool:
    """Return whether a calendar is due on each day, or in each span of days, that another one demands.

    `every 2 months` demands no certain days: there, what comes at least as often covers it. zone: in which both are
    read; raise ValueError where it is not known.
    """
    days = {item.days for item in own.items}
    if _EACH_DAY in days or {item.days for item in demanded.items} <= days:
        return True
    here, there = own.zoned(zone), demanded.zoned(zone)
    if all(item.said.startswith(_INTERVAL) for item in demanded.items):
        return here.longest_gap() <= there.longest_gap() + _DAY
    following = _following(here)
    return all(following(begin) < end for begin, end in _spans(there))


def _spans(demanded: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans of days that a calendar demands, each from its first moment to its end, in UTC."""
    for item in demanded.items:
        for begin in replace(demanded, items=(replace(item, time=""),)).after(FIRST, _DEMANDED):
            local = begin.astimezone(ZoneInfo(demanded.zone))
            yield begin, end_of_day(local, item.window[1] if item.window else local.day)


def _following(calendar: Calendar) -> Callable[[datetime], datetime]:
    """Return what returns the first moment of a calendar that is not before another moment."""
    known = calendar.after(FIRST - _BEFORE, _MANY)

    def following(moment: datetime) -> datetime:
        place = bisect.bisect_left(known, moment)
        return known[place] if place < len(known) else calendar.after(moment - _BEFORE)[0]

    return following
