"""Converged labs, kept on this computer as layers: what site.yml made of fresh machines, for the next lab like it.

A layer is named after everything that shapes it (ops.lab.shape). It is there whole or not at all, and only for a day:
the archive's packages move on, and a machine's day is part of what its ledger and its timers know. At most two are
kept, beside those that a lab lies over.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.errors import SeawallError
from ops.core.files import read_json, write_json
from ops.fleet.packaging.root_trees import clear

VERSION = 1
KEPT = 2
LASTS = timedelta(days=1)
NOTE = "layer.json"
PART = ".part"

Shape = Mapping[str, str]


@dataclass(frozen=True)
class Layers:
    """The layers in a folder, which only root can read: they hold the keys of the labs that made them."""

    home: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait until nobody else looks for, adds or removes layers, and keep it so."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.home / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def find(self, shape: Shape) -> Path | None:
        """Return the layer of a shape; None when there is none that is whole and of the last day."""
        path = self.home / name_of(shape)
        made = _made(path)
        return path if made and clock.now() - made < LASTS else None

    def keep(self, shape: Shape, fill: Callable[[Path], None], used: Collection[str] = ()) -> Path | None:
        """Have a folder filled, keep it as the layer of a shape, and return it; then remove the layers too many.

        A fill that fails or is killed leaves no layer. Where somebody else kept one meanwhile, that is returned.
        used: names of layers that labs lie over; those stay as they are, also when they are too old to be found.
        """
        path = self.home / name_of(shape)
        part = self.home / f"{path.name}.{os.getpid()}{PART}"
        try:
            with self.held():
                part.mkdir(mode=0o700)
            fill(part)
            write_json(part / NOTE, {"version": VERSION, "made": clock.iso(clock.now()), "shape": dict(shape)})
            with self.held():
                if self.find(shape) is None and path.name not in used:
                    clear(path)
                    part.replace(path)
                self.prune(used)
                return self.find(shape)
        finally:
            clear(part)

    def prune(self, used: Collection[str] = ()) -> None:
        """Remove what is too old or too much, and what killed fills left; the caller holds the layers."""
        made = {path: _made(path) for path in self._folders()}
        newest = sorted((path for path in made if made[path]), key=lambda path: str(made[path]), reverse=True)
        for path, moment in made.items():
            fresh = moment is not None and clock.now() - moment < LASTS and path in newest[:KEPT]
            if not fresh and path.name not in used and not _filling(path):
                clear(path)

    def difference(self, shape: Shape) -> str:
        """Say in what a shape differs from that of the newest layer; empty when none is kept."""
        notes = [(moment, path) for path in self._folders() if (moment := _made(path))]
        if not notes:
            return ""
        before: dict[str, str] = _note(max(notes)[1])["shape"]
        return ", ".join(sorted(part for part in {*before, *shape} if before.get(part) != shape.get(part)))

    def _folders(self) -> list[Path]:
        return [path for path in self.home.iterdir() if path.is_dir()] if self.home.exists() else []


def name_of(shape: Shape) -> str:
    """Return the name of the layer of a shape."""
    return hashlib.sha256(json.dumps([VERSION, dict(shape)], sort_keys=True).encode()).hexdigest()[:16]


def _note(path: Path) -> dict[str, Any]:
    with suppress(OSError, SeawallError, TypeError, ValueError):
        return dict(read_json(path / NOTE))
    return {}


def _made(path: Path) -> datetime | None:
    """Return when a layer was made; None for what is no layer, or not a whole one."""
    note = {} if path.name.endswith(PART) else _note(path)
    return clock.parse(note["made"]) if note.get("version") == VERSION else None


def _filling(path: Path) -> bool:
    """Whether this is what a process that still lives is filling."""
    number = path.name.removesuffix(PART).rpartition(".")[2]
    return path.name.endswith(PART) and number.isdigit() and Path("/proc", number).exists()
