"""One drill from its set to its outcome: the stage is set up, the kind plays, what was found is judged."""

from __future__ import annotations

import platform
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from ops.core import clock, kinds
from ops.core.announce import announce
from ops.core.errors import SeawallError, Unavailable
from ops.core.quantity import span
from ops.core.ram import in_memory
from ops.core.restored import remove
from ops.core.verdict import Finding, Verdict, not_configured, worst
from ops.evidence.query import past
from ops.interfaces.disk import arrived
from ops.interfaces.drill import Drill
from ops.interfaces.outcome import DrillFacts, Forecast, Hardware, Inspection, Rung, Trend
from ops.jobs.drill import hold, proof
from ops.jobs.drill.damage import DamageInjection
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import CLOCK, INCOMPLETE, WORDS, DrillStage
from ops.jobs.host import folders, repositories
from ops.jobs.restore.material import LARGEST
from ops.jobs.run.job import Outcome
from ops.jobs.run.program_words import apart
from ops.policy import HostPolicy, access
from ops.policy.logs import logged
from ops.policy.model import Asset, Drilled

TEXTS = 64 << 20  # manifests, roles, what a machine says while it boots
TREND = 10  # so many drills before are compared with


def drilled(policy: HostPolicy, name: str, what: Drilled, wanted: DrillOptions) -> Outcome:
    """Drill one asset and judge what was found."""
    asset = what.asset
    if asset.drill is None:
        raise Unavailable(f"{name} has no drill in the policy")
    repository = wanted.repository or asset.repository
    known = [asset.repository, *(copy.to for copy in asset.copies.values())]
    if repository not in known:
        raise SeawallError(f"{name} is not in the repository {repository!r}", f"its repositories: {', '.join(known)}")
    kind = wanted.kind or asset.drill.kind
    drill: Drill[Any] = kinds.load("ops.drills", kind)
    # A crash is of the same machine, with the same services: kinds that share their options share the policy's.
    options = asset.drill.options if isinstance(asset.drill.options, drill.options) else drill.options()
    place, disk = repositories.open_as_reader(policy, what.host, repository), _disk(policy, repository)
    with scratch(name) as folder, apart(folder / WORDS):
        chance = Random(wanted.seed)  # noqa: S311 -- repeatable
        stage = DrillStage(name, asset.drill, place, wanted, folder, chance, options, rpo_seconds=asset.rpo.seconds)
        if disk:
            stage.tell(disk=disk)
        stage.find()
        if wanted.sabotage:
            stage.sabotage = _hurt(wanted.sabotage, stage, drill)
        play(stage, drill)
        if not stage.rungs:
            stage.rung("proof", Finding(Verdict.UNKNOWN, "the drill proved nothing"))
        damage = stage.sabotage.demand() if stage.sabotage else ""
    if stage.unasked and not stage.enough():
        words = f"no part of the set can be queried; drill.asks must be one of {', '.join(stage.askable) or 'none'}"
        stage.rung("semantics", Finding(Verdict.UNKNOWN, words))
    elif stage.askable and not asset.drill.expectations:
        stage.rung("semantics", not_configured("drill.expectations has no queries"))
    for label in stage.unreferred if not stage.enough() else ():
        words = f"its database is not in the set; it must be one of {', '.join(stage.askable) or 'none'}"
        stage.rung(f"references {label}", Finding(Verdict.UNKNOWN, words))
    return proof.told(policy, name, what, _outcome(stage, asset, kind, repository, damage))


def _disk(policy: HostPolicy, name: str) -> str:
    """Return which of the disks that take turns as a repository is here; nothing for any other repository."""
    if not access.attended(policy.repositories[name]):
        return ""
    if (note := arrived(Path(policy.repositories[name].options.path))) is None:
        raise Unavailable(f"no disk of {name} is here", f"connect it; as root: seawall drill ASSET --from {name}")
    return note.disk


def _hurt(wish: str, stage: DrillStage[Any], drill: Drill[Any]) -> DamageInjection:
    """Return the damage that is asked for, to a part that this drill looks at."""
    parts = [part for part in stage.parts.values() if part.source.machine or not drill.boots]
    comes = {"disk": drill.builds_disk(stage), "log": drill.plays_log}
    further = [moment for moment, does in comes.items() if does]
    return DamageInjection(wish, [part for part in parts if not part.told.completes], stage.chance, further=further)


def play(stage: DrillStage[Any], drill: Drill[Any]) -> None:
    """Let a drill play; where somebody wants to look, what it left can be looked at, also when it failed."""
    try:
        drill.play(stage)
    except SeawallError as error:
        if stage.wanted.keep:
            announce(f"{stage.name}: {'; '.join(str(error).splitlines())}")
        stage.shown_at_least()
        raise
    stage.shown_at_least()
    if any(rung.verdict is not Verdict.PASS for rung in stage.rungs) and not stage.was_held:
        announce(f"{stage.name}: what programs said is kept out of the journal; to read it, repeat with --hold")


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """Make a folder in memory for this drill alone; what interrupted drills of the asset left is removed first.

    Beside it, on the disk, is room for what does not fit.
    """
    folder = folders.state() / "drills"
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.glob(f"{name}.*"):
        remove(left)  # whatever ran or was mounted there died with its unit
    hold.note(name).unlink(missing_ok=True)
    own = folder / f"{name}.{uuid.uuid4().hex[:8]}"
    own.mkdir(mode=0o700)
    try:
        with in_memory(own / "stage", TEXTS, TEXTS + LARGEST):
            yield own / "stage"
    finally:
        remove(own)


