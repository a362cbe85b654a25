"""A record: one line of the evidence ledger, in which an act says how it ended.

It outlives releases, and a ledger is brought from machines that may be broken into. So whoever needs more of a line
than verification does has it read here, within limits; the facts of the act are read when somebody asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.schema import Further, Plain, encode, spare
from ops.core.verdict import Verdict
from ops.interfaces.acts import facts_of
from ops.interfaces.outcome import OutcomeFacts

VERSION = 1
# A drill of a server with five thousand databases, each with ten proof steps, fits in, and into a hundred mebibytes.
LIMITS = Limits(bytes=12 << 20, depth=16, entries=400_000, text=1 << 20)


@dataclass(frozen=True, kw_only=True)
class Record:
    """A line of a ledger.

    n: its number. when: it was written; started: the act began. actor: the unit or person; act: what was done, and
    subject: to what. result: the word for its verdict. policy: the digest of the policy that was acted by. key: the
    fingerprint of the key it was written with. previous: the digest of the line before. facts: the act's, not read
    yet. further: words that this release does not know.
    """

    n: int
    when: str
    act: str
    previous: str
    host: str = spare("")
    actor: str = spare("")
    subject: str = spare("")
    result: str = spare("")
    message: str = spare("")
    started: str | None = None
    policy: str | None = None
    key: str = spare("")
    facts: Any = None
    further: Further = field(default_factory=Further)

    @property
    def verdict(self) -> Verdict:
        """The verdict; a word that is none is unknown."""
        return Verdict(self.result) if self.result in list(Verdict) else Verdict.UNKNOWN

    def outcome(self) -> OutcomeFacts:
        """Return the facts of the act; raise Damaged when they are not what such an act keeps."""
        return facts_of(self.act, {} if self.facts is None else self.facts, f"record {self.n}", "facts")

    def written(self) -> dict[str, Plain]:
        """Return it as plain data, with its version."""
        return {"version": VERSION, **encode(self)}


@dataclass(frozen=True, kw_only=True)
class NotedHead:
    """A head of a ledger: the number of a record and the digest of its line."""

    n: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Succession:
    """Why a ledger goes on with another key or from an older state.

    old, new: fingerprints of the keys before and now; old_public, new_public: the keys. continues: the head it goes on
    from. restored: whether the machine was; lost: the newest head that is known to be lost.
    """

    old: str = ""
    old_public: str = ""
    new: str = ""
    new_public: str = ""
    continues: NotedHead | None = None
    reason: str = ""
    restored: bool = False
    lost: NotedHead | None = None
    further: Further = field(default_factory=Further)

    def __post_init__(self) -> None:
        """Demand that a key is one line: it is written into a list of signers."""
        for key in (self.old_public, self.new_public):
            if not (key.isascii() and key.isprintable()):
                raise ValueError(f"expected a public key in one line, found {key[:80]!r}")


def read(line: bytes, file: str) -> Record:
    """Return the record that a line holds; file: how it is called in an error. Raise Damaged.

    The error names the file, the path of the key and what was expected; a later version is refused by its number.
    """
    return decode(Record, demand_version(parse(line, LIMITS, file), VERSION, file), file)
