"""Holding the ledger against the policy's calendars: what was expected in a period, done, late and missing."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.calendar import Calendar
from ops.core.errors import UsageError
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.completeness import ROUND, Completed, Expected, Tally, records, tally
from ops.evidence.verification import verify
from ops.jobs import settings
from ops.policy import HostPolicy
from ops.policy.model import DRILL_SPREAD

DAYS = timedelta(days=31)  # looked at when nobody says since when
ACCURACY = timedelta(minutes=1)  # by so much systemd's timers may be late by themselves
AT_ONCE = 100  # moments asked of a calendar in one call
SHOWN = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of `seawall ledger complete`."""
    parser.add_argument("--since", type=_day, metavar="DATE", help="first day (default: 31 days ago)")
    parser.add_argument("--until", type=_day, metavar="DATE", help="last day (default: now)")
    parser.add_argument("--signers", type=Path, metavar="FILE", help="who may sign, as ssh-keygen lists them")


def execute(options: argparse.Namespace, directory: Path, signers: Path) -> int:
    """Show what was expected and what was done; the exit code is the verdict."""
    return held(settings.policy(), clock.now(), options, directory, signers)


def held(policy: HostPolicy, now: datetime, options: argparse.Namespace, directory: Path, signers: Path) -> int:
    """Hold a ledger, as it was at a moment, against a policy; show it, and return the verdict's exit code."""
    zone = ZoneInfo(policy.site.timezone)
    done = records(directory)
    until = min(now, _start(options.until, zone) + timedelta(days=1)) if options.until else now
    since = _start(options.since, zone) if options.since else max([until - DAYS, *[one.began for one in done[:1]]])
    if since >= until:
        raise UsageError(f"the period ends before it begins: {since:%Y-%m-%d} to {until:%Y-%m-%d}")
    duties = [*_duties(policy, since, until), *_rounds(done, since, until, zone)]
    tallies = [tally(duty, done, until) for duty in duties]
    broken = [finding for finding in verify(directory, signers) if finding.verdict is Verdict.FAIL] if done else []
    verdict = worst([*(one.verdict for one in tallies if one.expected), *(one.verdict for one in broken)])
    verdict = verdict if tallies else Verdict.PASS
    if options.json:
        print(json.dumps(_plain(tallies, broken, since, until, verdict)))
    else:
        _show(tallies, broken, (since, until), zone)
    return verdict.exit_code


def _duties(policy: HostPolicy, since: datetime, until: datetime) -> Iterator[Expected]:
    """Yield what the policy asks of this machine, with every moment at which it was due."""
    for name, asset in policy.assets.items():
        due = _moments(asset.schedule, since, until)
        yield Expected("backup", name, asset.repository, due, asset.random_delay.span + ACCURACY)
        for copy in asset.copies.values():
            yield Expected("copy", name, copy.to, _moments(copy.calendar, since, until), copy.grace.span)
    for name, drilled in policy.drills.items():
        if drilled.asset.drill:
            due = _moments(drilled.asset.drill.calendar, since, until)
            yield Expected("drill", name, "", due, DRILL_SPREAD.span + ACCURACY)


def _rounds(done: Sequence[Completed], since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Expected]:
    """Yield the rounds of checks: one line on each day, from the day after the first; older versions left none."""
    looked = next((one for one in done if one.act == ROUND), None)
    if looked is None:
        return
    day = max(looked.began, since - timedelta(microseconds=1)).astimezone(zone).date()
    due = []
    while (moment := _start(day := day + timedelta(days=1), zone)) < until:
        due.append(moment)
    yield Expected(ROUND, looked.asset, "", due, timedelta(days=1))


def _moments(calendar: Calendar, since: datetime, until: datetime) -> list[datetime]:
    found: list[datetime] = []
    start = since - timedelta(seconds=1)
    while True:
        following = calendar.after(start, AT_ONCE)
        found += [moment for moment in following if moment < until]
        if len(following) < AT_ONCE or following[-1] >= until:
            return found
        start = following[-1]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-22") from error


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _show(tallies: list[Tally], broken: list[Finding], period: tuple[datetime, datetime], zone: ZoneInfo) -> None:
    since, until = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in period)
    print(f"{since} to {until} ({zone.key}), by the policy of today")
    for finding in broken:
        print(f"{finding.verdict.value:<8}the ledger itself: {finding.message}")
    if not tallies:
        print("the policy asks no act of this machine")
        return
    print(
        f"{'':<8}{'act':<8}{'asset':<20}{'to':<10}{'expected':>9}{'in time':>9}{'late':>6}{'missing':>9}{'failed':>8}"
    )
    for one in tallies:
        word = one.verdict.value if one.expected else "-"
        counts = f"{one.expected:>9}{len(one.on_time):>9}{len(one.late):>6}{len(one.missing):>9}{one.failed:>8}"
        print(f"{word:<8}{one.duty.act:<8}{one.duty.asset:<20}{one.duty.to:<10}{counts}")
        for what, moments in (("late", one.late), ("missing", one.missing)):
            if moments:
                shown = ", ".join(f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in moments[:SHOWN])
                more = f" and {len(moments) - SHOWN} more" if len(moments) > SHOWN else ""
                print(f"{'':<8}{what}: {shown}{more}")


def _plain(
    tallies: list[Tally], broken: list[Finding], since: datetime, until: datetime, verdict: Verdict
) -> dict[str, object]:
    return {
        "version": 1,
        "since": clock.iso(since),
        "until": clock.iso(until),
        "verdict": verdict.value,
        "ledger": [finding.message for finding in broken],
        "duties": [
            {
                "act": one.duty.act,
                "asset": one.duty.asset,
                "to": one.duty.to,
                "expected": one.expected,
                "done": len(one.on_time) + len(one.late),
                "late": [clock.iso(moment) for moment in one.late],
                "missing": [clock.iso(moment) for moment in one.missing],
                "failed": one.failed,
            }
            for one in tallies
        ],
    }
