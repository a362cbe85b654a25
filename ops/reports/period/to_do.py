"""What a period leaves for a person to do today: acts that are missing, ledgers that are not known, unread reports."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.verdict import Verdict, worst
from ops.interfaces.fleet_period import Period, Scheduled
from ops.interfaces.fleet_status import FleetStatus, Person
from ops.reports.catalogue import tr, trn
from ops.reports.period.calendar import about, name_of
from ops.reports.status.brief import brief
from ops.reports.status.enumeration import enumerated
from ops.reports.status.model import Line, Trouble
from ops.reports.times import Times, day


def of_period(status: FleetStatus, period: Period, times: Times) -> Iterator[tuple[Person | None, Trouble]]:
    """Yield what is to be done, with whose it is; None where the policy names nobody for it."""
    if period.kind == "daily":
        yield from _missing(status, period, times)
    yield from _ledgers(period, times)
    yield from _unsigned(period)
    for ending in period.endings:
        told = tr("its exception {name} ends on {day}: decide again", name=ending.name, day=day(ending.until))
        if ending.until < times.now.astimezone(times.zone).date().isoformat():
            told = tr("its exception {name} ended on {day}: decide again", name=ending.name, day=day(ending.until))
        yield None, _one(ending.host, Verdict.WARN, told)


def _missing(status: FleetStatus, period: Period, times: Times) -> Iterator[tuple[Person | None, Trouble]]:
    """Yield what is missing; where a later one was good, it only warns: nothing is left but to ask why."""
    found: dict[str, list[Line]] = {}
    owners: dict[str, Person | None] = {}
    for act in period.acts:
        if act.missing:
            found.setdefault(about(act), []).append(_line(act, times))
            asset = status.assets.get(act.asset)
            owners[about(act)] = asset.person if asset else None
    for name, lines in found.items():
        yield owners[name], Trouble(name, worst(line.verdict for line in lines), tuple(lines))


def _line(act: Scheduled, times: Times) -> Line:
    when = enumerated([times.when(moment) for moment in act.missing])
    since = max((*act.on_time, *act.late), default="") > max(act.missing)
    told = tr("missing: was due {when}; done since", when=when) if since else tr("missing: was due {when}", when=when)
    return Line(Verdict.WARN if since else Verdict.FAIL, name_of(act), told)


def _ledgers(period: Period, times: Times) -> Iterator[tuple[Person | None, Trouble]]:
    """Yield whose records are not here, so that what is missing there can't be known."""
    lost: dict[str, int] = {}
    for act in period.acts:
        lost[act.host] = lost.get(act.host, 0) + len(act.unknown)
    for host, ledger in period.collected.items():
        count = lost.get(host, 0)
        lines = []
        if ledger.message:
            lines.append(Line(ledger.verdict, tr("ledger"), brief(ledger.message)))
        if count:
            told = trn("{count} act is not known", "{count} acts are not known", count)
            where = times.when(ledger.until)
            until = (
                tr("its records are known until {when}", when=where)
                if where
                else tr("its records were never collected")
            )
            lines.append(Line(Verdict.UNKNOWN, tr("ledger"), f"{until}; {told}"))
        if lines:
            yield None, Trouble(host, worst(line.verdict for line in lines), tuple(lines))


def _unsigned(period: Period) -> Iterator[tuple[Person | None, Trouble]]:
    """Yield the daily reports that nobody signed off, and the days that had none."""
    title = tr("Daily report")
    if period.not_noted:
        yield (
            None,
            _one(title, Verdict.UNKNOWN, tr("which reports were made is not known: {why}", why=period.not_noted)),
        )
    unread = [day(one.day) for one in period.signed if one.made and not one.by]
    lacking = [day(one.day) for one in period.signed if not one.made]
    if unread:
        yield None, _one(title, Verdict.WARN, tr("signed off by nobody: {days}", days=enumerated(unread)))
    if lacking:
        yield None, _one(title, Verdict.WARN, tr("none was made: {days}", days=enumerated(lacking)))


def _one(name: str, verdict: Verdict, told: str) -> Trouble:
    return Trouble(name, verdict, (Line(verdict, "", told),))
