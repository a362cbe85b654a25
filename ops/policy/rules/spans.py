"""Spans of time: within sense, and such that the calendars can keep them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ops.core.calendar import Calendar
from ops.core.errors import Problem
from ops.core.quantity import Duration
from ops.policy import hours, logs
from ops.policy.model import DRILL_SPREAD, Asset, Control
from ops.policy.rules.keeping import promise

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3_600, 86_400, 31_557_600
# What is shorter can't be kept, what is longer promises nothing; in seconds, and in the words of the message.
RANGES = {
    "rpo": (_MINUTE, 2 * _YEAR, "1min to 2y"),
    "rto": (_MINUTE, 90 * _DAY, "1min to 90d"),
    "random_delay": (0, _DAY, "0s to 1d"),
    "grace": (_MINUTE, 90 * _DAY, "1min to 90d"),
    "every": (_HOUR, 2 * _YEAR, "1h to 2y"),
    "retention": (_HOUR, 100 * _YEAR, "1h to 100y"),
}
_LEAST_GAP = timedelta(minutes=5)  # more often, one backup, copy or drill would wait for the one before
_LEAST_GRACE = timedelta(days=1)  # which is the default


def in_range(path: str, what: str, span: Duration) -> Iterator[Problem]:
    """Yield that a span is outside of what makes sense."""
    least, most, words = RANGES[what]
    if not least <= span.seconds <= most:
        yield Problem(path, f"{span} is out of range; expected {words}")


def of_control(path: str, control: Control) -> Iterator[Problem]:
    """Yield what is wrong with the promises of the control machine's backup."""
    yield from in_range(f"{path}.rpo", "rpo", control.rpo)
    yield from in_range(f"{path}.rto", "rto", control.rto)


def judge(path: str, asset: Asset, zone: str) -> Iterator[Problem]:
    """Yield what is wrong with an asset's promises; one that the calendar can't keep is broken already."""
    yield from _same_day(path, asset)
    asset = hours.filled(asset, zone)
    for what, span in (("rpo", asset.rpo), ("rto", asset.rto), ("random_delay", asset.random_delay)):
        yield from in_range(f"{path}.{what}", what, span)
    yield from _too_often(f"{path}.schedule", asset.schedule)
    if not logs.logged(asset):  # its log keeps the promise
        yield from promise(f"{path}.schedule", asset.schedule, asset.random_delay, (f"{path}.rpo", asset.rpo))
    for name, copy in asset.copies.items():
        yield from in_range(f"{path}.copies.{name}.grace", "grace", copy.grace)
        yield from _too_often(f"{path}.copies.{name}.calendar", copy.calendar)
        yield from _copy(f"{path}.copies.{name}", copy.calendar, copy.grace)
    if asset.drill:
        calendar, every = asset.drill.calendar, asset.drill.every
        yield from in_range(f"{path}.drill.every", "every", every)
        yield from _too_often(f"{path}.drill.calendar", calendar)
        yield from promise(f"{path}.drill.calendar", calendar, DRILL_SPREAD, (f"{path}.drill.every", every))
        if oldest := asset.drill.oldest:
            at = f"{path}.drill.oldest"
            yield from in_range(f"{at}.every", "every", oldest.every)
            yield from _too_often(f"{at}.calendar", oldest.calendar)
            yield from promise(f"{at}.calendar", oldest.calendar, DRILL_SPREAD, (f"{at}.every", oldest.every))


def longest_gap(calendar: Calendar) -> timedelta | None:
    """Return the longest time between two moments of a calendar; None where its zone is not known, told elsewhere."""
    try:
        return calendar.longest_gap()
    except ValueError:
        return None


def _too_often(path: str, calendar: Calendar) -> Iterator[Problem]:
    try:
        gap = calendar.shortest_gap()
    except ValueError:
        return  # the zone is not known, which is a problem of its own
    if gap < _LEAST_GAP:
        often, least = (Duration(int(span.total_seconds())) for span in (gap, _LEAST_GAP))
        yield Problem(
            path,
            f"{calendar} leaves {often} in between; expected {least} or more, such as '*:0/15' for every quarter of "
            "an hour, 'hourly', or '*-*-* 01:30' for every night",
        )


def _same_day(path: str, asset: Asset) -> Iterator[Problem]:
    """Yield each copy that follows the latest backup of its day, where that may start on the next day."""
    late = hours.overrun(asset)
    if late is None:
        return
    smaller = Duration(hours.delay_within_day(asset).seconds // _MINUTE * _MINUTE)
    for name, copy in asset.copies.items():
        if not copy.calendar.timed:
            yield Problem(
                f"{path}.copies.{name}.calendar",
                f"{copy.calendar} names days without a time of day, so the copy follows the last backup of its day; "
                f"but that may start on the next day: at {late:%H:%M} with a random_delay of {asset.random_delay}. "
                f"Write an earlier schedule, a random_delay of {smaller} or less, or a time of day for the copy",
            )


def _copy(path: str, calendar: Calendar, grace: Duration) -> Iterator[Problem]:
    gap = longest_gap(calendar)
    if gap == timedelta.max:
        yield Problem(f"{path}.calendar", f"{calendar} happens only once; use a calendar that repeats")
    elif gap is not None and grace.span > max(gap, _LEAST_GRACE):
        longest = Duration(int(max(gap, _LEAST_GRACE).total_seconds()))
        yield Problem(
            f"{path}.grace",
            f"{grace} is longer than the time between two copies, so that none would be late before the next one is "
            f"due; expected {longest} or less",
        )
