"""Moments and spans of time as people read them: in the site's zone, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from math import ceil
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.core import clock
from ops.reports.catalogue import tr, trn

MONTH, DAY, HOUR, MINUTE = 2_629_800, 86_400, 3_600, 60
FROM = 2  # of a unit; less is told in the next smaller one


@dataclass(frozen=True)
class Times:
    """How moments are read: from when, and in which zone, whose name is that of UTC where it is not known."""

    now: datetime
    zone: tzinfo
    name: str

    @classmethod
    def of(cls, now: datetime, zone: str) -> Times:
        """Return how moments are read in a zone of this name."""
        try:
            return cls(now, ZoneInfo(zone), zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return cls(now, UTC, "UTC")

    def when(self, text: str | None) -> str:
        """Return a moment in the zone; empty for what is none."""
        moment = _moment(text)
        return written(moment.astimezone(self.zone)) if moment else ""

    def day(self, text: str | None) -> str:
        """Return the day of a moment in the zone; empty for what is none."""
        moment = _moment(text)
        return day(moment.astimezone(self.zone).date().isoformat()) if moment else ""

    def age(self, text: str | None) -> float | None:
        """Return the seconds since a moment, at least 0; None for what is none, or is of a clock that is ahead."""
        moment = _moment(text)
        if moment is None or moment > self.now + clock.SKEW:
            return None
        return max(0.0, (self.now - moment).total_seconds())


def stamp(moment: str, zone: str) -> str:
    """Given a moment in ISO 8601, return it with the zone in which it is read."""
    times = Times.of(clock.now(), zone)
    return f"{times.when(moment)} {times.name}"


def day(text: str) -> str:
    """Given a day as 2026-11-22, return it as the language writes it; what is none stays as it is."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return text
    # Translators: how a day is written, in figures; month and day have two of them
    return tr("{year}-{month}-{day}", year=f"{found:%Y}", month=f"{found:%m}", day=f"{found:%d}")


def written(moment: datetime, clock_form: str = "%H:%M") -> str:
    """Return a moment of its own zone as the language writes it. clock_form: of the time, as strftime has it."""
    return f"{day(moment.date().isoformat())} {moment:{clock_form}}"


def in_words(seconds: float) -> str:
    """Return a span of time as a person says it, in one unit and rounded up: 11 days, 9 hours, 1 minute."""
    if seconds >= FROM * MONTH:
        return trn("{count} month", "{count} months", ceil(seconds / MONTH))
    if seconds >= FROM * DAY:
        return trn("{count} day", "{count} days", ceil(seconds / DAY))
    if seconds >= FROM * HOUR:
        return trn("{count} hour", "{count} hours", ceil(seconds / HOUR))
    return trn("{count} minute", "{count} minutes", max(1, ceil(seconds / MINUTE)))


def _moment(text: str | None) -> datetime | None:
    try:
        return clock.parse(text) if text else None
    except ValueError:
        return None
