"""The view of the fleet's status: what each form of the report shows, in the order in which people ask."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ops.core import clock
from ops.core.verdict import Verdict, worst
from ops.interfaces.fleet_status import FleetStatus
from ops.reports.catalogue import tr, trn
from ops.reports.duties import DutyLine, lines
from ops.reports.status import asset, glance, machine
from ops.reports.status.model import Asset, Line, Machine, Trouble, View
from ops.reports.times import Times

VALID = timedelta(hours=26)  # a report is made each day; two hours for its timer and its way


def view(status: FleetStatus) -> View:
    """Given the status of the fleet, return what is shown of it."""
    now = clock.parse(status.time)
    times = Times.of(now, status.timezone or "UTC")
    assets = _worst_first(asset.shown(name, one, times) for name, one in status.assets.items())
    machines = _worst_first(machine.shown(name, one, assets, times) for name, one in status.machines.items())
    duties = lines(status.duties, times)
    until = clock.iso(now + VALID)
    return View(
        site=status.site or "Seawall",
        time=times.when(status.time),
        zone=times.name,
        until=times.when(until),
        until_iso=until,
        verdict=status.verdict,
        headline=_headline(status.verdict),
        counts=(
            _count(trn("{count} asset", "{count} assets", len(assets)), assets),
            _count(trn("{count} machine", "{count} machines", len(machines)), machines),
        ),
        glances=glance.glances(status, times),
        troubles=_troubles(assets, duties, machines),
        assets=assets,
        duties=duties,
        machines=machines,
    )


def _headline(verdict: Verdict) -> str:
    return {
        Verdict.PASS: tr("Everything is as the policy requires"),
        Verdict.WARN: tr("Working, but something needs attention"),
        Verdict.UNKNOWN: tr("Not everything could be checked"),
        Verdict.FAIL: tr("Something is not as the policy requires"),
    }[verdict]


def _troubles(assets: Iterable[Asset], duties: Iterable[DutyLine], machines: Iterable[Machine]) -> tuple[Trouble, ...]:
    """All that is not good, once: what a machine says of an asset is said with the asset."""
    found = [Trouble(one.name, one.verdict, one.troubles, one.call) for one in assets if one.troubles]
    found += [
        Trouble(duty.about, duty.verdict, (Line(duty.verdict, duty.what, duty.trouble),))
        for duty in duties
        if duty.trouble
    ]
    for one in machines:
        silent = [Line(one.verdict, "", one.message)] if one.message else []
        if lines := (*silent, *one.troubles):
            found.append(Trouble(one.name, worst(line.verdict for line in lines), lines, one.call))
    return tuple(sorted(found, key=lambda trouble: -trouble.verdict.severity))


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
