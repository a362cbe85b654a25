"""Databases, loaded into throwaway servers of their own version, without a network; other parts compared as files."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core.confidential import fit
from ops.core.errors import CommandError, SeawallError, Unavailable, UsageError
from ops.core.restored import put, remove, show
from ops.core.run import Stream
from ops.core.verdict import Finding, Verdict
from ops.drills._shared.sampling import chosen, compared
from ops.drills._shared.sandbox import MATERIAL, Tree
from ops.drills._storage.space import room
from ops.interfaces.drill import Drill, Part, Stage
from ops.interfaces.server import DatabaseServer, Engine

FOLDERS = ("data", "socket")
READY_SECONDS = 120.0
SAMPLE = 1000  # so many files of a part that is no database
SERVER = 256 << 20  # an empty one, with its logs
COPIES = 4  # the material, the loaded data, their indexes, and the log of both
NARROW = 4  # so many times as much again take tables of few and short columns, where there is memory for them
REST = 16 << 20  # folders, and the rests of blocks, of a part that is no database
_DAY = 86_400.0
UNPROVEN = "that users can work: none of their programs was started, only the data were examined"


@dataclass(frozen=True)
class Options:
    """This kind has no options of its own; see `drill.release` and `drill.expectations`."""


def play(stage: Stage[Options]) -> None:
    """Restore every part; load databases into servers and prove them there, compare other parts as they lie."""
    if not stage.parts:
        raise UsageError("the set holds no parts", "check its backups: a drill of nothing proves nothing")
    stage.unproven(UNPROVEN)
    needed = sum(map(_needed, stage.parts.values()))
    with room(stage, needed, most=NARROW * needed) as place:
        # All of them, before the first server: a dump may hold commands, and none of them runs while root still writes.
        brought = [(part, _material(stage, part, place)) for part in stage.parts.values()]
        for part, folder in brought:
            if part.database is None:
                stage.files_in(folder)
        for part, folder in brought:
            if part.database is None:
                with stage.timed("prove"):
                    _looked_at(stage, part, folder)
            else:
                _served(stage, part, part.database, place, folder)


def _needed(part: Part) -> int:
    return COPIES * part.bytes + SERVER if part.database else part.bytes + part.bytes // 4 + REST


def _looked_at(stage: Stage[Options], part: Part, folder: Path) -> None:
    """Compare a part that is no database as it lies: with its manifest, and a sample with what the snapshot lists."""
    with stage.entries(part.label) as entries:
        sample = chosen(entries, part.known_files, SAMPLE, sys.maxsize, stage.chance)
    for name, finding in (*compared(folder, sample), *part.check(folder)):
        stage.rung(f"{part.label} {name}", finding)


def _material(stage: Stage[Options], part: Part, place: Path) -> Path:
    """Bring one part and its companions to a folder of its own, readable for the tree's account."""
    folder = place / "material" / part.label
    with stage.timed("fetch"):
        stage.bring(part.label, folder)
        for name, path in stage.companions(part.label).items():
            with path.open("rb") as text:
                put(folder, name, text)
        if part.database:
            folder.parent.chmod(0o755)  # ours, as is the folder around it, which is closed
            show(folder, part.label)
    stage.hurt_files("material", part.label, folder)
    return folder


def _served(stage: Stage[Options], part: Part, kind: DatabaseServer[Any], place: Path, material: Path) -> None:
    """Load one part into a throwaway server, which sees nothing of the others, and prove it there."""
    tree, own = stage.tree(), place / "server"
    own.mkdir(exist_ok=True)
    with ExitStack() as block:
        with stage.timed("start"):
            server = block.enter_context(serving(tree, own, kind.engine(part.told.facts), material))
        if (database := _loaded(stage, part, kind, server)) is None:
            return
        stage.hurt_data(part.label, server, database)
        with stage.timed("prove"):
            _proved(stage, part, kind, server, database)
            alone = [one.label for one in stage.parts.values() if one.database] == [part.label]
            stage.ask(part.label, lambda sql: kind.answer(server, database, sql), alone=alone)
            if rows := kind.rows:
                stage.refer(part.label, lambda sql: rows(server, database, sql), alone=alone)
        stage.shown(server.entrance)


def _proved(stage: Stage[Options], part: Part, kind: DatabaseServer[Any], server: Tree, database: str) -> None:
    """Compare what was loaded with the manifest, rung by rung; data that can't be asked are not proven."""
    try:
        for name, finding in kind.prove(server, database, part.told.facts, ()):
            stage.rung(_named(stage, name, part), finding)
    except SeawallError as error:
        stage.rung(_named(stage, "proof", part), Finding(Verdict.FAIL, f"{part.label} can't be queried: {error}"))


def _loaded(stage: Stage[Options], part: Part, kind: DatabaseServer[Any], server: Tree) -> str | None:
    """Load the material; return the database's name, or None when it can't be loaded, which is told."""
    rung = _named(stage, "archive", part)
    with stage.timed("restore"):
        try:
            database = kind.load(server, MATERIAL, part.told.facts)
        except SeawallError as error:
            stage.rung(rung, Finding(Verdict.FAIL, f"{part.label} can't be loaded: {error}"))
            return None
    stage.rung(rung, Finding(Verdict.PASS, f"{part.label} was loaded completely"))
    return database


def _named(stage: Stage[Options], rung: str, part: Part) -> str:
    """Return a rung's name; where a set has several parts it says of which it is."""
    return rung if len(stage.parts) == 1 else f"{part.label} {rung}"


@contextmanager
def serving(root: Path, scratch: Path, engine: Engine, material: Path | None = None) -> Iterator[Tree]:
    """Make an empty server, start it, wait until it answers, and end it with the block.

    scratch: stays root's, for what the server's account may rename it could put a link in the place of; only the
    server's folders in it are the account's. material: what it may read of the set.
    """
    tree = Tree(root, scratch, engine.user, engine.environment, material)
    owner = tree.identity()
    scratch.chmod(0o755)  # ours, and what lies around it is closed
    if material:
        (scratch / MATERIAL.name).mkdir(exist_ok=True)
    for name in FOLDERS:
        (scratch / name).mkdir(mode=0o700)
        os.chown(scratch / name, *owner)
    try:
        tree.run(engine.initialise, READY_SECONDS)
    except CommandError as error:
        raise Unavailable(
            f"no throwaway server of {engine.name} could be created in {root}: {error.message}",
            "the tree must contain the server of the asset's Debian release; see drill.release in the policy",
        ) from error
    with tree.talk(engine.start, _DAY) as server:
        _wait(tree, engine, server)
        try:
            yield tree
        finally:
            server.dismiss()
            for name in FOLDERS:
                remove(scratch / name)  # the next part of the set gets a server of its own


def _wait(tree: Tree, engine: Engine, server: Stream) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise Unavailable(f"the throwaway server stopped at once: {fit(engine.name, server.stderr[-400:])}")
        try:
            tree.run(engine.ready, 20)
            return
        except CommandError:
            time.sleep(0.1)
    raise Unavailable(f"the throwaway server did not answer within {READY_SECONDS:.0f} s")


KIND = Drill(
    options=Options,
    play=play,
    takes=lambda source, _options: source.database is not None,
    wants="a database",
    synonyms=("databases", "db", "sql", "dump"),
)
