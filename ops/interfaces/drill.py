"""A kind of drill, and the stage that it plays on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Generic, Protocol, TypeVar

from ops.core.schema import Plain
from ops.core.verdict import Finding
from ops.interfaces.damage import FileMoment
from ops.interfaces.entry import Entry
from ops.interfaces.manifest import PartFacts
from ops.interfaces.outcome import Forecast
from ops.interfaces.server import DatabaseServer, Server
from ops.interfaces.source import Source

O = TypeVar("O")
O_co = TypeVar("O_co", covariant=True)


@dataclass(frozen=True)
class Part:
    """One part of the set that is drilled.

    told: what the manifest says of it. bytes: how much it is when it is restored.
    """

    label: str
    told: PartFacts
    bytes: int

    @property
    def source(self) -> Source[Any, Any]:
        """The kind of source that took it."""
        return self.told.source

    @property
    def database(self) -> DatabaseServer[Any] | None:
        """How it is loaded into a server, where it is a database."""
        return self.told.source.database

    @property
    def known_files(self) -> Collection[str]:
        """The paths of its files whose digests the manifest holds."""
        return () if self.told.completes else self.told.source.known_files(self.told.facts)

    def check(self, folder: Path, only: Sequence[str] = ()) -> Sequence[tuple[str, Finding]]:
        """Compare what was restored into a folder with the manifest; `only`: these paths alone were restored."""
        return self.told.check(folder, only)


class ArchivedLog(Protocol):
    """The archived log of a cluster, from its set to a moment."""

    @property
    def moment(self) -> datetime:
        """The moment: chosen by the drill's chance, unless a person asked for one."""

    @property
    def until(self) -> datetime:
        """The moment up to which each commit is archived."""

    @property
    def missing(self) -> str:
        """Why it does not reach any farther, for a person; nothing where all is there."""

    @property
    def files(self) -> int:
        """How many files were archived after the set and are needed; none where nothing was archived."""

    @property
    def bytes(self) -> int:
        """How much is brought."""

    def bring(self, own: Path, after: Path) -> Collection[str]:
        """Restore to one folder what the set itself holds, to another what was archived after it; return all names."""


class Stage(Protocol[O_co]):
    """Where a drill plays, and how it tells what it finds."""

    @property
    def name(self) -> str:
        """The asset's name."""

    @property
    def scratch(self) -> Path:
        """The one folder that may be written, readable for root alone; it is removed afterwards."""

    @property
    def options(self) -> O_co:
        """The kind's options in the policy."""

    @property
    def chance(self) -> Random:
        """The drill's own chance, from a seed that is recorded."""

    @property
    def rpo_seconds(self) -> int:
        """How much work may be lost."""

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

    def entries(self, label: str) -> AbstractContextManager[Iterator[Entry]]:
        """Yield what a part holds, entry by entry."""

    def mounted(self) -> AbstractContextManager[Mapping[str, Path]]:
        """Mount the repository for a block; yield the folder of each part."""

    def log(self, label: str) -> ArchivedLog:
        """Return what is archived of the log of a part; raise UsageError for a moment that it does not reach."""

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

    def tell(self, **figures: Plain) -> None:
        """Keep further figures for the record: counts, digests and times, nothing about patients."""

    def expect(self, forecast: Forecast) -> None:
        """Keep what all would take, where only a sample was restored."""

    def ask(self, name: str, answer: Callable[[str], float], *, alone: bool) -> None:
        """Put the policy's questions to a database, if they are meant for it; `alone`: there is no other."""

    def files_in(self, folder: Path) -> None:
        """Tell a folder in which files lie, under their own paths, that rows of a database may name."""

    def refer(self, name: str, rows: Callable[[str], Iterator[Mapping[str, Plain]]], *, alone: bool) -> None:
        """Look for the files that a database names, by the policy's queries that are meant for it."""

    def hurt_files(self, moment: FileMoment, label: str, folder: Path) -> None:
        """Let a drill that must fail do its damage to the files that lie here; any other passes on."""

    def hurt_data(self, label: str, server: Server, database: str) -> None:
        """The same, to what was loaded into a server."""

    def shown(self, entrance: Callable[[], Sequence[str]]) -> None:
        """Leave the restored system to a person who asked for it; `entrance` tells what leads in, before a program."""


def builds_none(_stage: object) -> bool:
    """Say that no disk is built, as by most kinds."""
    return False


@dataclass(frozen=True)
class Drill(Generic[O]):
    """A kind of drill.

    options: the type of its options in the policy. play: how it is played on a stage.
    takes: given a kind of source and its options, whether that is what the drill proves; an asset needs such a one.
    wants: in words, what that is, for whoever chose the wrong kind of drill.
    builds_disk: whether, on that stage, it builds a disk, and can notice what is wrong with one.
    plays_log: whether it plays an archived log, and can notice what is wrong with that.
    queries: whether it can put the policy's expectations to a database.
    boots: whether it boots a machine; of its set, that alone can be damaged on purpose.
    synonyms: what else people call it, so that they are told the right word.
    """

    options: type[O]
    play: Callable[[Stage[O]], None]
    takes: Callable[[Source[Any, Any], Any], bool]
    wants: str
    builds_disk: Callable[[Stage[O]], bool] = builds_none
    plays_log: bool = False
    queries: bool = True
    boots: bool = False
    synonyms: tuple[str, ...] = ()