def _outcome(stage: DrillStage[Any], asset: Asset, kind: str, repository: str, damage: str) -> Outcome:
    assert stage.found is not None  # noqa: S101 -- it was drilled
    taken = stage.reached or stage.found.time
    age, recovery = round((clock.now() - taken).total_seconds(), 1), stage.recovery_seconds
    times = _times(asset.rto.seconds, recovery, asset.rpo.seconds, age, fresh=_is_fresh(stage, asset, repository))
    times += _forecast(asset.rto.seconds, stage.forecast)
    rungs = (*stage.rungs, *times)
    verdict = worst(rung.verdict for rung in rungs)
    wrong = [f"{rung.name}: {rung.message}" for rung in rungs if rung.verdict is not Verdict.PASS]
    facts = replace(
        measured(stage, asset),
        kind=kind,
        method="restore",
        set=stage.found.id,
        repository=repository,
        data_time=clock.iso(taken),
        data_age_seconds=age,
        rungs=rungs,
        rpo_seconds=asset.rpo.seconds,
        kept=Inspection(reason=stage.wanted.keep, approver=stage.wanted.approver) if stage.wanted.keep else None,
        sabotage=damage or None,
    )
    facts = stage.with_told(facts)
    facts = replace(facts, trend=_trend(stage.name, facts))
    how = "booted from" if facts.method == "instant" else "restored from"
    said = (
        f"set {stage.found.id[:8]} {how} {repository} in {span(recovery)} (RTO {asset.rto}), {len(rungs)} proof steps"
    )
    head = [f"injected damage: {damage}; {_noticed(stage.rungs)}"] if damage else []
    message = "; ".join([*head, said, *wrong]) if wrong else "; ".join([*head, f"{said} pass"])
    return Outcome(verdict, message, facts if _good(rungs) else None, facts)


def _good(rungs: Sequence[Rung]) -> bool:
    """Whether all that the set holds was proven: what other sets are worth, or what it lacks, the backup says."""
    known = {CLOCK, INCOMPLETE}
    return all(rung.verdict is Verdict.PASS or (rung.name in known and rung.verdict is Verdict.WARN) for rung in rungs)


def _noticed(rungs: Sequence[Rung]) -> str:
    """Return what noticed a damage; that the drill took too long is not it."""
    names = [rung.name for rung in rungs if rung.verdict is Verdict.FAIL]
    return f"noticed by {', '.join(names)}" if names else "THE DRILL DID NOT NOTICE IT, so it proves nothing"


def measured(stage: DrillStage[Any], asset: Asset) -> DrillFacts:
    """Return what is told of every drill, of whatever sort: what its stage measured, on what, and who asked."""
    return DrillFacts(
        time=clock.iso(clock.now()),
        recovery_seconds=stage.recovery_seconds,
        parts=stage.spent,
        rungs=tuple(stage.rungs),
        not_configured=tuple(stage.not_configured),
        rto_seconds=asset.rto.seconds,
        timeline=tuple(stage.timeline),
        not_proved=tuple(stage.not_proved),
        hardware=hardware(),
        seed=stage.wanted.seed,
        asked_by=stage.wanted.by,
    )


def hardware() -> Hardware:
    """Return what the times were measured on."""
    import psutil

    return Hardware(
        cpus=psutil.cpu_count(),
        memory_bytes=psutil.virtual_memory().total,
        kernel=platform.release(),
        machine=platform.machine(),
    )


def _trend(name: str, facts: DrillFacts) -> Trend:
    """Return the recovery times of the drills before in the same way, and how this one compares with their middle."""
    way = (facts.kind, facts.method, facts.repository)
    told = past(folders.state() / "ledger", "drill", name, DrillFacts, 10 * TREND)
    same = [one.recovery_seconds for one in told if (one.kind, one.method, one.repository) == way]
    before = tuple(seconds for seconds in same if seconds is not None)[-TREND:]
    if not before or facts.recovery_seconds is None:
        return Trend()
    ratio = facts.recovery_seconds / max(median(before), 0.01)
    return Trend(before=before, median=median(before), ratio=round(ratio, 2))


def _forecast(rto: int, forecast: Forecast | None) -> list[Rung]:
    """Judge what all would take, where a drill restored a sample; a forecast is no measurement, so it only warns."""
    if forecast is None:
        return []
    over = forecast.seconds > rto
    words = f"by the sample, all {forecast.files:,} files would take about {span(forecast.seconds)} of {span(rto)}"
    return [Rung(name="forecast", verdict=Verdict.WARN if over else Verdict.PASS, message=words)]


def _is_fresh(stage: DrillStage[Any], asset: Asset, repository: str) -> bool:
    """Whether what is there must be as young as the RPO; a set alone need not be, where a log is archived after it."""
    return repository == asset.repository and (stage.reached is not None or not logged(asset))


def _times(rto: int, recovery: float, rpo: int, age: float, *, fresh: bool) -> list[Rung]:
    """Judge what was measured; a copy is older than the RPO by its calendar, so there the age is only told.

    Data that are not there yet have no age.
    """
    over, old = recovery > rto, age > rpo and fresh
    aged = Rung(name="rpo", verdict=_verdict(old), message=f"the data are {span(max(0.0, age))} old; RPO {span(rpo)}")
    if age < -clock.SKEW.total_seconds():
        aged = Rung(name="rpo", verdict=Verdict.UNKNOWN, message=f"the data are dated {span(-age)} in the future")
    return [Rung(name="rto", verdict=_verdict(over), message=f"recovered in {span(recovery)} of {span(rto)}"), aged]


def _verdict(exceeded: bool) -> Verdict:
    return Verdict.FAIL if exceeded else Verdict.PASS
