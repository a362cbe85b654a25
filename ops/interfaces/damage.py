"""Ways to hurt restored data on purpose, which a drill must notice.

Each is done to what lies in a drill alone, and returns in a few words what it hurt; nothing when there is nothing of
that sort.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Generic, Literal, TypeVar

from ops.interfaces.facts import Facts
from ops.interfaces.server import Server

F_contra = TypeVar("F_contra", bound=Facts, contravariant=True)
FileMoment = Literal["material", "tree", "disk", "log"]


@dataclass(frozen=True)
class FileDamage(Generic[F_contra]):
    """Damage to restored files.

    moment: `material`, in the folder of one part; `tree`, a whole machine's files before it boots; `disk`, the same
    files before a disk is made of them; `log`, what was archived after a set. act: given the folder.
    """

    moment: FileMoment
    act: Callable[[Path, F_contra, Random], str]


@dataclass(frozen=True)
class DataDamage(Generic[F_contra]):
    """Damage to data that were loaded into a server; act: given the server and the database's name."""

    act: Callable[[Server, str, F_contra, Random], str]

    @property
    def moment(self) -> Literal["data"]:
        """When it is done."""
        return "data"
