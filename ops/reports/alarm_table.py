"""Incidents of a machine's alarms as a person at a terminal reads them, the worst on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.core.printable import printable
from ops.reports.catalogue import tr, trn
from ops.reports.times import Times

MOST = 10


@dataclass(frozen=True, kw_only=True)
class IncidentLine:
    """One incident. checks: what each of its checks saw; ack: who sees to it, why and until when."""

    number: int
    verdict: str
    begun: str
    over: str
    fault_class: str
    checks: Sequence[tuple[str, str]]
    reached: Sequence[str]
    ack: tuple[str, str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class WaitingLine:
    """A message that a channel did not take yet, and why."""

    channel: str
    subject: str
    error: str


def table(incidents: Sequence[IncidentLine], waiting: Sequence[WaitingLine], times: Times) -> str:
    """Return what is known of incidents and messages that wait, in lines."""
    lines = [line for one in incidents for line in _incident(one, times)] or [tr("no alarm is open")]
    if waiting:
        lines += ["", trn("{count} message waits for its channel:", "{count} messages wait:", len(waiting))]
        lines += [f"  {one.channel}: {one.subject}{f' ({one.error})' if one.error else ''}" for one in waiting[:MOST]]
    return "\n".join(printable(line) for line in lines)


def _incident(one: IncidentLine, times: Times) -> Iterator[str]:
    over = tr(", over since {when}", when=times.when(one.over)) if one.over else ""
    named = f", {one.fault_class}" if one.fault_class else ""
    since = tr("since {when}", when=times.when(one.begun))
    yield f"{tr('incident')} {one.number}: {one.verdict}{named}, {since}{over}"
    yield from (f"  {name}: {message}" for name, message in one.checks)
    yield tr("  told: {names}", names=", ".join(one.reached) or tr("nobody yet"))
    if one.ack:
        who, why, until = one.ack
        yield tr("  {who} sees to it until {until}: {why}", who=who, until=times.when(until), why=why)
