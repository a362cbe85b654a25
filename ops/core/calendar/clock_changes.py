"""The hours that summer time takes away or doubles: between them a time of day does not exist, or comes twice."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ops.core.calendar import elapses

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Change:
    """A change of the clock.

    at: the moment. begins, ends: the local time, without a zone, from which and up to which the times of that day do
    not exist, or come twice. skipped: they do not exist.
    """

    at: datetime
    begins: datetime
    ends: datetime
    skipped: bool

    @property
    def hours(self) -> set[int]:
        """The hours of the day in which those times lie."""
        minutes = range(0, int((self.ends - self.begins).total_seconds()) // 60, 15)
        return {(self.begins + timedelta(minutes=minute)).hour for minute in minutes}


@functools.lru_cache(maxsize=64)
def changes(zone: str, since: datetime, until: datetime) -> tuple[Change, ...]:
    """Return the changes of a zone's clock in a period; none for a zone that is not known here."""
    if not elapses.known(zone):
        return ()
    clock = ZoneInfo(zone)
    found, start = [], since
    while start < until:
        end = min(start + _DAY, until)
        if _offset(start, clock) != _offset(end, clock):
            found.append(_change(start, end, clock))
        start = end
    return tuple(found)


def _change(before: datetime, after: datetime, clock: ZoneInfo) -> Change:
    """Return the change between two moments on its two sides."""
    old, new = _offset(before, clock), _offset(after, clock)
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        before, after = (middle, after) if _offset(middle, clock) == old else (before, middle)
    at = after.replace(microsecond=0)
    local = at.replace(tzinfo=None)
    return Change(at, local + min(old, new), local + max(old, new), new > old)


def _offset(moment: datetime, clock: ZoneInfo) -> timedelta:
    return moment.astimezone(clock).utcoffset() or timedelta(0)
