"""Whether a calendar can keep the age that is promised; what summer time does to it is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ops.core import clock
from ops.core.calendar import Calendar
from ops.core.errors import Problem
from ops.core.quantity import Duration
from ops.policy.dates import MISSING, clock_notes


def promise(path: str, calendar: Calendar, spread: Duration, promised: tuple[str, Duration]) -> Iterator[Problem]:
    """Yield that a calendar, read in the site's zone, can't keep an age; `promised`: where that stands, and the age."""
    try:
        gap = calendar.longest_gap()
    except ValueError:
        return  # the zone is not known, which is a problem of its own
    if gap == timedelta.max:
        yield Problem(path, f"{calendar} happens only once; use a calendar that repeats")
        return
    place, age = promised
    needed = Duration(int((gap + spread.span).total_seconds()))
    if needed <= age:
        return
    reason = _reason(calendar, gap)
    instead = "another time of day" if MISSING in reason else "a more frequent calendar"
    yield Problem(
        place,
        f"{age} can't be met: {calendar} with a spread of {spread} leaves up to {needed} in between{reason}; "
        f"expected {needed} or more, or {instead}",
    )


def _reason(calendar: Calendar, gap: timedelta) -> str:
    """Name the change of the clock, where it makes the gap longer."""
    if calendar.zoned("UTC").longest_gap() >= gap:
        return ""
    notes = [note for note in clock_notes(calendar, clock.now()) if MISSING in note]
    return f" ({notes[0] if notes else 'the day on which summer time ends has 25 hours'})"
