"""A kind of source: how its data are taken, loaded again, proven and damaged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Generic, Protocol, TypeVar

from ops.core.run import Stream
from ops.core.verdict import Finding

O = TypeVar("O")


@dataclass(frozen=True)
class CaptureContext:
    """Where a source is taken.

    scratch: a private folder on disk for this part alone; whoever needs it makes it, it is removed in any case.
    before: the manifest's facts of this part in the last good set, none when there is no such set.
    accepted: why a person accepts that data are gone since then; empty when nobody does.
    over: set when the repository's program has ended; who waits for it to begin waits in vain then.
    """

    scratch: Path
    before: Mapping[str, Any] = field(default_factory=dict)
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
    facts: Mapping[str, Any]


def no_follow_up(_capture: Capture) -> None:
    """Say that the material is whole by itself, as it is of most kinds."""


class Capture(Protocol):
    """Data being taken: what to hand to the repository, and the facts of the same instant."""

    def material(self) -> Streamed | Paths:
        """Return what the repository is handed; called once."""

    def facts(self) -> Mapping[str, Any]:
        """Return the facts for the manifest; called while the data are being taken."""

    def wanted(self) -> Collection[str]:
        """Return the files whose entries in the repository `finish` wants to see; none for a stream."""

    def finish(self, stored: Stored) -> Mapping[str, Any]:
        """Return further facts, once the data are taken; raise Damaged when they cannot be good.

        `warnings` among them is a list of sentences for people, with names of tables but none of files or patients;
        the set counts, and is reported with them.
        """

    def companions(self) -> Mapping[str, str]:
        """Return small texts to keep beside the manifest, by file name, such as roles and grants."""


class Server(Protocol):
    """A server that data were loaded into: a drill's throwaway one, or the machine's own beside what runs."""

    def run(self, argv: Sequence[str], timeout: float) -> str:
        """Run a program beside the server and return its output; raise CommandError."""

    def talk(self, argv: Sequence[str], timeout: float) -> AbstractContextManager[Stream]:
        """Run a program beside the server that the block talks with."""


@dataclass(frozen=True)
class Engine:
    """How a throwaway server of this kind is made inside a bare root tree; `/mnt` is its scratch folder.

    user: the account in the tree. initialise, start: programs; `{major}` stands for the manifest's major version.
    environment: variables of all its programs. ready: ends well when the server answers.
    """

    user: str
    initialise: Sequence[str]
    start: Sequence[str]
    environment: Mapping[str, str]
    ready: Sequence[str]


class CommitLoad(Protocol):
    """A load of commits on a database."""

    def acknowledged(self) -> int:
        """Return how many commits were acknowledged so far."""


class RestoreTarget(Protocol):
    """The machine's own server, into which a restore loads a database beside those that are used."""

    @property
    def server(self) -> Server:
        """The server, for `prove`."""

    def demand(self, database: str, facts: Mapping[str, Any]) -> None:
        """Raise SeawallError unless data with these facts can be loaded under that name.

        The name must be free, or carry the mark of a restore that was interrupted.
        """

    def begin(self, database: str, facts: Mapping[str, Any], companions: Path) -> None:
        """Make the empty database with a mark that it is not finished; what an interrupted restore left is dropped.

        companions: the folder with the texts that the capture kept, for roles and users that are missing.
        """

    def loader(
        self, database: str, facts: Mapping[str, Any], only: Sequence[str], folder: Path | None = None
    ) -> Sequence[str]:
        """Return the program that loads the material from its standard input; `only`: these tables alone.

        folder: where the material lies, when it is more than one stream.
        """

    def end(self, database: str) -> None:
        """Take the mark away: the database is whole and was proven."""

    def replace(self, database: str, live: str) -> str:
        """Put the loaded database in the place of the live one; return a sentence on where the old one is now."""


@dataclass(frozen=True)
class Damage:
    """A way to hurt restored data on purpose, which a drill must notice.

    moment: `material`, act(folder, facts, chance); `data`, act(server, database, facts, chance); `tree`, a whole
    machine's files before it boots, act(root, facts, chance); or `disk`, the same files before a disk is made of them.
    act: does it, and returns what it hurt in a few words; nothing when there is nothing of that sort.
    """

    moment: str
    act: Callable[..., str]


