"""A kind of drill, and the stage that it plays on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Generic, Protocol, TypeVar

from ops.core.verdict import Finding

O = TypeVar("O")


@dataclass(frozen=True)
class Part:
    """One part of the set that is drilled.

    facts: what its manifest says of it. source: what its kind of source knows of it, see `ops.sources.Source`.
    bytes: how much it is when it is restored.
    """

    label: str
    facts: Mapping[str, Any]
    source: Any
    bytes: int


class Stage(Protocol):
    """Where a drill plays, and how it tells what it finds."""

    @property
    def name(self) -> str:
        """The asset's name."""

    @property
    def scratch(self) -> Path:
        """The one folder that may be written, readable for root alone; it is removed afterwards."""

    @property
    def options(self) -> Any:
        """The kind's options in the policy."""

    @property
    def chance(self) -> Random:
        """The drill's own chance, from a seed that is recorded."""

    @property
    def instant(self) -> bool | None:
        """Whether a machine is booted straight from the repository; None: as its options say."""

    @property
    def own_kernel(self) -> bool | None:
        """Whether a machine is booted with its own kernel, from a disk made anew; None: as its options say."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """The parts of the set, in the manifest's order."""

    def tree(self) -> Path:
        """Return the bare root tree of the right Debian release, only to be read; raise Unavailable."""

    def bring(self, label: str, folder: Path, only: Sequence[str] = ()) -> None:
        """Restore a part to a folder, `only` these paths of it."""

    def entries(self, label: str) -> AbstractContextManager[Any]:
        """Yield what a part holds, entry by entry, as restic lists it."""

    def mounted(self) -> AbstractContextManager[Mapping[str, Path]]:
        """Mount the repository for a block; yield the folder of each part."""

    def companions(self, label: str) -> Mapping[str, Path]:
        """Return the texts that were kept beside the manifest for a part."""

    def timed(self, part: str) -> AbstractContextManager[None]:
        """Count the time of the block to a part such as `fetch`, `restore`, `start` or `prove`."""

    def rung(self, name: str, finding: Finding) -> None:
        """Tell one thing that was proven or not, as soon as it is known, for the time between two is kept."""

    def happened(self, what: str) -> None:
        """Keep a moment of the timeline."""

    def enough(self) -> bool:
        """Whether nothing more is to be found: a drill of a copy that was damaged on purpose has noticed."""

    def unproven(self, sentence: str) -> None:
        """Tell what this drill does not prove."""

    def tell(self, **figures: Any) -> None:
        """Keep further figures for the record: counts, digests and times, nothing about patients."""

    def ask(self, name: str, answer: Callable[[str], float], *, alone: bool) -> None:
        """Put the policy's questions to a database, if they are meant for it; `alone`: there is no other."""

    def hurt(self, moment: str, label: str, *where: Any) -> None:
        """Let a drill that must fail do its damage to what lies here; any other passes on."""

    def shown(self, entrance: Callable[[], Sequence[str]]) -> None:
        """Leave the restored system to a person who asked for it; `entrance` tells what leads in, before a program."""


@dataclass(frozen=True)
class Drill(Generic[O]):
    """A kind of drill: the type of its options in the policy, and how it is played."""

    options: type[O]
    play: Callable[[Stage], None]
