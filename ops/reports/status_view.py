"""What every form of the report shows: the status of the fleet, in words for people and times of the site's zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ops.core import clock
from ops.core.quantity import Size
from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import AssetStatus, FleetStatus, MachineStatus
from ops.interfaces.outcome import BackupFacts, CopyFacts, DrillFacts, OutcomeFacts
from ops.interfaces.state import ActState, State
from ops.reports._gaps import Gap, gaps
from ops.reports.catalogue import tr, trn
from ops.reports.duties import DutyLine
from ops.reports.duties import lines as duty_lines
from ops.reports.times import Times, span


@dataclass(frozen=True)
class Line:
    """One thing said, with its verdict. `about` names the thing."""

    verdict: Verdict
    about: str
    message: str


@dataclass(frozen=True)
class Measure:
    """A time against its limit. `share` is how much of the limit is used, at most 1; None without a time."""

    text: str
    limit: str
    share: float | None
    exceeded: bool


@dataclass(frozen=True)
class Act:
    """A backup, copy or drill: when the last good one was, what it says, and the verdict on it.

    `when` is never empty: it says so where there was none, or where that is not known.
    """

    name: str
    verdict: Verdict
    message: str
    when: str
    age: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drill:
    """The last drill beyond what every act has."""

    act: Act
    recovery: Measure
    parts: tuple[tuple[str, str, float], ...]
    rungs: tuple[Line, ...]


@dataclass(frozen=True)
class Asset:
    """An asset and the acts that protect it."""

    name: str
    summary: str
    owner: str
    host: str
    verdict: Verdict
    backup: Act
    age: Measure
    copies: tuple[Act, ...]
    drill: Drill | None
    troubles: tuple[Line, ...]


@dataclass(frozen=True)
class Machine:
    """A machine and what was seen on it; `message` stands in for the checks of one that gave no status."""

    name: str
    verdict: Verdict
    message: str
    checks: tuple[Line, ...]
    facts: tuple[str, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class View:
    """The whole fleet, the worst on top."""

    site: str
    time: str
    zone: str
    verdict: Verdict
    headline: str
    counts: tuple[str, ...]
    troubles: tuple[Line, ...]
    assets: tuple[Asset, ...]
    duties: tuple[DutyLine, ...]
    machines: tuple[Machine, ...]


def view(status: FleetStatus) -> View:
    """Given the status of the fleet, return what is shown of it."""
    times = Times.of(clock.parse(status.time), status.timezone or "UTC")
    assets = _worst_first(_asset(name, asset, times) for name, asset in status.assets.items())
    machines = _worst_first(_machine(name, machine, times) for name, machine in status.machines.items())
    duties = duty_lines(status.duties, times)
    return View(
        site=status.site or "Seawall",
        time=times.when(status.time),
        zone=times.name,
        verdict=status.verdict,
        headline=_headline(status.verdict),
        counts=(
            _count(trn("{count} asset", "{count} assets", len(assets)), assets),
            _count(trn("{count} machine", "{count} machines", len(machines)), machines),
        ),
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


def _see_asset() -> str:
    return tr("see the asset")


def _asset(name: str, asset: AssetStatus, times: Times) -> Asset:
    findings = {one.about: Line(one.verdict, one.about, one.message) for one in asset.findings}
    good = _good(asset.backup)
    copies = (_act(copy, state, findings.get(f"copy {copy}"), times) for copy, state in asset.copies.items())
    return Asset(
        name=name,
        summary=asset.summary,
        owner=asset.owner,
        host=asset.host,
        verdict=asset.verdict,
        backup=_act("backup", asset.backup, findings.get("backup"), times),
        age=_measure(times.age(good.time) if isinstance(good, BackupFacts) else None, asset.rpo_seconds),
        copies=tuple(copies),
        drill=_drill(asset, asset.drill_host, findings.get("drill"), times) if asset.drill_host else None,
        troubles=_loud(findings.values()),
    )


def _act(name: str, state: State | None, finding: Line | None, times: Times) -> Act:
    done, facts = _facts(_good(state), times)
    age = times.age(done)
    return Act(
        name=name,
        verdict=finding.verdict if finding else Verdict.UNKNOWN,
        message=finding.message if finding else tr("nothing is known about it"),
        when=times.when(done) or _never(finding),
        age="" if age is None else tr("{time} ago", time=span(age)),
        facts=facts,
    )


def _never(finding: Line | None) -> str:
    return tr("none yet") if finding and finding.verdict is not Verdict.UNKNOWN else tr("not known")


def _facts(good: OutcomeFacts | None, times: Times) -> tuple[str | None, tuple[str, ...]]:
    """Return when a last good act was, and what else is to be said of it."""
    if isinstance(good, BackupFacts):
        size = [str(Size(good.bytes))] if good.bytes is not None else []
        rows = [_rows(good.rows)] if good.rows is not None else []
        return good.time, (*size, *rows)
    if isinstance(good, CopyFacts):
        held = times.age(good.time) if good.copied else None
        return good.copied or good.time, (*_source(good.repository), *_held(held))
    if isinstance(good, DrillFacts):
        return good.time, (*_source(good.repository), *_held(good.data_age_seconds))
    return None, ()


def _rows(count: int) -> str:
    return trn("{number} row", "{number} rows", count, number=f"{count:,}".replace(",", " "))


def _source(repository: str | None) -> list[str]:
    return [tr("from {repository}", repository=repository)] if repository else []


def _held(age: float | None) -> list[str]:
    return [tr("data {time} old", time=span(age))] if age is not None else []


def _drill(asset: AssetStatus, host: str, finding: Line | None, times: Times) -> Drill:
    good = _good(asset.drill)
    facts = good if isinstance(good, DrillFacts) else DrillFacts()
    whole = sum(facts.parts.values()) or 1.0
    return Drill(
        act=_act(tr("on {host}", host=host), asset.drill, finding, times),
        recovery=_measure(facts.recovery_seconds, asset.rto_seconds),
        parts=tuple((name, span(time), time / whole) for name, time in facts.parts.items()),
        rungs=tuple(Line(rung.verdict, rung.name, rung.message or "") for rung in facts.rungs),
    )


def _machine(name: str, machine: MachineStatus, times: Times) -> Machine:
    """What is seen of an asset stands with the asset; the machine only points there."""
    told = machine.told
    if told is None:
        return Machine(name, machine.verdict, machine.message, (), (), ())
    lines = [Line(entry.verdict, entry.name, entry.message) for entry in told.checks if not entry.asset]
    see_asset = _see_asset()
    pointed = {
        entry.asset: Line(entry.verdict, entry.asset, see_asset)
        for entry in sorted(told.checks, key=lambda entry: entry.verdict.severity)
        if entry.asset and entry.verdict is not Verdict.PASS
    }
    known = [f"Seawall {told.seawall}"] if told.seawall else []
    looked = [tr("checked at {time}", time=times.when(told.health_time))] if told.health_time else []
    records = [trn("{count} record", "{count} records", told.ledger.lines)] if told.ledger else []
    return Machine(
        name=name,
        verdict=machine.verdict,
        message=machine.message,
        checks=tuple(sorted([*lines, *pointed.values()], key=lambda line: -line.verdict.severity)),
        facts=(*known, *looked, *records),
        gaps=gaps(told.gaps),
    )


def _measure(value: float | None, limit: float | None) -> Measure:
    bound = span(limit) if limit else tr("none")
    if value is None or not limit:
        return Measure("" if value is None else span(value), bound, None, exceeded=False)
    return Measure(span(value), bound, min(1.0, value / limit), exceeded=value > limit)


def _troubles(assets: Iterable[Asset], duties: Iterable[DutyLine], machines: Iterable[Machine]) -> tuple[Line, ...]:
    """All that is not good, once: what a machine says of an asset is said with the asset."""
    see_asset = _see_asset()
    found = [
        Line(line.verdict, f"{asset.name}, {line.about}", line.message) for asset in assets for line in asset.troubles
    ]
    found.extend(Line(duty.verdict, duty.about, duty.trouble) for duty in duties if duty.trouble)
    for machine in machines:
        if machine.message:
            found.append(Line(machine.verdict, machine.name, machine.message))
        found.extend(
            Line(line.verdict, f"{machine.name}, {line.about}", line.message)
            for line in machine.checks
            if line.verdict is not Verdict.PASS and line.message != see_asset
        )
    return tuple(sorted(found, key=lambda line: -line.verdict.severity))


def _loud(lines: Iterable[Line]) -> tuple[Line, ...]:
    loud = [line for line in lines if line.verdict is not Verdict.PASS]
    return tuple(sorted(loud, key=lambda line: -line.verdict.severity))


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


def _good(state: State | None) -> OutcomeFacts | None:
    return state.last_good if isinstance(state, ActState) else None