@dataclass(frozen=True)
class ExternalDump:
    """How a dump that Seawall did not make is loaded and proven, without a manifest.

    facts: given the dump and the bare tree, returns what the other two need to know, with the name in `file` that the
        dump gets in its folder; raises UsageError for what is no dump. load, prove: as of a source.
    """

    facts: Callable[[Path, Path], Mapping[str, Any]]
    load: Callable[[Server, Path, Mapping[str, Any]], str]
    prove: Callable[[Server, str, Mapping[str, Any]], Iterable[tuple[str, Finding]]]


@dataclass(frozen=True)
class Source(Generic[O]):
    """A kind of source.

    options: the type of its options in the policy.
    capture: starts taking the data, and lets go of everything at the end of the block.
    check: given the folder with the restored material, the manifest's facts and the paths that alone were restored
        (none: all were), returns one finding for each thing compared.
    covers: names what its options protect, as `seawall gaps` names what it finds: `postgresql:5432/his`,
        `mariadb:/run/mysqld/mysqld.sock/lab`, `sqlite:/srv/a.db`, `path:/srv/documents`; a database may be `*`.
    parts: where one source stands for several (all databases of a server), the options of each by a short name.
    order: sources of an asset are taken in this order, and by name: a database before the files it points to.
    capabilities: Linux capabilities that taking the data needs beyond the account `seawall`.
    homes: for a restore in place: the places on this machine, by the path in the restored folder.
    land: the machine's own server, for a restore into a database.
    engine: the throwaway server that a drill loads the data into, where the kind needs one.
    load: given a server, the folder with the restored material as the server sees it, and the manifest's facts,
        loads the data and returns the name of the database made.
    prove: given a server, the database and the manifest's facts, yields one finding per rung of the proof, when it was
        looked at, for that is timed.
    answer: given a server, a database and a query, returns the one number it answers; raises SeawallError.
    burden: given such a server and the facts, writes to the machine's databases for a block, commit after commit; what
        it yields counts in `acknowledged()` those that were acknowledged.
    borne: given such a server, the facts and that count, looks whether all of them are there, and removes them.
    damages: ways to hurt what was restored, by name, so that a drill can prove that it would notice.
    foreign: the same for a dump that somebody else made.
    further: given a capture whose material was taken, what must be taken after it. It becomes the part `LABEL.log`,
        whose facts name in `completes` the part that it belongs to, and is restored over that.
    complete: given a tree over which that was restored, the first part's facts, and the texts that the capture kept
        by name, makes it whole; raises Damaged. It writes nothing outside the tree, and never through a link.
    inside: given a server that runs programs in the restored machine while that runs, as its root, and the facts,
        returns one finding per rung of the proof.
    """

    options: type[O]
    capture: Callable[[O, CaptureContext], AbstractContextManager[Capture]]
    check: Callable[[Path, Mapping[str, Any], Sequence[str]], Sequence[tuple[str, Finding]]]
    covers: Callable[[O], Sequence[str]]
    parts: Callable[[O], Mapping[str, O]] | None = None
    order: int = 0
    capabilities: tuple[str, ...] = ()
    homes: Callable[[O], Mapping[str, Path]] | None = None
    land: Callable[[O], RestoreTarget] | None = None
    engine: Engine | None = None
    load: Callable[[Server, Path, Mapping[str, Any]], str] | None = None
    prove: Callable[[Server, str, Mapping[str, Any]], Iterable[tuple[str, Finding]]] | None = None
    answer: Callable[[Server, str, str], float] | None = None
    burden: Callable[[Server, Mapping[str, Any]], AbstractContextManager[CommitLoad]] | None = None
    borne: Callable[[Server, Mapping[str, Any], int], Finding] | None = None
    damages: Mapping[str, Damage] = field(default_factory=dict)
    foreign: ExternalDump | None = None
    further: Callable[[Any], FollowUp | None] = no_follow_up
    complete: Callable[[Path, Mapping[str, Any], Mapping[str, Path]], None] | None = None
    inside: Callable[[Server, Mapping[str, Any]], Sequence[tuple[str, Finding]]] | None = None
