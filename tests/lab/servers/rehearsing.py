"""A drill on this computer, in the lab's trees but without machines: a folder stands for the repository.

Everything else is the drill's own: its kind, its stage, its damages, its proof.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, TypeVar

from ops.core import kinds
from ops.core.names import DatabaseName
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.drills.database import serving
from ops.interfaces.damage import DataDamage
from ops.interfaces.drill import Drill, Part
from ops.interfaces.facts import Facts
from ops.interfaces.manifest import Material, PartFacts, read_part
from ops.interfaces.server import Server
from ops.jobs.backup.capture import Act, captured
from ops.jobs.drill.damage import DamageInjection
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import DrillStage
from ops.jobs.host.repositories import OpenRepository
from ops.policy.model import Drill as Drilled
from ops.policy.model import SourceSpec
from ops.restic.repository import Repository
from ops.restic.sets import sets
from ops.sources.mariadb.accounts import text_of
from ops.sources.mariadb.facts import counters
from ops.sources.mariadb.facts import facts as facts_of_mariadb
from ops.sources.mariadb.verify import ENGINE as MARIADB
from ops.sources.mariadb.verify import beside as mariadb
from ops.sources.postgresql.facts import PostgreSQLFacts
from ops.sources.postgresql.facts import facts as facts_of_postgresql
from ops.sources.postgresql.sequences import SEQUENCES
from ops.sources.postgresql.verify import beside as postgresql
from ops.sources.postgresql.verify import engine

_MINUTES = 60.0
LABEL = "database"
CLIENT = ("mariadb", "--no-defaults", "--user=root", "--default-character-set=utf8mb4")
_DUMPED = (
    *("mariadb-dump", "--no-defaults", "--user=root", "--single-transaction", "--routines", "--events", "--triggers"),
    *("--hex-blob", "--default-character-set=utf8mb4", "--no-tablespaces", "--result-file=/mnt/material/database.sql"),
)


@dataclass
class Kept:
    """What a set would hold of one part: its facts, its material in a folder, and the texts beside it."""

    kind: str
    facts: Facts
    folder: Path
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def part(self) -> Part:
        size = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        written = PartFacts(self.kind, kinds.load("ops.sources", self.kind), self.facts, Material()).written()
        return Part(LABEL, read_part(json.loads(json.dumps(written)), LABEL, "manifest.json"), size)


def kept_postgresql(tree: Path, major: int, script: str, folder: Path, database: str = "his") -> Kept:
    """Make a database with psql, and take what its set would hold."""
    material = _room(folder, script)
    with serving(tree, folder, engine(major)) as server:
        server.run(["createdb", database], _MINUTES)
        server.run(["psql", "-XAtq", "--set=ON_ERROR_STOP=1", "--file=/mnt/material/script.sql", database], _MINUTES)
        with postgresql(server, database) as session:
            found = facts_of_postgresql(session, session.ask(SEQUENCES))
        server.run(["pg_dump", "--compress=0", "-Fc", "--file=/mnt/material/database.dump", database], _MINUTES)
        roles = server.run(["pg_dumpall", "--globals-only"], _MINUTES)
    (material / "script.sql").unlink()
    size = (material / "database.dump").stat().st_size
    facts = PostgreSQLFacts(**vars(found), engine="postgresql", database=DatabaseName(database), dump_bytes=size)
    return Kept("postgresql", facts, material, {"globals.sql": roles})


def kept_mariadb(tree: Path, script: str, folder: Path, database: str = "pharmacy") -> Kept:
    """Make a database with the client mariadb, and take what its set would hold."""
    material = _room(folder, script)
    with serving(tree, folder, MARIADB) as server:
        server.run([*CLIENT, f"--execute=create database {database}"], _MINUTES)
        server.run([*CLIENT, "--execute=source /mnt/material/script.sql", database], _MINUTES)
        with mariadb(server, database) as session:
            facts = facts_of_mariadb(session, database, counters(session.ask), {})
            users = text_of(session)
        server.run([*_DUMPED, database], _MINUTES)
    (material / "script.sql").unlink()
    size = (material / "database.sql").stat().st_size
    return Kept("mariadb", replace(facts, dump_bytes=size), material, {"users.sql": users})


def _room(folder: Path, script: str) -> Path:
    """Make a folder that a tree's account may write to; the material lies in it afterwards."""
    material = folder / "material"
    material.mkdir(parents=True)
    for place, mode in ((folder, 0o755), (material, 0o777)):
        place.chmod(mode)
    (material / "script.sql").write_text(script, encoding="utf-8")
    return material


