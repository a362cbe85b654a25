"""The stage of a drill: one set of one asset from one repository; each part timed, everything removed at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

from ops.core import clock
from ops.core.announce import announce
from ops.core.document import decode
from ops.core.errors import Unavailable
from ops.core.files import digest
from ops.core.schema import Plain, encode
from ops.core.verdict import Finding, Verdict
from ops.interfaces.damage import FileMoment
from ops.interfaces.drill import Part
from ops.interfaces.entry import Entry
from ops.interfaces.manifest import FILE
from ops.interfaces.outcome import DrillFacts, Forecast, Remark, Rung, TimelineEntry
from ops.interfaces.server import Server
from ops.jobs.drill import hold
from ops.jobs.drill.archived import ArchivedLog, archived
from ops.jobs.drill.damage import DamageInjection
from ops.jobs.drill.expectations import judged_answer
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.references import judged_references
from ops.jobs.host import folders
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.restore import material
from ops.jobs.restore.material import Choice
from ops.policy.model import Drill
from ops.restic.sets import Set

WORDS = "words"  # what programs said, in the scratch folder
_DAY = 86_400.0
CLOCK = "clock"  # the rung that tells of clocks that do not agree, and of sets that do not count
INCOMPLETE = "set"  # the rung that tells of parts that could not be captured

O = TypeVar("O")


@dataclass
class DrillStage(Generic[O]):
    """What `ops.drills.Stage` promises, and what was measured on it: seconds by part, rungs in order."""

    name: str
    drill: Drill
    place: OpenRepository
    wanted: DrillOptions
    scratch: Path
    chance: Random
    options: O
    spent: dict[str, float] = field(default_factory=dict)
    rungs: list[Rung] = field(default_factory=list)
    not_configured: list[Remark] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)
    timeline: list[TimelineEntry] = field(default_factory=list)
    not_proved: list[str] = field(default_factory=list)
    found: Set | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    sabotage: DamageInjection | None = None
    unasked: list[str] = field(default_factory=list)
    unreferred: list[str] = field(default_factory=list)
    places: list[Path] = field(default_factory=list)
    askable: list[str] = field(default_factory=list)
    forecast: Forecast | None = None
    rpo_seconds: int = 0
    reached: datetime | None = None
    told: dict[str, Plain] = field(default_factory=dict)
    was_held: bool = False

    def __post_init__(self) -> None:
        self.unasked = list(self.drill.expectations)
        self.unreferred = list(self.drill.references)

    @property
    def instant(self) -> bool | None:
        """Whether a machine is booted straight from the repository; None: as the policy says."""
        return self.wanted.instant

    @property
    def own_kernel(self) -> bool | None:
        """Whether a machine is booted with its own kernel, from a disk made anew; None: as the policy says."""
        return self.wanted.own_kernel

    @property
    def recovery_seconds(self) -> float:
        """From the decision to the first correct answer: everything but the further proofs."""
        return round(sum(seconds for part, seconds in self.spent.items() if part != "prove"), 2)

    def find(self) -> Set:
        """Choose the set and read its manifest."""
        with self.timed("find"):
            clocks = self.place.reach()
            choice = self.choose()
            self.found = choice.which
            if clocks:
                said = "; ".join([f"{clocks}, so the age of the data is uncertain", *filter(None, [choice.remark])])
                self.rung(CLOCK, Finding(Verdict.UNKNOWN, said))
            elif choice.remark:
                self.rung(CLOCK, Finding(Verdict.WARN, choice.remark))
        with self.timed("fetch"):
            told = material.manifest(self.place, self.found, self.scratch / "manifest")
        for label, reason in told.missing.items():
            self.rung(INCOMPLETE, Finding(Verdict.WARN, f"the set does not hold {label}: {reason}"))
        self.tell(manifest_sha256=digest(self.scratch / "manifest" / FILE))
        self.parts = {label: Part(label, part, self.found.parts[label].bytes) for label, part in told.parts.items()}
        return self.found

    def choose(self) -> Choice:
        """Return the set that is drilled; raise Damaged when there is none."""
        return material.chosen(self.place, self.name, self.wanted.until, self.wanted.identity)

    def tree(self) -> Path:
        """Return the bare root tree of the asset's Debian release; raise Unavailable."""
        tree = folders.state() / "trees" / self.drill.release
        if not (tree / "usr").is_dir():
            raise Unavailable(f"the tree {tree} is missing", "the role drill_host installs it; run playbooks/site.yml")
        return tree

    def bring(self, label: str, folder: Path, only: Sequence[str] = ()) -> None:
        """Restore a part to a folder, `only` these paths of it."""
        material.bring(self.place, self._chosen(), label, self.parts[label].told, folder, only)

    @contextmanager
    def entries(self, label: str) -> Iterator[Iterator[Entry]]:
        """Yield what a part holds, entry by entry."""
        yield self.place.repository.listing(self._chosen().parts[label].id, (), timeout=_DAY)

    @contextmanager
    def mounted(self) -> Iterator[Mapping[str, Path]]:
        """Mount the repository for a block; yield the folder of each part."""
        chosen = self._chosen()
        ids = {label: snapshot.id for label, snapshot in chosen.parts.items() if label in self.parts}
        with self.place.repository.mounted(self.scratch / "repository", ids.values()) as folders:
            yield {label: folders[identity] for label, identity in ids.items()}

    def log(self, label: str) -> ArchivedLog:
        """Return what is archived of the log of a part; raise UsageError for a moment that it does not reach."""
        # Where a segment is hurt, all of them must be needed.
        chance = None if self.sabotage and self.sabotage.moment == "log" else self.chance
        found = archived(self.place, self._chosen(), self.parts[label], self.wanted.until, chance)
        self.reached = found.until
        return found

    def companions(self, label: str) -> Mapping[str, Path]:
        """Return the texts that were kept beside the manifest for a part."""
        return material.companions(self.scratch / "manifest", label)

    def rung(self, name: str, finding: Finding) -> None:
        """Keep one thing that was proven or not, with the seconds since the one before it, and say it."""
        seconds = round(time.monotonic() - self.since, 2)
        self.since = time.monotonic()
        if finding.configured:
            rung = Rung(name=name, verdict=finding.verdict, message=finding.message, seconds=seconds)
            self.rungs.append(rung)
        else:
            self.not_configured.append(Remark(name=name, message=finding.message))
        word = finding.verdict.value if finding.configured else "-"
        announce(f"{self.name}: {word:<7} {name}: {finding.message}")

    def enough(self) -> bool:
        """Whether nothing more is to be found: a drill of a copy that was damaged on purpose has noticed."""
        return self.sabotage is not None and any(rung.verdict is Verdict.FAIL for rung in self.rungs)

    def unproven(self, sentence: str) -> None:
        """Keep what this drill does not prove."""
        self.not_proved.append(sentence)

    def tell(self, **figures: Plain) -> None:
        """Keep further figures for the record."""
        self.told.update(figures)

    def with_told(self, facts: DrillFacts) -> DrillFacts:
        """Return facts of this drill with the further figures that were told."""
        return decode(DrillFacts, {**encode(facts), **self.told}, "the drill's figures")

    def expect(self, forecast: Forecast) -> None:
        """Keep what all would take, for the judgement and the record."""
        self.forecast = forecast
        self.tell(forecast=encode(forecast))

    def ask(self, name: str, answer: Callable[[str], float], *, alone: bool) -> None:
        """Put the policy's questions to a database: the one that the policy names, or the only one."""
        self.askable.append(name)
        if self.drill.asks == name or (not self.drill.asks and alone):
            for question, wanted in self.drill.expectations.items():
                self.rung(f"semantics {question}", judged_answer(answer, wanted))
            self.unasked = []

    def files_in(self, folder: Path) -> None:
        """Keep a folder in which files lie that rows may name."""
        self.places.append(folder)

    def refer(self, name: str, rows: Callable[[str], Iterator[Mapping[str, Plain]]], *, alone: bool) -> None:
        """Look for the files that a database names: the one that the query or the policy names, or the only one."""
        for label, wanted in self.drill.references.items():
            meant = wanted.asks or self.drill.asks
            if meant == name or (not meant and alone):
                found = judged_references(rows(wanted.sql), self.places, self.chance)
                self.rung(f"references {label}", found)
                self.unreferred.remove(label)

    def hurt_files(self, moment: FileMoment, label: str, folder: Path) -> None:
        """Let the damage be done that a person asked for, to what lies in a folder."""
        if self.sabotage:
            self.sabotage.strike_files(moment, self.parts[label], folder)

    def hurt_data(self, label: str, server: Server, database: str) -> None:
        """Let the damage be done that a person asked for, to what was loaded into a server."""
        if self.sabotage:
            self.sabotage.strike_data(self.parts[label], server, database)

    def shown(self, entrance: Callable[[], Sequence[str]]) -> None:
        """Hold the restored system while a person looks at it, if one asked for that."""
        if self.wanted.keep:
            self._held(entrance())

    def shown_at_least(self) -> None:
        """Hold what is left of a drill that came to no system to look at, if a person asked for that."""
        if self.wanted.keep and not self.was_held:
            self._held(())

    def _held(self, entrance: Sequence[str]) -> None:
        self.was_held = True
        self.happened("held for inspection")
        hold.hold(self.name, entrance, self.wanted, self.scratch / WORDS)
        self.happened("inspection ended")

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Count the time of the block to a part of the recovery."""
        begun = self.since = time.monotonic()
        self.happened(part)
        try:
            yield
        finally:
            self.spent[part] = round(self.spent.get(part, 0.0) + time.monotonic() - begun, 2)

    def happened(self, what: str) -> None:
        """Keep a moment of the timeline."""
        self.timeline.append(TimelineEntry(when=clock.iso(clock.now()), what=what))

    def _chosen(self) -> Set:
        assert self.found is not None  # noqa: S101 -- the job finds it before anything plays
        return self.found
