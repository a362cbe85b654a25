"""Drills: restores made to prove a restore, one file per kind, named as the policy names it.

A kind offers `KIND = Drill(...)`. It is handed the restored material and what the source's kind knows of its own
server; it knows neither repositories nor policies. Whatever it starts is cut off from every network, sees only its
scratch folder, and is gone when the block ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

E = TypeVar("E")


@dataclass(frozen=True)
class Stage:
    """Where a drill plays.

    tree: a bare root tree of the right Debian release, only read.
    scratch: the one folder that may be written; it holds the restored material in `material/`.
    """

    tree: Path
    scratch: Path


@dataclass(frozen=True)
class Drill(Generic[E]):
    """A kind of drill: given the stage, the engine and the manifest's facts, starts a server for a block."""

    start: Callable[[Stage, E, Mapping[str, Any]], AbstractContextManager[Any]]
