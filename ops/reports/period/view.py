"""What a report shows of its period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ops.core import clock
from ops.core.verdict import Verdict
from ops.interfaces.fleet_period import Period, SignedDay
from ops.interfaces.fleet_status import FleetStatus
from ops.reports.catalogue import tr
from ops.reports.period import calendar, trends
from ops.reports.period.model import PeriodView, Signature
from ops.reports.status.enumeration import enumerated
from ops.reports.times import Times, day


def shown(status: FleetStatus, period: Period, times: Times) -> PeriodView:
    """Given a period and the status that was made with it, return what a report shows of it."""
    rows = calendar.rows(period, times)
    today = times.now.astimezone(times.zone).date().isoformat()
    return PeriodView(
        kind=period.kind,
        title=title(period.kind),
        span=_span(period, times),
        sums=calendar.sums(period.acts),
        columns=calendar.columns(period, times),
        loud=tuple(row for row in rows if row.verdict is not Verdict.PASS),
        quiet=tuple(row for row in rows if row.verdict is Verdict.PASS),
        notes=tuple(_notes(period, times)),
        trends=() if period.kind == "daily" else trends.groups(status, period, times),
        signatures=tuple(_signature(one, times) for one in reversed(period.signed)),
        sign=f"report-{today}" if period.kind == "daily" else "",
    )


def title(kind: str) -> str:
    """Return what a report of a kind is called."""
    return {
        "daily": tr("Daily report"),
        "weekly": tr("Weekly report"),
        "monthly": tr("Monthly report"),
        "yearly": tr("Yearly report"),
    }[kind]


def _span(period: Period, times: Times) -> str:
    first = clock.parse(period.since).astimezone(times.zone).date()
    last = (clock.parse(period.until) - timedelta(seconds=1)).astimezone(times.zone).date()
    if first == last:
        return day(first.isoformat())
    return tr("{first} to {last}", first=day(first.isoformat()), last=day(last.isoformat()))


def _notes(period: Period, times: Times) -> Iterator[str]:
    """Say where this comes from, and of what it can't speak."""
    known = sorted(one.until for one in period.collected.values() if one.until)
    if known:
        yield tr("From the ledgers as they were collected; the oldest: {when}.", when=times.when(known[0]))
    none = sorted(host for host, one in period.collected.items() if not one.until)
    if none:
        yield tr("Nothing was ever collected from {hosts}.", hosts=enumerated(none))
    young = sorted(host for host, one in period.collected.items() if one.begins > period.since)
    if young:
        yield tr("The ledgers of {hosts} began within this period and count from there.", hosts=enumerated(young))
    yield tr("What was expected is what today's policy says.")


def _signature(one: SignedDay, times: Times) -> Signature:
    if not one.by:
        told = tr("signed off by nobody") if one.made else tr("no report was made")
        return Signature(Verdict.WARN, day(one.day), told)
    told = tr("signed off by {name} on {host}, {when}", name=one.by, host=one.on, when=times.when(one.when))
    if one.same:
        return Signature(Verdict.PASS, day(one.day), told)
    why = tr("with another page than was made here") if one.same is False else tr("without the page itself")
    return Signature(Verdict.PASS if one.same is None else Verdict.WARN, day(one.day), f"{told}; {why}")
