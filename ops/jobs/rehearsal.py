"""One rehearsal of a restore: find, fetch, start, restore, prove; each part timed, everything removed at the end."""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.core import clock, kinds
from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.files import demand_room
from ops.core.verdict import Finding, Verdict
from ops.drills import Stage
from ops.drills._tree import INSIDE
from ops.jobs import places, settings
from ops.policy import HostPolicy
from ops.policy.model import Drilled, Expectation
from ops.restic.sets import ASSET, MANIFEST, Set, newest_complete
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
            manifest = self._fetch(place, chosen, scratch / "manifest")
        for label, facts in manifest["parts"].items():
            self._source(place, chosen, label, facts, scratch)

    def _find(self, place: places.Place) -> Set:
        chosen = newest_complete(place.repository.snapshots([f"{ASSET}={self.name}"]), self.name)
        if chosen is None:
            raise Damaged(f"{self.repository} holds no complete set of {self.name}", "look at its backups and copies")
        self.set_id, self.data_time = chosen.id, clock.iso(chosen.time)
        self.data_age_seconds = round((clock.now() - chosen.time).total_seconds(), 1)
        return chosen

    def _fetch(self, place: places.Place, chosen: Set, target: Path) -> dict[str, Any]:
        """Bring the manifest and the texts beside it; they must belong to the set."""
        snapshot = chosen.parts[MANIFEST]
        target.mkdir(mode=0o755)
        place.repository.restore(f"{snapshot.id}:{snapshot.paths[0]}", target, timeout=3600)
        manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        if manifest.get("set") != chosen.id or manifest.get("version") != 1:
            raise Damaged(f"the manifest of set {chosen.id} is of another set or version")
        return manifest

    def _source(self, place: places.Place, chosen: Set, label: str, facts: dict[str, Any], scratch: Path) -> None:
        source: Source[Any] = kinds.load("ops.sources", facts["kind"])
        drill = self.drilled.asset.drill
        if source.engine is None or source.load is None or source.prove is None or drill is None:
            raise Unavailable(f"there is no drill for {facts['kind']} yet", "take `drill` out of this asset's policy")
        tree = settings.state() / "trees" / drill.release
        if not (tree / "usr").is_dir():
            raise Unavailable(f"the tree {tree} is not there", "its role is drill_host; run playbooks/site.yml")
        demand_room(scratch, 3 * int(facts.get("dump_bytes", 0)) + int(facts.get("bytes", 0)), "the drill")
        with self._timed("fetch"):
            self._material(place, chosen, label, scratch)
        begun = time.monotonic()
        with kinds.load("ops.drills", drill.kind).start(Stage(tree, scratch), source.engine, facts) as server:
            self._spent("start", begun)
            self._proved(source, server, label, facts)

    def _material(self, place: places.Place, chosen: Set, label: str, scratch: Path) -> None:
        """Bring one source's data and its companions to a folder of its own, readable for the tree's account."""
        folder = scratch / "material" / label
        place.repository.restore(chosen.parts[label].id, folder, timeout=_DAY)
        for path in (scratch / "manifest").glob(f"{label}-*"):
            path.rename(folder / path.name.removeprefix(f"{label}-"))
        for path in (folder.parent, folder, *folder.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)  # the scratch folder around them is closed

    def _proved(self, source: Source[Any], server: Server, label: str, facts: dict[str, Any]) -> None:
        if source.load is None or source.prove is None:
            return
        with self._timed("restore"):
            try:
                database = source.load(server, INSIDE / "material" / label, facts)
            except SeawallError as error:
                self._rung("archive", Finding(Verdict.FAIL, f"{label} can't be loaded: {error}"))
                return
            self._rung("archive", Finding(Verdict.PASS, f"{label} was loaded whole"))
        with self._timed("prove"):
            for name, finding in source.prove(server, database, facts):
                self._rung(name, finding)
            self._expectations(source, server, database)

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
