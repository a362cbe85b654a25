"""What is shown of an asset and of the acts that protect it."""

from __future__ import annotations

from collections.abc import Iterable

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import AssetStatus, Person
from ops.interfaces.outcome import BackupFacts, CopyFacts, DrillFacts, LogFacts, OutcomeFacts
from ops.interfaces.state import ActState, State
from ops.reports import figures
from ops.reports.catalogue import tr, trn
from ops.reports.figures import span
from ops.reports.status.brief import brief, few
from ops.reports.status.model import Act, Asset, Drill, Line, Measure
from ops.reports.times import Times


def shown(name: str, asset: AssetStatus, times: Times) -> Asset:
    """Return what is shown of an asset."""
    worst_last = sorted(asset.findings, key=lambda one: one.verdict.severity)  # one told twice is as bad as its worst
    findings = {one.about: Line(one.verdict, one.about, brief(one.message)) for one in worst_last}
    good = good_of(asset.log or asset.backup)
    copies = (_act(copy, state, findings.get(f"copy {copy}"), times) for copy, state in asset.copies.items())
    return Asset(
        name=name,
        summary=asset.summary,
        owner=asset.owner,
        call=call(asset.person),
        host=asset.host,
        verdict=asset.verdict,
        backup=_act("backup", asset.backup, findings.get("backup"), times),
        age=_measure(times.age(good.time) if isinstance(good, (BackupFacts, LogFacts)) else None, asset.rpo_seconds),
        copies=tuple(copies),
        drill=_drill(asset, asset.drill_host, findings.get("drill"), times) if asset.drill_host else None,
        troubles=few(loud(findings.values())),
    )


def good_of(state: State | None) -> OutcomeFacts | None:
    """Return the facts of the last good act in a state; None where there was none, or none can be read."""
    return state.last_good if isinstance(state, ActState) else None


def loud(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return what is not good, the worst on top."""
    return tuple(
        sorted((line for line in lines if line.verdict is not Verdict.PASS), key=lambda line: -line.verdict.severity)
    )


def call(person: Person | None) -> str:
    """Return whom to call, how, and who stands in for them."""
    if person is None:
        return ""
    owner = ", ".join(filter(None, (person.name, person.phone or tr("no telephone number in the policy"))))
    if not person.deputy:
        return tr("Call {owner}", owner=owner)
    deputy = ", ".join(filter(None, (person.deputy, person.deputy_phone)))
    return tr("Call {owner}; deputy: {deputy}", owner=owner, deputy=deputy)


def _act(name: str, state: State | None, finding: Line | None, times: Times) -> Act:
    done, facts = _facts(good_of(state), times)
    age = times.age(done)
    return Act(
        name=name,
        verdict=finding.verdict if finding else Verdict.UNKNOWN,
        message=finding.message if finding else tr("nothing is known about it"),
        when=times.when(done) or _never(finding),
        age="" if age is None else span(age),
        facts=facts,
    )


def _never(finding: Line | None) -> str:
    return tr("none yet") if finding and finding.verdict is not Verdict.UNKNOWN else tr("not known")


def _facts(good: OutcomeFacts | None, times: Times) -> tuple[str | None, tuple[str, ...]]:
    """Return when a last good act was, and what else is to be said of it."""
    if isinstance(good, BackupFacts):
        size = [figures.size(good.bytes)] if good.bytes is not None else []
        return good.time, (*size, *_counted(good))
    if isinstance(good, CopyFacts):
        held = times.age(good.time) if good.copied else None
        return good.copied or good.time, (*_source(good.repository), *_held(held))
    if isinstance(good, DrillFacts):
        return good.time, (*_source(good.repository), *_held(good.data_age_seconds))
    return None, ()


def _counted(good: BackupFacts) -> list[str]:
    """Return how much there is of what there is any of: files have no rows, and most databases no files."""
    rows = [trn("{number} row", "{number} rows", good.rows, number=figures.count(good.rows))] if good.rows else []
    files = [trn("{number} file", "{number} files", good.files, number=figures.count(good.files))] if good.files else []
    return [*rows, *files]


def _source(repository: str | None) -> list[str]:
    return [tr("from {repository}", repository=repository)] if repository else []


def _held(age: float | None) -> list[str]:
    return [tr("data {time} old", time=span(age))] if age is not None else []


def _drill(asset: AssetStatus, host: str, finding: Line | None, times: Times) -> Drill:
    good = good_of(asset.drill)
    facts = good if isinstance(good, DrillFacts) else DrillFacts()
    whole = sum(facts.parts.values()) or 1.0
    return Drill(
        act=_act(tr("on {host}", host=host), asset.drill, finding, times),
        recovery=_measure(facts.recovery_seconds, asset.rto_seconds),
        parts=tuple((name, span(time), time / whole) for name, time in facts.parts.items()),
        rungs=tuple(Line(rung.verdict, rung.name, rung.message or "") for rung in facts.rungs),
    )


def _measure(value: float | None, limit: float | None) -> Measure:
    bound = span(limit) if limit else tr("none")
    if value is None or not limit:
        return Measure("" if value is None else span(value), bound, None, exceeded=False)
    return Measure(span(value), bound, min(1.0, value / limit), exceeded=value > limit)
