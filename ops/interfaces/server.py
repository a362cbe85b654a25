"""What data are loaded into and asked from: a drill's throwaway server, the machine's own, or a booted machine's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from ops.core.run import Stream
from ops.core.schema import Plain
from ops.core.verdict import Finding
from ops.interfaces.facts import Facts

# What a server that data were restored into may answer, in characters: its programs and its data may be anybody's. A
# schema with hundreds of thousands of columns fits.
MOST_ANSWERED = 32 << 20
# For how long one question to it is waited for: to its catalogues, of the policy, and to all rows of a table.
CATALOGUE_SECONDS, POLICY_SECONDS, TABLE_SECONDS = 900.0, 3600.0, 6 * 3600.0

# The rows that a query answers, by their columns: given a server, a database and the query; raises SeawallError.
Rows = Callable[["Server", str, str], Iterator[Mapping[str, Plain]]]

F = TypeVar("F", bound=Facts)
F_contra = TypeVar("F_contra", bound=Facts, contravariant=True)


class Server(Protocol):
    """A server that data were loaded into, or a machine that runs."""

    def run(self, argv: Sequence[str], timeout: float) -> str:
        """Run a program beside the server and return its output; raise CommandError."""

    def talk(self, argv: Sequence[str], timeout: float) -> AbstractContextManager[Stream]:
        """Run a program beside the server that the block talks with."""


class OwnServer(Server, Protocol):
    """The machine's own server."""

    @property
    def account(self) -> str:
        """The account that its programs are run as."""


@dataclass(frozen=True)
class Engine:
    """How a throwaway server is made inside a bare root tree; its own folders are `/mnt/data` and `/mnt/socket`.

    name: the server and its version, for people. user: the account in the tree. initialise, start: programs.
    environment: variables of all its programs. ready: ends well when the server answers.
    """

    name: str
    user: str
    initialise: Sequence[str]
    start: Sequence[str]
    environment: Mapping[str, str]
    ready: Sequence[str]


@dataclass(frozen=True)
class DatabaseServer(Generic[F]):
    """How a kind's data come into a server and are proven there.

    engine: given the facts, the throwaway server that a drill loads the data into.
    load: given a server, the folder with the restored material as the server sees it, and the facts, loads the data
        and returns the name of the database made.
    prove: given a server, the database, the facts, and the tables that alone were restored (none: all were), yields
        one finding per rung of the proof, when it was looked at, for that is timed.
    answer: given a server, a database and a query, returns the one number it answers; raises SeawallError.
    rows: where the kind can, the rows that a query answers.
    newest: where a server's version follows from the facts, the same for the newest server that a bare root tree has;
        raises UsageError where it has none that is new enough.
    """

    engine: Callable[[F], Engine]
    load: Callable[[Server, Path, F], str]
    prove: Callable[[Server, str, F, Sequence[str]], Iterable[tuple[str, Finding]]]
    answer: Callable[[Server, str, str], float]
    rows: Rows | None = None
    newest: Callable[[Path, F], DatabaseServer[F]] | None = None


class CommitLoad(Protocol):
    """A load of commits on a database."""

    def acknowledged(self) -> int:
        """Return how many commits were acknowledged so far."""


@dataclass(frozen=True)
class RunningMachine(Generic[F]):
    """How what runs inside a restored machine is proven and asked; the server runs programs in it, as its root.

    databases: the names of its databases, as `answer` takes them and the policy writes them: `5432/his`.
    prove: returns one finding per rung of the proof.
    answer: given a database and a query, returns the one number it answers; raises SeawallError.
    rows: given the same, the rows that the query answers.
    load: writes to the machine's databases for a block, commit after commit; what it yields counts in
        `acknowledged()` those that were acknowledged.
    verify_load: given that count, looks whether all of them are there, and removes them.
    """

    databases: Callable[[F], Sequence[str]]
    prove: Callable[[Server, F], Sequence[tuple[str, Finding]]]
    answer: Callable[[Server, str, str], float]
    rows: Rows
    load: Callable[[Server, F], AbstractContextManager[CommitLoad]]
    verify_load: Callable[[Server, F, int], Finding]


@dataclass(frozen=True)
class Meant:
    """What a person wants of a database.

    tables: these alone; none: all of it. constraints: with the indexes and constraints of those tables. logins:
    whether the accounts that are made may log in, with the passwords that they had.
    """

    tables: Sequence[str] = ()
    constraints: bool = False
    logins: bool = False


@dataclass(frozen=True)
class LoadedMaterial:
    """The material of a part on its way into a server.

    fed: runs a program and returns what it printed; it finds the material on its standard input, unless that lies in
    a folder. folder: that folder, as the server sees it.
    """

    fed: Callable[[Sequence[str]], str]
    folder: Path | None = None


class RestoreTarget(Protocol[F_contra]):
    """The machine's own server, into which a restore loads a database beside those that are used."""

    @property
    def server(self) -> OwnServer:
        """The server, to prove what was loaded."""

    def demand(self, database: str, facts: F_contra) -> None:
        """Raise SeawallError unless data with these facts can be loaded under that name.

        The name must be free, or carry the mark of a restore that was interrupted.
        """

    def load(
        self, database: str, facts: F_contra, meant: Meant, companions: Path, material: LoadedMaterial
    ) -> Iterator[str]:
        """Make the empty database with a mark that it is not finished, and load the material into it.

        What an interrupted restore left is dropped. companions: the folder with the texts that the capture kept, for
        roles and users that are missing. Yields sentences for people: what of the texts was not run, which accounts
        were made, what could be loaded only in another way or not at all. Raises SeawallError when it can't be loaded;
        for what `only` asks in vain before anything is made.
        """

    def loaded(self, database: str) -> None:
        """Do what can be done only when all is loaded, such as give rights on tables; the mark stays."""

    def resume(self, database: str, facts: F_contra) -> None:
        """Take up a database with the mark that an earlier run has loaded whole, in place of `load`."""

    def identity(self, database: str) -> str:
        """Return what tells a database from any other that had its name or gets it; empty where there is none.

        It may change when somebody changes the structure, or gives the database another name.
        """

    def data_folder(self) -> Path:
        """Return the folder in which the server keeps what is loaded."""

    def end(self, database: str) -> None:
        """Take the mark away: the database is whole and was proven."""

    def replace(self, database: str, live: str) -> str:
        """Put the loaded database in the place of the live one; return a sentence on where the old one is now.

        It is whole and was proven, and still has its mark, which goes with this.
        """


@dataclass(frozen=True, kw_only=True)
class ExternalFacts(Facts):
    """What is known of a dump that Seawall did not make; never written to a manifest.

    file: the name that the dump gets in its folder.
    """

    file: str


E = TypeVar("E", bound=ExternalFacts)


@dataclass(frozen=True)
class ExternalDump(Generic[E]):
    """How a dump that Seawall did not make is loaded and proven, without a manifest.

    examine: given the dump and the bare tree, returns what the server needs to know; raises UsageError for what is no
        dump of this kind. server: loads, proves and asks it.
    """

    examine: Callable[[Path, Path], E]
    server: DatabaseServer[E]
