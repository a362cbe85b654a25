"""A database in a throwaway server of its own version, in a bare tree, without any network."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from ops.core.errors import CommandError, Unavailable
from ops.core.run import Stream
from ops.drills import Drill, Stage
from ops.drills._tree import Tree

FOLDERS = ("data", "socket")
READY_SECONDS = 120.0
_DAY = 86_400.0


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


@contextmanager
def start(stage: Stage, engine: Engine, manifest: Mapping[str, Any]) -> Iterator[Tree]:
    """Make an empty server, start it, wait until it answers, and end it with the block."""
    tree = Tree(stage.tree, stage.scratch, engine.user, engine.environment)
    owner = tree.identity()
    for name in FOLDERS:
        (stage.scratch / name).mkdir(mode=0o700)
        os.chown(stage.scratch / name, *owner)
    os.chown(stage.scratch, *owner)
    try:
        tree.run(_filled(engine.initialise, manifest), READY_SECONDS)
    except CommandError as error:
        raise Unavailable(
            f"no throwaway server of version {manifest.get('major')} could be made in {stage.tree}: {error.message}",
            "the tree must hold the server of the asset's Debian release; see drill.release in the policy",
        ) from error
    with tree.talk(_filled(engine.start, manifest), _DAY) as server:
        _wait(tree, engine, server)
        try:
            yield tree
        finally:
            server.dismiss()
            for name in FOLDERS:
                shutil.rmtree(stage.scratch / name)  # the next part of the set gets a server of its own


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


def _filled(argv: Sequence[str], manifest: Mapping[str, Any]) -> list[str]:
    """Fill in the major version; only a number, for the manifest may come from a broken-in machine."""
    major = str(int(manifest.get("major", 0)))
    return [word.replace("{major}", major) for word in argv]


KIND = Drill(start=start)
