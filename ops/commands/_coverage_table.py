"""What the policy expected of a period, and what was done, as a table and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.verdict import Finding
from ops.evidence.completeness import Coverage, Tally

SHOWN = 5


def text(found: Coverage) -> str:
    """Return what was expected and done as a table."""
    return "\n".join(_lines(found.tallies, found.broken, (found.since, found.until), found.zone))


def _lines(
    tallies: Sequence[Tally], broken: Sequence[Finding], period: tuple[datetime, datetime], zone: ZoneInfo
) -> Iterator[str]:
    since, until = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in period)
    yield (f"{since} to {until} ({zone.key}), according to today's policy")
    for finding in broken:
        yield (f"{finding.verdict.value:<8}the ledger itself: {finding.message}")
    if not tallies:
        yield ("the policy schedules no jobs on this machine")
        return
    yield (
        f"{'':<8}{'act':<8}{'asset':<20}{'to':<10}{'expected':>9}{'on time':>9}{'late':>6}{'missing':>9}{'failed':>8}"
    )
    for one in tallies:
        word = one.verdict.value if one.expected else "-"
        counts = f"{one.expected:>9}{len(one.on_time):>9}{len(one.late):>6}{len(one.missing):>9}{one.failed:>8}"
        yield (f"{word:<8}{one.duty.act:<8}{one.duty.asset:<20}{one.duty.to:<10}{counts}")
        for what, moments in (("late", one.late), ("missing", one.missing)):
            if moments:
                shown = ", ".join(f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in moments[:SHOWN])
                more = f" and {len(moments) - SHOWN} more" if len(moments) > SHOWN else ""
                yield (f"{'':<8}{what}: {shown}{more}")


def plain(found: Coverage) -> dict[str, object]:
    """Return what was expected and done for programs."""
    return {
        "version": 1,
        "since": clock.iso(found.since),
        "until": clock.iso(found.until),
        "verdict": found.verdict.value,
        "ledger": [finding.message for finding in found.broken],
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
            for one in found.tallies
        ],
    }
