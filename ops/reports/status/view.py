"""The view of the fleet's status: what each form of the report shows, in the order in which people ask."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ops.core import clock
from ops.core.verdict import Verdict, worst
from ops.interfaces.fleet_period import Period
from ops.interfaces.fleet_status import FleetStatus
from ops.reports.catalogue import tr, trn
from ops.reports.duties import lines
from ops.reports.period import to_do
from ops.reports.period.view import shown
from ops.reports.status import asset, glance, machine, today
from ops.reports.status.model import View
from ops.reports.times import Times

VALID = timedelta(hours=26)  # a report is made each day; two hours for its timer and its way


def view(status: FleetStatus, period: Period | None = None) -> View:
    """Given the status of the fleet, and what is to be told of a period, return what is shown of it."""
    now = clock.parse(status.time)
    times = Times.of(now, status.timezone or "UTC")
    assets = _worst_first(asset.shown(name, one, times) for name, one in status.assets.items())
    machines = _worst_first(machine.shown(name, one, assets, times) for name, one in status.machines.items())
    duties = lines(status.duties, times)
    until = clock.iso(now + VALID)
    tasks = [*today.of_status(status, assets, machines, times)]
    added = [*to_do.of_period(status, period, times)] if period else []
    verdict = worst([status.verdict, *(trouble.verdict for _, trouble in added)])
    return View(
        site=status.site or "Seawall",
        time=times.when(status.time),
        zone=times.name,
        until=times.when(until),
        until_iso=until,
        verdict=verdict,
        headline=_headline(verdict),
        counts=(
            _count(trn("{count} asset", "{count} assets", len(assets)), assets),
            _count(trn("{count} machine", "{count} machines", len(machines)), machines),
        ),
        glances=glance.glances(status, times),
        works=today.works([*tasks, *added], period.on_call if period else ()),
        assets=assets,
        duties=duties,
        machines=machines,
        period=shown(status, period, times) if period else None,
    )


def _headline(verdict: Verdict) -> str:
    return {
        Verdict.PASS: tr("Everything is as the policy requires"),
        Verdict.WARN: tr("Working, but something needs attention"),
        Verdict.UNKNOWN: tr("Not everything could be checked"),
        Verdict.FAIL: tr("Something is not as the policy requires"),
    }[verdict]


def _worst_first(things: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(things, key=lambda thing: (-thing.verdict.severity, thing.name)))


def _count(said: str, things: tuple[Any, ...]) -> str:
    verdicts = [thing.verdict for thing in things]
    seen = [
        f"{verdicts.count(verdict)} {verdict.value}"
        for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WARN, Verdict.PASS)
        if verdict in verdicts
    ]
    return f"{said}: {', '.join(seen)}" if seen else said
