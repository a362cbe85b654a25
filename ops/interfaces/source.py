"""A kind of source: how its data are taken, loaded again, proven and damaged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Generic, TypeVar

from ops.core.verdict import Finding
from ops.interfaces.change_log import ChangeLog
from ops.interfaces.damage import DataDamage, FileDamage
from ops.interfaces.facts import Facts
from ops.interfaces.server import DatabaseServer, ExternalDump, RestoreTarget, RunningMachine

O = TypeVar("O")
F = TypeVar("F", bound=Facts)
L = TypeVar("L", bound=Facts)


@dataclass(frozen=True)
class Amount:
    """How much was taken: files, and their bytes."""

    files: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class CaptureContext:
    """Where a source is taken.

    scratch: a private folder on disk for this part alone. It is not there: a kind that needs it makes it, and removes
        what it wrote there when the block ends, however that ends. A backup removes what is left there in any case,
        for captures that were killed; a kind doesn't count on that.
    before: how much of this part the last good set holds; nothing when there is no such set.
    accepted: why a person accepts that data are gone since then; empty when nobody does.
    over: set when the repository's program has ended; who waits for it to begin waits in vain then.
    """

    scratch: Path
    before: Amount = field(default_factory=Amount)
    accepted: str = ""
    over: Event = field(default_factory=Event)


@dataclass(frozen=True)
class Streamed:
    """Data that a program writes to its standard output; they are stored as one file of this name."""

    argv: Sequence[str]
    filename: str


@dataclass(frozen=True)
class Paths:
    """Data that lie in the file system; patterns in `exclude` are restic's.

    one_file_system: what is mounted below the paths is left out.
    root: the folder that is cut off the paths when they are restored; for what lies in a private folder on its way.
    """

    paths: Sequence[str]
    exclude: Sequence[str] = ()
    one_file_system: bool = False
    root: str = ""


@dataclass(frozen=True)
class Stored:
    """What the repository says of the data it took: files and bytes seen.

    entries: of the files that the capture wanted to see again, size in bytes and time of change in microseconds
    since 1970, by path; what is not in the repository is not here.
    """

    files: int
    bytes: int
    entries: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class FollowUp:
    """What must be taken after the material for it to be whole, as a part of its own.

    files, bytes: what it is; a repository that took anything else took it wrongly. facts: for that part.
    """

    material: Paths
    files: int
    bytes: int
    facts: Facts


class Capture(ABC, Generic[F]):
    """Data being taken: what to hand to the repository, and the facts of the same instant."""

    @abstractmethod
    def material(self) -> Streamed | Paths:
        """Return what the repository is handed; called once."""

    @abstractmethod
    def facts(self) -> F:
        """Return the facts for the manifest; called while the data are being taken."""

    @abstractmethod
    def finish(self, facts: F, stored: Stored) -> F:
        """Return the facts with what is known once the data are taken; raise Damaged when they cannot be good."""

    def wanted(self) -> Collection[str]:
        """Return the files whose entries in the repository `finish` wants to see; none for a stream."""
        return ()

    def companions(self) -> Mapping[str, str]:
        """Return small texts to keep beside the manifest, by file name, such as roles and grants."""
        return {}

    def follow_up(self) -> FollowUp | None:
        """Return what must be taken after the material for it to be whole; called once, when that was taken."""
        return None


@dataclass(frozen=True)
class Completion(Generic[F, L]):
    """How a part is made whole by another one, which its capture's `follow_up` was; that is the part `LABEL.log`.

    facts: the type of that part's facts. check: as a source's, of that part.
    complete: given a tree over which that part was restored, the facts of the part that is completed, and the texts
        that its capture kept by name, makes the tree whole; raises Damaged. It writes nothing outside the tree, and
        never through a link.
    """

    facts: type[L]
    check: Callable[[Path, L], Sequence[tuple[str, Finding]]]
    complete: Callable[[Path, F, Mapping[str, Path]], None]


def nothing_known(_facts: Facts) -> Collection[str]:
    """Say that the facts hold no digests of single files."""
    return ()


def nothing_left_out(_options: object) -> Sequence[str]:
    """Say that nothing looks like a part and is none."""
    return ()


@dataclass(frozen=True)
class Entered:
    """A container of root's that programs are run in for the account.

    engine: the program that runs them there, `podman` or `docker`. container: its name. account: whose they are in it.
    programs: those that may be run.
    """

    engine: str
    container: str
    account: str
    programs: tuple[str, ...]


def enters_none(_options: object) -> Entered | None:
    """Say that no container has to be entered."""
    return None


def in_no_group(_options: object) -> str:
    """Say that a host is fit without a group of its own."""
    return ""


@dataclass(frozen=True)
class Source(Generic[O, F]):
    """A kind of source.

    options: the type of its options in the policy. facts: the type of what the manifest keeps of a part.
    capture: starts taking the data, and lets go of everything at the end of the block.
    check: given the folder with the restored material, the facts and the paths that alone were restored (none: all
        were), returns one finding for each thing compared.
    covers: names what its options protect, as `seawall gaps` names what it finds: `postgresql:5432/his`,
        `mariadb:/run/mysqld/mysqld.sock/lab`, `sqlite:/srv/a.db`, `path:/srv/documents`; a database may be `*`.
    parts: where one source stands for several (all databases of a server), the options of each by a short name. One
        whose capture fails keeps none of the others from the set; the set says that it is missing, and why.
    left_out: where one source stands for several, a sentence for each thing that looks like one of them and is none,
        such as a stray folder among a server's databases; the set is whole without it.
    order: sources of an asset are taken in this order, and by name: a database before the files it points to.
    enters: given the options, the container in which its programs are run, where they are.
    capabilities: Linux capabilities that taking the data needs beyond the account `seawall`.
    known_files: the paths of the files whose digests the facts hold.
    in_place_paths: for a restore in place: the places on this machine, by the path in the restored folder.
    restore_into: the machine's own server, for a restore into a database.
    database: how a server, thrown away or not, is loaded, proven and asked, where the kind is a database.
    machine: how what runs inside a booted machine is proven and asked, where the kind is one.
    completion: how a part is made whole by another one, where the kind needs that.
    damages: ways to hurt what was restored, by name, so that a drill can prove that it would notice.
    external_dump: the same as `database` for a dump that somebody else made.
    group: given the options, the group of the inventory that makes a host fit for it, beside `servers`; empty where
        none has to.
    synonyms: what else people call it, so that they are told the right word.
    log: how what it writes between two sets is archived and played again, where the kind has such a log.
    """

    options: type[O]
    facts: type[F]
    capture: Callable[[O, CaptureContext], AbstractContextManager[Capture[F]]]
    check: Callable[[Path, F, Sequence[str]], Sequence[tuple[str, Finding]]]
    covers: Callable[[O], Sequence[str]]
    parts: Callable[[O], Mapping[str, O]] | None = None
    left_out: Callable[[O], Sequence[str]] = nothing_left_out
    order: int = 0
    enters: Callable[[O], Entered | None] = enters_none
    capabilities: tuple[str, ...] = ()
    known_files: Callable[[F], Collection[str]] = nothing_known
    in_place_paths: Callable[[O], Mapping[str, Path]] | None = None
    restore_into: Callable[[O], RestoreTarget[F]] | None = None
    database: DatabaseServer[F] | None = None
    machine: RunningMachine[F] | None = None
    completion: Completion[F, Any] | None = None
    damages: Mapping[str, FileDamage[F] | DataDamage[F]] = field(default_factory=dict)
    external_dump: ExternalDump[Any] | None = None
    group: Callable[[O], str] = in_no_group
    synonyms: tuple[str, ...] = ()
    log: ChangeLog[O] | None = None
