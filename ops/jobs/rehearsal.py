"""One rehearsal of a restore: find, fetch, start, restore, prove; each part timed, everything removed at the end."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.core import clock, kinds
from ops.core.errors import SeawallError, Unavailable
from ops.core.files import demand_room
from ops.core.verdict import Finding, Verdict
from ops.drills import Stage
from ops.drills._tree import INSIDE
from ops.jobs import material, places, settings
from ops.policy import HostPolicy
from ops.policy.model import Drilled, Expectation
from ops.restic.sets import Set
from ops.sources import Server, Source

_DAY = 86_400.0


@dataclass
class Rehearsal:
    """A drill of one asset from one repository, and what was measured; seconds, and rungs in order."""

    policy: HostPolicy
    name: str
    drilled: Drilled
    repository: str
    parts: dict[str, float] = field(default_factory=dict)
    rungs: list[dict[str, str]] = field(default_factory=list)
    set_id: str = ""
    data_time: str = ""
    data_age_seconds: float = 0.0
    servers: list[str] = field(default_factory=list)
    alone: bool = True

    @property
    def recovery_seconds(self) -> float:
        """From the decision to the first correct answer: everything but the further proofs."""
        return round(sum(seconds for part, seconds in self.parts.items() if part != "prove"), 2)

    @contextmanager
    def played(self) -> Iterator[Rehearsal]:
        """Play it in a scratch folder of its own; what an interrupted drill left behind is removed first."""
        folder = settings.state() / "drills"
        folder.mkdir(mode=0o700, exist_ok=True)
        sweep(folder, self.name)
        scratch = folder / f"{self.name}.{uuid.uuid4().hex[:8]}"
        scratch.mkdir(mode=0o700)
        try:
            self._play(scratch)
            yield self
        finally:
            shutil.rmtree(scratch)

    def _play(self, scratch: Path) -> None:
        place = places.others(self.policy, self.drilled.host, self.repository)
        with self._timed("find"):
            place.reach()
            chosen = self._find(place)
        with self._timed("fetch"):
            manifest = material.manifest(place, chosen, scratch / "manifest")
        self.servers = [label for label, facts in manifest["parts"].items() if _kind(facts).engine]
        self.alone = len(manifest["parts"]) == 1
        for label, facts in manifest["parts"].items():
            self._source(place, chosen, label, facts, scratch)
        drill = self.drilled.asset.drill
        if drill and drill.expectations and not any(rung["name"].startswith("semantics") for rung in self.rungs):
            words = f"no part of the set is asked; drill.asks must be one of {', '.join(self.servers) or 'none'}"
            self._rung("semantics", Finding(Verdict.UNKNOWN, words))

    def _find(self, place: places.Place) -> Set:
        chosen = material.chosen(place, self.name)
        self.set_id, self.data_time = chosen.id, clock.iso(chosen.time)
        self.data_age_seconds = round((clock.now() - chosen.time).total_seconds(), 1)
        return chosen

    def _source(self, place: places.Place, chosen: Set, label: str, facts: dict[str, Any], scratch: Path) -> None:
        source = _kind(facts)
        copies = 3 if source.engine else 1  # the material, the loaded data, and what the server writes meanwhile
        demand_room(scratch, copies * chosen.parts[label].bytes, "the drill")
        folder = scratch / "material" / label
        with self._timed("fetch"):
            self._material(place, chosen, label, facts, folder)
        if source.engine is None:
            with self._timed("prove"):
                for name, finding in source.check(folder, facts, ()):
                    self._rung(f"{label} {name}", finding)
            return
        self._served(source, label, facts, scratch)

    def _served(self, source: Source[Any], label: str, facts: dict[str, Any], scratch: Path) -> None:
        """Load one part into a throwaway server and prove it there."""
        drill = self.drilled.asset.drill
        if drill is None:
            raise Unavailable(f"{self.name} has no drill in the policy")
        tree = settings.state() / "trees" / drill.release
        if not (tree / "usr").is_dir():
            raise Unavailable(f"the tree {tree} is not there", "its role is drill_host; run playbooks/site.yml")
        begun = time.monotonic()
        with kinds.load("ops.drills", drill.kind).start(Stage(tree, scratch), source.engine, facts) as server:
            self._spent("start", begun)
            self._proved(source, server, label, facts)

    def _material(self, place: places.Place, chosen: Set, label: str, facts: dict[str, Any], folder: Path) -> None:
        """Bring one part and its companions to a folder of its own, readable for the tree's account."""
        material.bring(place, chosen, label, facts, folder)
        for name, path in material.companions(folder.parents[1] / "manifest", label).items():
            path.rename(folder / name)
        if _kind(facts).engine:
            for path in (folder.parent, folder, *folder.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)  # the scratch folder around them is closed

    def _proved(self, source: Source[Any], server: Server, label: str, facts: dict[str, Any]) -> None:
        if source.load is None or source.prove is None:
            return
        with self._timed("restore"):
            try:
                database = source.load(server, INSIDE / "material" / label, facts)
            except SeawallError as error:
                self._rung(self._named("archive", label), Finding(Verdict.FAIL, f"{label} can't be loaded: {error}"))
                return
            self._rung(self._named("archive", label), Finding(Verdict.PASS, f"{label} was loaded whole"))
        with self._timed("prove"):
            for name, finding in source.prove(server, database, facts):
                self._rung(self._named(name, label), finding)
            if source.answer and self._asks(label):
                self._expectations(source, server, database)

    def _named(self, rung: str, label: str) -> str:
        """Return a rung's name; where a set has several parts it says of which it is."""
        return rung if self.alone else f"{label} {rung}"

    def _asks(self, label: str) -> bool:
        """Whether the policy's questions are for this part: the only database, or the one that it names."""
        drill = self.drilled.asset.drill
        return self.servers == [label] or (drill is not None and drill.asks == label)

    def _expectations(self, source: Source[Any], server: Server, database: str) -> None:
        drill = self.drilled.asset.drill
        for name, wanted in (drill.expectations if drill else {}).items():
            self._rung(f"semantics {name}", _expected(source, server, database, wanted))

    def _rung(self, name: str, finding: Finding) -> None:
        self.rungs.append({"name": name, "verdict": finding.verdict.value, "message": finding.message})
        print(f"{self.name}: {finding.verdict.value:<7} {name}: {finding.message}", flush=True)

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self._spent(part, begun)

    def _spent(self, part: str, begun: float) -> None:
        self.parts[part] = round(self.parts.get(part, 0.0) + time.monotonic() - begun, 2)


