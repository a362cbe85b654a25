"""Duties: acts of a person with a due day, and when each is due, soon, overdue or over.

A duty is fulfilled by an attestation in a ledger of the site. Everything here counts in whole days of the site's time
zone, for that is how people are asked; an attestation counts by the day on which it was recorded.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ops.core.calendar import Calendar
from ops.core.quantity import Day, Duration
from ops.core.verdict import Verdict

LEAD = timedelta(days=14)  # so long before its day a duty is due soon, if its period is not a short one
_SHARE = 4  # a duty is due soon for a quarter of its period at most
_LONGEST_WINDOW = timedelta(days=31)  # `between day 1 and last day`
_SECOND = timedelta(seconds=1)
# As many days of a calendar are looked at. Of a daily one, too, one of them is not before the day in question, however
# early the search begins, nor does it open before that; and they show the shortest period.
_AHEAD = 64
_NOON = "12:00:00"  # which every day has once in every zone, whatever becomes of its clock
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)  # systemd knows no day long before or after


@dataclass(frozen=True)
class Duty:
    """An act that only a person can do; fulfilled by `seawall ledger attest --duty NAME`.

    what: what is to be done, in one sentence.
    who: the contact who does it, or sees to it that it is done.
    every: how long after it was last done it is due again, from 1d to ten years; either this or `calendar`.
    calendar: the days by which it is due, such as `quarter ends`, or the days between which it is to be done, not more
        often than daily; either this or `every`.
    first: the first day by which it is due, from 2000 to 2199; without it, a duty that was never done is due at once.
    until: the last day on which it is asked for; what was due by then and not done stays a warning.
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
            raise ValueError("expected either `every: 92d` or `calendar: quarter ends`")
        if self.first and self.until and self.until < self.first:
            raise ValueError(f"ends on {self.until}, before it is first due on {self.first}")


class Standing(enum.Enum):
    """How a duty stands on a day."""

    LATER = "later"
    SOON = "soon"
    OVERDUE = "overdue"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class DueDay:
    """When a duty is due. day: None when it is due at once, or never again."""

    standing: Standing
    verdict: Verdict
    day: date | None = None


def judge(duty: Duty, attested: datetime | None, now: datetime, zone: str) -> DueDay:
    """Return when a duty is due that was last attested at a moment, or never.

    Overdue is a warning, and a failure once a whole further period has passed. A duty that was never done and has no
    first day stays a warning: nobody wrote since when it is due. One that has ended stays a warning, too, until
    what was due by its end is fulfilled.
    """
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    done = attested.astimezone(place).date() if attested else None
    due = _due(duty, done, zone)
    over = duty.until is not None and duty.until.date < today
    if duty.until and due and duty.until.date < due.last:
        return DueDay(Standing.ENDED if over else Standing.LATER, Verdict.PASS)
    if over:
        return DueDay(Standing.ENDED, Verdict.WARN, due.last if due else None)
    if due is None:
        return DueDay(Standing.OVERDUE, Verdict.WARN)
    if today > due.last:
        late = today > _following(duty, due.last, zone)
        return DueDay(Standing.OVERDUE, Verdict.FAIL if late else Verdict.WARN, due.last)
    return DueDay(Standing.SOON if today >= due.opens else Standing.LATER, Verdict.PASS, due.last)


@dataclass(frozen=True)
class _Turn:
    """One time that a duty is due. opens: from this day on it is due soon, and doing it counts for this turn."""

    opens: date
    last: date


def _due(duty: Duty, done: date | None, zone: str) -> _Turn | None:
    """Return the turn that is due of a duty that was last done on a day; None when it is due at once."""
    first = duty.first.date if duty.first else None
    if first is not None:
        turn = _turn(first, duty.every) if duty.every else _on_or_after(duty.calendar, first, zone)
        if done is None or done < turn.opens:
            return turn
    if done is None:
        return None
    if duty.every:
        return _turn(done + duty.every.span, duty.every)
    return _first(duty.calendar, (turn for turn in _turns(duty.calendar, done, zone) if turn.opens > done))


def _turn(last: date, every: Duration) -> _Turn:
    return _Turn(last - _lead(every.span), last)


def _following(duty: Duty, last: date, zone: str) -> date:
    """Return the day by which a duty is due again that was due by a day."""
    if duty.every:
        return last + duty.every.span
    return _on_or_after(duty.calendar, last + timedelta(days=1), zone).last


def _lead(period: timedelta) -> timedelta:
    """Return how long before its day a duty is due soon."""
    return timedelta(days=min(LEAD.days, period.days // _SHARE))


def _on_or_after(calendar: Calendar | None, day: date, zone: str) -> _Turn:
    """Return the first turn of a calendar whose last day is not before a day."""
    return _first(calendar, (turn for turn in _turns(calendar, day - _LONGEST_WINDOW, zone) if turn.last >= day))


def _first(calendar: Calendar | None, turns: Iterator[_Turn]) -> _Turn:
    """Return the first of turns; raise ValueError when there is none, as after the last year that systemd knows."""
    for turn in turns:
        return turn
    raise ValueError(f"{calendar} names no day up to {LATEST}")


def _turns(calendar: Calendar | None, start: date, zone: str) -> list[_Turn]:
    """Return the turns of a calendar that begin on a day or after it; a window is one turn, to its last day."""
    assert calendar is not None  # noqa: S101 -- a duty has either this or a period
    place = ZoneInfo(zone)
    # One moment a day, whatever times the calendar says.
    zoned = replace(calendar.zoned(zone), items=tuple(replace(item, time=_NOON) for item in calendar.items))
    before = datetime.combine(max(start, EARLIEST), time(), place).astimezone(UTC) - _SECOND
    moments = zoned.after(before, _AHEAD)
    lasts = {
        moment.astimezone(place).date(): (zoned.deadline(moment, _SECOND) - _SECOND).astimezone(place).date()
        for moment in moments
    }
    period = min((later - earlier for earlier, later in itertools.pairwise(lasts.values())), default=LEAD * _SHARE)
    return [_Turn(min(begins, last - _lead(period)), last) for begins, last in lasts.items()]
