"""The drill of the oldest set: on the newest servers there are, with questions about what the live data lost since."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from ops.core import clock, kinds
from ops.core.errors import SeawallError, Unavailable
from ops.core.quantity import span
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict, not_configured, worst
from ops.evidence.query import past
from ops.interfaces import joined
from ops.interfaces.drill import Drill, Part
from ops.interfaces.outcome import DrillFacts
from ops.jobs.drill.job import measured, play, scratch
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import WORDS, DrillStage
from ops.jobs.host import folders, repositories
from ops.jobs.restore import material
from ops.jobs.restore.material import Choice
from ops.jobs.run.job import Outcome
from ops.jobs.run.program_words import apart
from ops.policy import HostPolicy
from ops.policy.model import Asset, Drilled, OldestDrill
from ops.policy.queries import Removed

MOST_KEYS = 5_000_000  # so many rows of one question are kept in memory, at a digest each
KEPT, RECENT = "kept", "removed"  # names of rungs
# The newest set of a year takes the place of the year's older ones: so much younger may the oldest become in a year.
_TURN = timedelta(days=367)
_SLACK = timedelta(seconds=1)  # of a moment that was written down
UNPROVEN = (
    "that sets between the oldest and the newest can be restored",
    "the content of each row, where the set is of another release: that may write the same rows differently",
)
_BAD = "the policy asks for a drill of the oldest set of assets with `drill.oldest` alone"
Rows = Callable[[str], Iterator[Mapping[str, Plain]]]


@dataclass
class KeyStage(DrillStage[Any]):
    """A stage on which the things that may be removed some day are gathered, each as a digest.

    removed: the questions, by name. keys: what each found. broken: why one could not be asked.
    """

    removed: Mapping[str, Removed] = field(default_factory=dict)
    keys: dict[str, set[bytes]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def refer(self, name: str, rows: Rows, *, alone: bool) -> None:
        """Gather what a database holds: the one that the query or the policy names, or the only one."""
        for label, wanted in self.removed.items():
            meant = wanted.asks or self.drill.asks
            if meant == name or (not meant and alone):
                try:
                    self.keys[label] = _keys(rows(wanted.sql))
                except SeawallError as error:
                    self.broken[label] = error.message


@dataclass
class OldestStage(KeyStage):
    """A stage for the oldest set, whose databases come into the newest server of their tree. times: of all sets."""

    times: list[datetime] = field(default_factory=list)

    def choose(self) -> Choice:
        """Return the oldest complete set; keep the times of all."""
        choice = material.nearest(self.place, self.name, None)
        self.times = [one.time for one in (choice.which, *choice.later)]
        return choice

    def modernise(self) -> None:
        """Have databases loaded into the newest server that the tree has, whatever they were taken from."""
        self.parts = {label: modern(part, self) for label, part in self.parts.items()}


def modern(part: Part, stage: DrillStage[Any]) -> Part:
    """Return a part that is loaded into the newest server of the stage's tree."""
    database = part.database
    if database is None or database.newest is None:
        return part
    there = database.newest(stage.tree(), part.told.facts)
    return replace(part, told=replace(part.told, source=replace(part.source, database=there)))


def drilled_oldest(policy: HostPolicy, name: str, what: Drilled, wanted: DrillOptions) -> Outcome:
    """Drill the oldest set of an asset, and judge what was found."""
    asset = what.asset
    if asset.drill is None or asset.drill.oldest is None:
        raise Unavailable(f"{name} has no drill of its oldest set in the policy", _BAD)
    oldest, repository = asset.drill.oldest, wanted.repository or asset.repository
    drill: Drill[Any] = kinds.load("ops.drills", asset.drill.kind)
    place = repositories.open_as_reader(policy, what.host, repository)
    with scratch(joined.oldest(name)) as folder, apart(folder / WORDS):
        today = replace(asset.drill, release=oldest.release, expectations=oldest.expectations, references={})
        chance = Random(wanted.seed)  # noqa: S311 -- repeatable
        stage = OldestStage(name, today, place, wanted, folder, chance, asset.drill.options, removed=oldest.removed)
        for sentence in UNPROVEN:
            stage.unproven(sentence)
        stage.find()
        stage.modernise()
        play(stage, drill)
        _asked(stage)
        _kept(stage, asset, repository)
        if oldest.removed and not any(rung.verdict is Verdict.FAIL for rung in stage.rungs):
            _missing_since(stage, asset, oldest)
    return _outcome(stage, asset, repository)


def _asked(stage: OldestStage) -> None:
    """Tell what was not asked, as a drill of the newest set does."""
    if not stage.rungs:
        stage.rung("proof", Finding(Verdict.UNKNOWN, "the drill proved nothing"))
    if stage.unasked:
        words = f"no part of the set can be queried; drill.asks must be one of {', '.join(stage.askable) or 'none'}"
        stage.rung("semantics", Finding(Verdict.UNKNOWN, words))
    elif stage.askable and not stage.drill.expectations:
        stage.rung("semantics", not_configured("drill.oldest.expectations has no queries"))


