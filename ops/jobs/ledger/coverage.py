"""Holding the ledger against the policy's calendars: what was expected in a period, done, late and missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.calendar import Calendar
from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.evidence.completeness import ROUND, Completed, Coverage, Expected, records, tally
from ops.evidence.verification import verify
from ops.policy import HostPolicy
from ops.policy.model import DRILL_SPREAD

DAYS = timedelta(days=31)  # looked at when nobody says since when
ACCURACY = timedelta(minutes=1)  # by so much systemd's timers may be late by themselves
AT_ONCE = 100  # moments asked of a calendar in one call


def coverage(
    policy: HostPolicy, now: datetime, period: tuple[date | None, date | None], directory: Path, signers: Path
) -> Coverage:
    """Compare a ledger, as it was at a moment, with a policy's calendars.

    period: first and last day, in the site's time; none: from 31 days before, but not before the first record, until
    that moment. Raise UsageError when the period ends before it begins.
    """
    all_done = records(directory)
    found = verify(directory, signers) if all_done else []
    broken = [finding for finding in found if finding.verdict in {Verdict.FAIL, Verdict.UNKNOWN}]
    return replace(held(policy, now, period, all_done), broken=broken)


def held(
    policy: HostPolicy, now: datetime, period: tuple[date | None, date | None], all_done: Sequence[Completed]
) -> Coverage:
    """Compare what a ledger has of all acts with a policy's calendars; whether it verifies is not looked at.

    Raise UsageError when the period ends before it begins.
    """
    zone = ZoneInfo(policy.site.timezone)
    first, last = period
    # What a clock that was ahead wrote down was done at no time that is known.
    done = [one for one in all_done if one.began <= now + clock.SKEW]
    until = min(now, _start(last, zone) + timedelta(days=1)) if last else now
    since = _start(first, zone) if first else max([until - DAYS, *[one.began for one in done[:1]]])
    if since >= until:
        raise UsageError(f"the period ends before it begins: {since:%Y-%m-%d} to {until:%Y-%m-%d}")
    acts = [*scheduled(policy, since, until), *rounds(done, since, until, zone)]
    tallies = [tally(act, done, until, now) for act in acts]
    return Coverage(tallies, (), since, until, zone)


def scheduled(policy: HostPolicy, since: datetime, until: datetime) -> Iterator[Expected]:
    """Yield what the policy asks of this machine, with every moment at which it was due."""
    period = since, until
    for name, asset in policy.assets.items():
        yield _expected(("backup", name, asset.repository), asset.schedule, asset.random_delay.span + ACCURACY, period)
        for copy in asset.copies.values():
            yield _expected(("copy", name, copy.to), copy.calendar, copy.grace.span, period)
    for name, drilled in policy.drills.items():
        if drilled.asset.drill:
            allowed = DRILL_SPREAD.span + ACCURACY
            yield _expected(("drill", name, ""), drilled.asset.drill.calendar, allowed, period)
            if oldest := drilled.asset.drill.oldest:
                yield _expected(("oldest", name, ""), oldest.calendar, allowed, period)


def _expected(
    what: tuple[str, str, str], calendar: Calendar, allowed: timedelta, period: tuple[datetime, datetime]
) -> Expected:
    due = _moments(calendar, *period)
    return Expected(*what, due, [calendar.deadline(moment, allowed) for moment in due])


def rounds(done: Sequence[Completed], since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Expected]:
    """Yield the rounds of checks: one line on each day, from the day after the first; older versions left none."""
    looked = next((one for one in done if one.act == ROUND), None)
    if looked is None:
        return
    day = max(looked.began, since - timedelta(microseconds=1)).astimezone(zone).date()
    due, ends = [], []
    while (moment := _start(day := day + timedelta(days=1), zone)) < until:
        due.append(moment)
        ends.append(_start(day + timedelta(days=1), zone))  # a day may have 23 hours, or 25
    yield Expected(ROUND, looked.asset, "", due, ends)


def _moments(calendar: Calendar, since: datetime, until: datetime) -> list[datetime]:
    found: list[datetime] = []
    start = since - timedelta(seconds=1)
    while True:
        following = calendar.after(start, AT_ONCE)
        found += [moment for moment in following if moment < until]
        if len(following) < AT_ONCE or following[-1] >= until:
            return found
        start = following[-1]


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
