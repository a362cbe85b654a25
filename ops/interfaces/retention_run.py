"""A run of retention: what a backup host asks of a client, what that says of it, and what the host notes of it.

The order is read by the client, the notes by root and by the units of the account; the words of a client are not read
at all: the name under which each lies says which it is.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import Enum

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.names import Digest, HostName, Name, SetId
from ops.core.schema import Plain, encode, spare

VERSION = 1
LIMITS = Limits(bytes=64 << 20, depth=6, entries=2_000_000, text=4096)
_RUN = re.compile(r"[0-9]{8}T[0-9]{6}Z(?:-[0-9]{1,4})?")


class RunId(str):
    """What a run is called: when it began."""

    __slots__ = ()
    expected = "what a run is called, such as 20261127T100000Z"

    @classmethod
    def parse(cls, text: str) -> RunId:
        """Return the text as this type; raise ValueError when it has another form."""
        if not cls.fits(text):
            raise ValueError(f"expected {cls.expected}, found {text[:80]!r}")
        return cls(text)

    @classmethod
    def fits(cls, text: str) -> bool:
        """Whether a text has the form."""
        return _RUN.fullmatch(text) is not None


class Word(Enum):
    """What a client says of a run: it is there; it has forgotten and pruned; it could not, or will not."""

    READY = "ready"
    DONE = "done"
    FAILED = "failed"

    def content(self, run: RunId) -> bytes:
        """Return it as the file that a client leaves."""
        return f"{self.value} {run}\n".encode("ascii")

    def file(self, run: RunId) -> Digest:
        """Return the name of that file, which is the SHA-256 of its content."""
        return Digest(hashlib.sha256(self.content(run)).hexdigest())


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a client is to do. config: the SHA-256 of the `config` of the repository that it is about.

    until: when the door closes, in seconds since 1970. snapshots: those to forget; none before the door is open.
    """

    client: HostName
    run: RunId
    until: float
    config: Digest | None = None
    snapshots: tuple[Digest, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether there is something to be done yet."""
        return self.config is not None


class Stage(Enum):
    """How far a run is. OPEN: nothing of the repository is touched. MOVING: files leave it for their second place.

    KEPT: they have, and can come back. UNDONE: they came back. FREED: they are gone.
    """

    OPEN = "open"
    MOVING = "moving"
    KEPT = "kept"
    UNDONE = "undone"
    FREED = "freed"


@dataclass(frozen=True, kw_only=True)
class RetentionRun:
    """What a backup host notes of a run.

    began, ended: in seconds since 1970. sets: those that left. assets: whose they were. files, bytes: what was moved
    out of the repository. new: the paths of what the client wrote anew in their place.
    """

    client: HostName
    run: RunId
    stage: Stage
    began: float
    ended: float | None = None
    sets: tuple[SetId, ...] = ()
    assets: tuple[Name, ...] = ()
    files: int = 0
    bytes: int = 0
    new: tuple[str, ...] = ()
    reason: str = spare("")


def written(document: Order | RetentionRun) -> dict[str, Plain]:
    """Return an order or a note as plain data, with its version."""
    return {"version": VERSION, **encode(document)}


def read_order(content: bytes, file: str) -> Order:
    """Return the order that a file holds; raise Damaged with the file, the path of the key and what was expected."""
    return decode(Order, demand_version(parse(content, LIMITS, file), VERSION, file), file)


def read_run(content: bytes, file: str) -> RetentionRun:
    """Return the note that a file holds; raise Damaged likewise."""
    return decode(RetentionRun, demand_version(parse(content, LIMITS, file), VERSION, file), file)
