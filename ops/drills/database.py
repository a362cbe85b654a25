"""Databases in throwaway servers of their own version, in a bare tree, without any network; other parts as files."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ops.core.errors import CommandError, SeawallError, Unavailable
from ops.core.run import Stream
from ops.core.verdict import Finding, Verdict
from ops.drills._shared.sampling import chosen, compared
from ops.drills._shared.sandbox import INSIDE, Tree
from ops.drills._storage.space import room
from ops.interfaces.drill import Drill, Part, Stage

FOLDERS = ("data", "socket")
READY_SECONDS = 120.0
SAMPLE = 1000  # so many files of a part that is no database
SERVER = 256 << 20  # an empty one, with its logs
COPIES = 4  # the material, the loaded data, their indexes, and the log of both
_DAY = 86_400.0
UNPROVEN = "that users can work: no program of theirs was started, the data alone were looked at"


@dataclass(frozen=True)
class Options:
    """It needs none beyond `drill.release` and `drill.expectations`."""


class Engine(Protocol):
    """What the source's kind knows of its own server; `{major}` in a program stands for the manifest's version."""

    @property
    def user(self) -> str:
        """The account in the tree."""

    @property
    def initialise(self) -> Sequence[str]:
        """The program that makes an empty server."""

    @property
    def start(self) -> Sequence[str]:
        """The program that is the server."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables of all its programs."""

    @property
    def ready(self) -> Sequence[str]:
        """A program that ends well when the server answers."""


def play(stage: Stage) -> None:
    """Restore every part; load databases into servers and prove them there, compare other parts as they lie."""
    stage.unproven(UNPROVEN)
    with room(stage, sum(map(_needed, stage.parts.values()))) as place:
        for part in stage.parts.values():
            folder = _material(stage, part, place)
            if part.source.engine is None:
                with stage.timed("prove"):
                    _looked_at(stage, part, folder)
            else:
                _served(stage, part, place)


def _needed(part: Part) -> int:
    return COPIES * part.bytes + SERVER if part.source.engine else part.bytes


def _looked_at(stage: Stage, part: Part, folder: Path) -> None:
    """Compare a part that is no database as it lies: with its manifest, and a sample with what the snapshot lists."""
    with stage.entries(part.label) as entries:
        sample = chosen(entries, part.facts.get("sample", {}), SAMPLE, sys.maxsize, stage.chance)
    for name, finding in (*compared(folder, sample), *part.source.check(folder, part.facts, ())):
        stage.rung(f"{part.label} {name}", finding)


def _material(stage: Stage, part: Part, place: Path) -> Path:
    """Bring one part and its companions to a folder of its own, readable for the tree's account."""
    folder = place / "material" / part.label
    with stage.timed("fetch"):
        stage.bring(part.label, folder)
        for name, path in stage.companions(part.label).items():
            shutil.move(path, folder / name)
        if part.source.engine:
            for path in (folder.parent, folder, *folder.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)  # the folder around them is closed
    stage.hurt("material", part.label, folder, part.facts)
    return folder


def _served(stage: Stage, part: Part, place: Path) -> None:
    """Load one part into a throwaway server and prove it there."""
    tree = stage.tree()
    with ExitStack() as block:
        with stage.timed("start"):
            server = block.enter_context(serving(tree, place, part.source.engine, part.facts))
        if (database := _loaded(stage, part, server)) is None:
            return
        stage.hurt("data", part.label, server, database, part.facts)
        with stage.timed("prove"):
            _proved(stage, part, server, database)
            if part.source.answer:
                alone = [one.label for one in stage.parts.values() if one.source.answer] == [part.label]
                stage.ask(part.label, lambda sql: float(part.source.answer(server, database, sql)), alone=alone)
        stage.shown(server.entrance)


def _proved(stage: Stage, part: Part, server: Tree, database: str) -> None:
    """Compare what was loaded with the manifest, rung by rung; data that can't be asked are not proven."""
    try:
        for name, finding in part.source.prove(server, database, part.facts):
            stage.rung(_named(stage, name, part), finding)
    except SeawallError as error:
        stage.rung(_named(stage, "proof", part), Finding(Verdict.FAIL, f"{part.label} can't be asked: {error}"))


def _loaded(stage: Stage, part: Part, server: Tree) -> str | None:
    """Load the material; return the database's name, or None when it can't be loaded, which is told."""
    rung = _named(stage, "archive", part)
    with stage.timed("restore"):
        try:
            database = str(part.source.load(server, INSIDE / "material" / part.label, part.facts))
        except SeawallError as error:
            stage.rung(rung, Finding(Verdict.FAIL, f"{part.label} can't be loaded: {error}"))
            return None
    stage.rung(rung, Finding(Verdict.PASS, f"{part.label} was loaded whole"))
    return database


def _named(stage: Stage, rung: str, part: Part) -> str:
    """Return a rung's name; where a set has several parts it says of which it is."""
    return rung if len(stage.parts) == 1 else f"{part.label} {rung}"


@contextmanager
def serving(root: Path, scratch: Path, engine: Engine, facts: Mapping[str, Any]) -> Iterator[Tree]:
    """Make an empty server, start it, wait until it answers, and end it with the block."""
    tree = Tree(root, scratch, engine.user, engine.environment)
    owner = tree.identity()
    for name in FOLDERS:
        (scratch / name).mkdir(mode=0o700)
        os.chown(scratch / name, *owner)
    os.chown(scratch, *owner)
    try:
        tree.run(_filled(engine.initialise, facts), READY_SECONDS)
    except CommandError as error:
        raise Unavailable(
            f"no throwaway server of version {facts.get('major')} could be made in {root}: {error.message}",
            "the tree must hold the server of the asset's Debian release; see drill.release in the policy",
        ) from error
    with tree.talk(_filled(engine.start, facts), _DAY) as server:
        _wait(tree, engine, server)
        try:
            yield tree
        finally:
            server.dismiss()
            for name in FOLDERS:
                shutil.rmtree(scratch / name)  # the next part of the set gets a server of its own


def _wait(tree: Tree, engine: Engine, server: Stream) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise Unavailable(f"the throwaway server ended at once: {server.stderr[-400:]}")
        try:
            tree.run(engine.ready, 20)
            return
        except CommandError:
            time.sleep(0.1)
    raise Unavailable(f"the throwaway server did not answer within {READY_SECONDS:.0f} s")


def _filled(argv: Sequence[str], facts: Mapping[str, Any]) -> list[str]:
    """Fill in the major version; only a number, for the manifest may come from a broken-in machine."""
    major = str(int(facts.get("major", 0)))
    return [word.replace("{major}", major) for word in argv]


KIND = Drill(options=Options, play=play)