def _kept(stage: OldestStage, asset: Asset, repository: str) -> None:
    """Demand that what was the oldest set before is there, or one of the year after it, as long as it must be kept.

    Without this, an archive that lost its first years would pass with what is left, or with an older set that whoever
    made away with them has forged: the machine itself chooses the dates of its sets.
    """
    assert stage.found is not None  # noqa: S101 -- it was drilled
    found, span_kept = stage.found.time, (asset.retention.yearly or asset.retention.all).span
    before = [
        facts
        for facts in past(folders.state() / "ledger", "oldest", stage.name, DrillFacts, 20)
        if facts.repository == repository and facts.data_time
    ]
    known = []
    for facts in before:
        with suppress(ValueError):
            known.append(clock.parse(str(facts.data_time)))
    due = sorted(one for one in known if clock.now() - one < span_kept - _TURN)
    lost = [one for one in due if not any(one - _SLACK <= time <= one + _TURN for time in stage.times)]
    if lost:
        words = (
            f"one of {lost[0]:%Y-%m-%d} was drilled before and is gone, and none of the year after it is there; sets "
            f"are kept for {asset.retention.yearly or asset.retention.all}"
        )
        stage.rung(KEPT, Finding(Verdict.FAIL, words))
    elif not known:
        stage.rung(KEPT, not_configured("no oldest set was drilled here before, with which this one could be compared"))
    else:
        stage.rung(
            KEPT, Finding(Verdict.PASS, f"the oldest set is of {found:%Y-%m-%d}; what was drilled before is there")
        )


def _missing_since(stage: OldestStage, asset: Asset, oldest: OldestDrill) -> None:
    """Load the newest set, too, and compare what the questions find in both."""
    assert stage.found is not None  # noqa: S101 -- it was drilled
    assert asset.drill is not None  # noqa: S101 -- it was looked at
    folder = stage.scratch / "newest"
    folder.mkdir(mode=0o700)
    today = replace(asset.drill, release=oldest.release, expectations={}, references={})
    newest = KeyStage(stage.name, today, stage.place, DrillOptions(), folder, stage.chance, stage.options)
    newest.removed = oldest.removed
    which = newest.find()
    if which.id == stage.found.id:
        words = "the oldest set is also the newest one, so nothing can have been removed since"
        for label in oldest.removed:
            stage.rung(f"{RECENT} {label}", Finding(Verdict.UNKNOWN, words))
        return
    newest.parts = {label: modern(part, newest) for label, part in newest.parts.items() if part.database}
    play(newest, kinds.load("ops.drills", "database"))
    for rung in newest.rungs:
        if rung.verdict is Verdict.FAIL:  # what its load lost would look as if it had been removed
            stage.rung(f"newest {rung.name}", Finding(rung.verdict, rung.message or rung.name))
    for label, wanted in oldest.removed.items():
        stage.rung(f"{RECENT} {label}", judged_removed(label, wanted, stage, newest))
    stage.tell(compared_with={"set": which.id, "data_time": clock.iso(which.time)})


def judged_removed(label: str, wanted: Removed, oldest: KeyStage, newest: KeyStage) -> Finding:
    """Judge whether what was removed from the live data is in the oldest set; what was not asked is unknown."""
    for words, stage in (("oldest", oldest), ("newest", newest)):
        if why := stage.broken.get(label):
            return Finding(Verdict.UNKNOWN, f"the {words} set could not be queried: {why}")
        if label not in stage.keys:
            return Finding(Verdict.UNKNOWN, f"no database of the {words} set was asked; see `asks`")
    there, gone = oldest.keys[label], oldest.keys[label] - newest.keys[label]
    said = f"of {len(there):,} in the oldest set, {len(gone):,} are not in the newest any more"
    if not newest.keys[label]:
        return Finding(Verdict.UNKNOWN, f"{said}: the newest set answers with no row at all")
    if len(gone) < wanted.at_least:
        return Finding(Verdict.FAIL, f"{said}; {wanted.at_least:,} or more were expected")
    return Finding(Verdict.PASS, f"{said}: they were removed, and are kept here")


def _keys(rows: Iterator[Mapping[str, Plain]]) -> set[bytes]:
    """Return a digest of each row; patients' numbers are not kept."""
    found = set()
    for row in rows:
        if len(row) != 1:
            raise Unavailable(f"the query answers {len(row)} columns; expected one")
        (value,) = row.values()
        if value is not None:
            found.add(hashlib.sha256(str(value).encode("utf-8", "surrogatepass")).digest()[:16])
        if len(found) > MOST_KEYS:
            raise Unavailable(f"the query answers more than {MOST_KEYS:,} rows")
    return found


def _outcome(stage: OldestStage, asset: Asset, repository: str) -> Outcome:
    assert stage.found is not None  # noqa: S101 -- it was drilled
    which, recovery = stage.found, stage.recovery_seconds
    over = Verdict.FAIL if recovery > asset.rto.seconds else Verdict.PASS
    stage.rung("rto", Finding(over, f"recovered in {span(recovery)} of {span(asset.rto.seconds)}"))
    facts = facts_of(stage, asset, repository)
    verdict = worst(rung.verdict for rung in stage.rungs)
    wrong = [f"{rung.name}: {rung.message}" for rung in stage.rungs if rung.verdict is not Verdict.PASS]
    said = f"the oldest set {which.id[:8]} of {which.time:%Y-%m-%d}, restored from {repository} in {span(recovery)}"
    message = "; ".join([said, *wrong]) if wrong else f"{said}; {len(stage.rungs)} proof steps pass"
    return Outcome(verdict, message, facts if verdict is Verdict.PASS else None, facts)


def facts_of(stage: DrillStage[Any], asset: Asset, repository: str) -> DrillFacts:
    """Return what a drill of an older set found; its age is told and not judged."""
    assert stage.found is not None  # noqa: S101 -- it was drilled
    facts = replace(
        measured(stage, asset),
        kind=stage.drill.kind,
        method="restore",
        set=stage.found.id,
        repository=repository,
        data_time=clock.iso(stage.found.time),
        data_age_seconds=round((clock.now() - stage.found.time).total_seconds(), 1),
    )
    return stage.with_told(facts)
