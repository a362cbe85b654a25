"""Sources: what is protected, one file per kind, named as the policy names it.

A kind offers `KIND = Source(...)`. It knows how to take its data and the facts about them in one instant, how to
load them again, and how to look whether what was loaded is what was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ops.core.run import Stream
from ops.core.verdict import Finding

O = TypeVar("O")


@dataclass(frozen=True)
class Streamed:
    """Data that a program writes to its standard output; they are stored as one file of this name."""

    argv: Sequence[str]
    filename: str


@dataclass(frozen=True)
class Paths:
    """Data that lie in the file system; patterns in `exclude` are restic's."""

    paths: Sequence[str]
    exclude: Sequence[str] = ()


@dataclass(frozen=True)
class Stored:
    """What the repository says of the data it took: files and bytes seen.

    entries: for the files in the folders that the capture asked about, size in bytes and time of change in
    microseconds since 1970, by path.
    """

    files: int
    bytes: int
    entries: Mapping[str, tuple[int, int]]


class Capture(Protocol):
    """Data being taken: what to hand to the repository, and the facts of the same instant."""

    @property
    def material(self) -> Streamed | Paths:
        """What the repository is handed."""

    def facts(self) -> Mapping[str, Any]:
        """Return the facts for the manifest; called while the data are being taken."""

    def folders(self) -> Sequence[str]:
        """Return the folders whose entries in the repository `finish` wants to see; none for a stream."""

    def finish(self, stored: Stored) -> Mapping[str, Any]:
        """Return further facts, once the data are taken; raise Damaged when they cannot be good."""

    def companions(self) -> Mapping[str, str]:
        """Return small texts to keep beside the manifest, by file name, such as roles and grants."""


class Server(Protocol):
    """A throwaway server that a drill has started, with the restored material in reach."""

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


@dataclass(frozen=True)
class Source(Generic[O]):
    """A kind of source.

    options: the type of its options in the policy.
    capture: starts taking the data, and lets go of everything at the end of the block.
    capabilities: Linux capabilities that taking the data needs beyond the account `seawall`.
    engine: the throwaway server that a drill loads the data into, where the kind needs one.
    load: given a server, the folder with the restored material as the server sees it, and the manifest's facts,
        loads the data and returns the name of the database made.
    prove: given a server, the database and the manifest's facts, returns one finding per rung of the proof.
    answer: given a server, a database and a query, returns the one number it answers; raises SeawallError.
    """

    options: type[O]
    capture: Callable[[O], AbstractContextManager[Capture]]
    capabilities: tuple[str, ...] = ()
    engine: Engine | None = None
    load: Callable[[Server, Path, Mapping[str, Any]], str] | None = None
    prove: Callable[[Server, str, Mapping[str, Any]], Sequence[tuple[str, Finding]]] | None = None
    answer: Callable[[Server, str, str], float] | None = None