Renewed = Callable[[Server, Part], str]


@dataclass
class Here(DrillStage[Any]):
    """A stage whose material is copied from a folder.

    renewed: brings the loaded database back to health, and returns its name. ways: of hurting it, one after the other
    in one server; in `noticed` is which rungs failed, and what was done.
    """

    root: Path = Path("/nowhere")
    kept: Kept | None = None
    renewed: Renewed | None = None
    ways: Sequence[str] = ()
    noticed: dict[str, tuple[str, str]] = field(default_factory=dict)

    def tree(self) -> Path:
        return self.root

    def bring(self, label: str, folder: Path, only: Any = ()) -> None:
        assert self.kept
        shutil.copytree(self.kept.folder, folder)

    def companions(self, label: str) -> Mapping[str, Path]:
        assert self.kept
        place = self.scratch / "texts"
        place.mkdir()
        for name, text in self.kept.texts.items():
            (place / name).write_text(text, encoding="utf-8")
        return {name: place / name for name in self.kept.texts}

    def hurt_data(self, label: str, server: Server, database: str) -> None:
        super().hurt_data(label, server, database)
        part = self.parts[label]
        for way in self.ways if self.renewed else ():
            assert self.renewed
            assert part.database
            database = self.renewed(server, part)
            words = self._done(part, way, server, database) if way else "nothing"
            assert words, f"there was nothing to hurt by {way}"
            self.noticed[way] = (failing(part.database.prove(server, database, part.told.facts, ())), words)

    def _done(self, part: Part, way: str, server: Server, database: str) -> str:
        damage = part.source.damages[way]
        assert isinstance(damage, DataDamage)
        return damage.act(server, database, part.told.facts, self.chance)


def failing(findings: Iterable[tuple[str, Finding]]) -> str:
    """Return the names of the rungs that failed."""
    return ", ".join(name for name, finding in findings if finding.verdict is Verdict.FAIL)


def failed(stage: DrillStage[Any]) -> str:
    """Return the names of the rungs that failed on a stage."""
    return ", ".join(rung.name for rung in stage.rungs if rung.verdict is Verdict.FAIL)


def rehearsed(tree: Path, kept: Kept, scratch: Path, sabotage: str = "", **more: Any) -> Here:
    """Drill a database, hurt in one way or in none; return the stage with what it found."""
    asset = Drilled("here", Duration.parse("31d"))
    stage = Here("asset", asset, None, DrillOptions(seed=1), scratch, Random(1), None, **more)  # type: ignore[arg-type]
    stage.root, stage.kept = tree, kept
    return played(stage, "database", kept.part, sabotage)


def rehearsed_from(repository: Repository, kind: str, part: Part, scratch: Path, sabotage: str = "") -> DrillStage[Any]:
    """Drill a part that a repository here holds, by a kind of drill."""
    drill: Drill[Any] = kinds.load("ops.drills", kind)
    asset = Drilled("here", Duration.parse("31d"), kind)
    place = OpenRepository(repository, None)  # type: ignore[arg-type]
    stage = DrillStage("asset", asset, place, DrillOptions(seed=1), scratch, Random(1), drill.options())
    (stage.found,) = sets(repository.snapshots())
    return played(stage, kind, part, sabotage)


def taken_into(repository: Repository, kind: str, options: Any) -> Part:
    """Back up one source as `seawall backup` does; return the part."""
    asset = SimpleNamespace(sources={LABEL: SourceSpec(kind, options)})
    act = Act(repository, "here", "asset", "one", {}, "", repository.snapshots)
    part = captured(act, asset).parts[LABEL]  # type: ignore[arg-type]
    told = read_part(json.loads(json.dumps(part.told.written())), LABEL, "manifest.json")
    return Part(LABEL, told, part.summary.bytes)


Played = TypeVar("Played", bound=DrillStage[Any])


def played(stage: Played, kind: str, part: Part, sabotage: str) -> Played:
    """Play a drill of one part to its end."""
    stage.scratch.mkdir(mode=0o755)
    try:
        stage.parts = {LABEL: part}
        stage.sabotage = DamageInjection(sabotage, [part], stage.chance) if sabotage else None
        kinds.load("ops.drills", kind).play(stage)
        assert not stage.sabotage or stage.sabotage.demand()
    finally:
        shutil.rmtree(stage.scratch)
    return stage
