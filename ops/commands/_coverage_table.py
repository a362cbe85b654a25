"""What the policy expected of a period, and what was done, as a table and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.printable import printable
from ops.core.verdict import Finding
from ops.evidence.completeness import Coverage, Tally
from ops.reports.catalogue import tr

SHOWN = 5


def text(found: Coverage) -> str:
    """Return what was expected and done as a table."""
    return "\n".join(_lines(found.tallies, found.broken, (found.since, found.until), found.zone))


def _lines(
    tallies: Sequence[Tally], broken: Sequence[Finding], period: tuple[datetime, datetime], zone: ZoneInfo
) -> Iterator[str]:
    since, until = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in period)
    yield tr("{since} to {until} ({zone}), according to today's policy", since=since, until=until, zone=zone.key)
    for finding in broken:
        yield f"{finding.verdict.value:<8}{tr('the ledger itself: {message}', message=printable(finding.message))}"
    if not tallies:
        yield tr("the policy schedules no jobs on this machine")
        return
    yield _heading()
    for one in tallies:
        word = one.verdict.value if one.expected else "-"
        counts = f"{one.expected:>9}{len(one.on_time):>9}{len(one.late):>6}{len(one.missing):>9}{one.failed:>8}"
        yield (f"{word:<8}{one.act.act:<8}{one.act.asset:<20}{one.act.to:<10}{counts}")
        for what, moments in ((tr("late"), one.late), (tr("missing"), one.missing)):
            if moments:
                yield f"{'':<8}{what}: {_moments(moments, zone)}"


def _heading() -> str:
    names = f"{'':<8}{tr('act'):<8}{tr('asset'):<20}{tr('to'):<10}"
    return f"{names}{tr('expected'):>9}{tr('on time'):>9}{tr('late'):>6}{tr('missing'):>9}{tr('failed'):>8}"


def _moments(moments: Sequence[datetime], zone: ZoneInfo) -> str:
    shown = ", ".join(f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in moments[:SHOWN])
    more = len(moments) - SHOWN
    return tr("{moments} and {number} more", moments=shown, number=more) if more > 0 else shown


def plain(found: Coverage) -> dict[str, object]:
    """Return what was expected and done for programs."""
    return {
        "version": 1,
        "since": clock.iso(found.since),
        "until": clock.iso(found.until),
        "verdict": found.verdict.value,
        "ledger": [finding.message for finding in found.broken],
        "acts": [
            {
                "act": one.act.act,
                "asset": one.act.asset,
                "to": one.act.to,
                "expected": one.expected,
                "done": len(one.on_time) + len(one.late),
                "late": [clock.iso(moment) for moment in one.late],
                "missing": [clock.iso(moment) for moment in one.missing],
                "failed": one.failed,
            }
            for one in found.tallies
        ],
    }