def _kind(facts: dict[str, Any]) -> Source[Any]:
    """Return the kind of source that a part of a manifest is of."""
    source: Source[Any] = kinds.load("ops.sources", facts["kind"])
    return source


def sweep(folder: Path, name: str) -> None:
    """Remove what interrupted drills of an asset left; their servers died with their unit."""
    for left in folder.glob(f"{name}.*"):
        shutil.rmtree(left)


def _expected(source: Source[Any], server: Server, database: str, wanted: Expectation) -> Finding:
    """Ask the restored data one question of the policy; a question that fails is unknown, not a pass."""
    if source.answer is None:
        return Finding(Verdict.UNKNOWN, "this kind of source answers no questions")
    try:
        found = source.answer(server, database, wanted.sql)
    except SeawallError as error:
        return Finding(Verdict.UNKNOWN, f"could not be asked: {error}")
    bounds = [
        (wanted.equals is None or found == wanted.equals, f"must be {wanted.equals}"),
        (wanted.at_least is None or found >= wanted.at_least, f"must be {wanted.at_least} or more"),
        (wanted.at_most is None or found <= wanted.at_most, f"must be {wanted.at_most} or less"),
    ]
    broken = [text for holds, text in bounds if not holds]
    said = f"the answer is {found:g}"
    return Finding(Verdict.FAIL if broken else Verdict.PASS, "; ".join([said, *broken]))
