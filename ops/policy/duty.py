"""Duties: acts of a person with a due day, and when each is due, soon, overdue or over.

A duty is fulfilled by an attestation in a ledger of the site. Everything here counts in whole days of the site's time
zone, for that is how people are asked; an attestation counts by the day on which it was recorded.
"""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ops.core.calendar import Calendar
from ops.core.quantity import Day, Duration
from ops.core.verdict import Verdict

LEAD = timedelta(days=14)  # so long before its day a duty is due soon, if its period is not a short one
_SHARE = 4  # a duty is due soon for a quarter of its period at most
_AHEAD = 24  # due days of a calendar that are looked at; enough to see its shortest period


@dataclass(frozen=True)
class Duty:
    """An act that only a person can do; fulfilled by `seawall ledger attest --duty NAME`.

    what: what is to be done, in one sentence.
    who: the contact who does it, or sees to it that it is done.
    every: how long after it was last done it is due again; either this or `calendar`.
    calendar: the days by which it is due; either this or `every`.
    first: the first day by which it is due; without it, a duty that was never done is due at once.
    until: the last day on which it is asked for.
    """

    what: str
    who: str
    every: Duration | None = None
    calendar: Calendar | None = None
    first: Day | None = None
    until: Day | None = None

    def __post_init__(self) -> None:
        """Demand one period, and an end that comes after the beginning."""
        if (self.every is None) == (self.calendar is None):
            raise ValueError("expected either `every: 92d` or `calendar: every 3 months`")
        if self.first and self.until and self.until < self.first:
            raise ValueError(f"ends on {self.until}, before it is first due on {self.first}")


class Standing(enum.Enum):
    """How a duty stands on a day."""

    LATER = "later"
    SOON = "soon"
    OVERDUE = "overdue"
    ENDED = "ended"


@dataclass(frozen=True)
class DueDay:
    """When a duty is due. day: None when it is due at once, or never again."""

    standing: Standing
    verdict: Verdict
    day: date | None = None


def judge(duty: Duty, attested: datetime | None, now: datetime, zone: str) -> DueDay:
    """Return when a duty is due that was last attested at a moment, or never.

    Overdue is a warning, and a failure once a whole further period has passed. A duty that was never done and has no
    first day stays a warning: nobody wrote since when it is due.
    """
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    done = attested.astimezone(place).date() if attested else None
    if duty.until and duty.until.date < today:
        return DueDay(Standing.ENDED, Verdict.PASS)
    due = _due(duty, done, zone)
    if due is None:
        return DueDay(Standing.OVERDUE, Verdict.WARN)
    if duty.until and duty.until.date < due:
        return DueDay(Standing.LATER, Verdict.PASS)
    if today > due:
        return DueDay(Standing.OVERDUE, Verdict.FAIL if today > _following(duty, due, zone) else Verdict.WARN, due)
    soon = today >= due - _lead(duty, due, zone)
    return DueDay(Standing.SOON if soon else Standing.LATER, Verdict.PASS, due)


def _due(duty: Duty, done: date | None, zone: str) -> date | None:
    """Return the day by which a duty is due that was last done on a day; None when that is at once."""
    first = duty.first.date if duty.first else None
    if first is not None:
        first = _days(duty.calendar, first, zone)[0] if duty.calendar else first
        if done is None or done < first - _lead(duty, first, zone):
            return first
    if done is None:
        return None
    if duty.every:
        return done + duty.every.span
    return _following(duty, done + _lead(duty, done, zone), zone)


def _following(duty: Duty, day: date, zone: str) -> date:
    """Return the day by which a duty is due again that was due, or done, on a day."""
    if duty.calendar:
        return _days(duty.calendar, day + timedelta(days=1), zone)[0]
    return day + (duty.every or Duration(0)).span


def _lead(duty: Duty, day: date, zone: str) -> timedelta:
    """Return how long before a day, by which it is due, a duty is due soon: from then on, doing it counts for that."""
    if duty.calendar:
        periods = [later - earlier for earlier, later in itertools.pairwise(_days(duty.calendar, day, zone))]
        period = min(periods, default=LEAD * _SHARE)
    else:
        period = (duty.every or Duration(0)).span
    return timedelta(days=min(LEAD.days, period.days // _SHARE))


def _days(calendar: Calendar, start: date, zone: str) -> list[date]:
    """Return the next days of a calendar from a day on, which is one of them if the calendar names it."""
    place = ZoneInfo(zone)
    before = datetime.combine(start, time(), place).astimezone(UTC) - timedelta(seconds=1)
    moments = calendar.zoned(zone).after(before, _AHEAD)
    return sorted({moment.astimezone(place).date() for moment in moments})
