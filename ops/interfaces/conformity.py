"""How a site conforms to its written procedures, clause by clause: pages and exports are made of it."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ops.core.schema import Plain, encode
from ops.core.verdict import Verdict, worst

VERSION = 1
MOST_SHOWN = 12  # pieces of evidence that are named for one control; of more, the number and the digest of all


class Standing(enum.Enum):
    """How a clause or a control stands."""

    MET = "met"
    NOT_MET = "not met"
    NOT_LOOKED_AT = "not looked at"
    EXCUSED = "excused until"


VERDICTS = {
    Standing.MET: Verdict.PASS,
    Standing.NOT_MET: Verdict.FAIL,
    Standing.NOT_LOOKED_AT: Verdict.UNKNOWN,
    Standing.EXCUSED: Verdict.PASS,
}


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A piece of evidence. what: a record, an attestation, host checks or the policy; host: whose.

    n, sha256: the number of a record in that machine's ledger, and the digest of its line; 0 and the digest of the
    whole for what is no record. when: it was made, in UTC. message: what it says.
    """

    what: str
    host: str
    sha256: str
    n: int = 0
    when: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class Acts:
    """How often acts were to be done in the period, and what became of them."""

    expected: int = 0
    done: int = 0
    late: int = 0
    missing: int = 0

    def __add__(self, other: Acts) -> Acts:
        """Return both together."""
        return Acts(
            expected=self.expected + other.expected,
            done=self.done + other.done,
            late=self.late + other.late,
            missing=self.missing + other.missing,
        )


@dataclass(frozen=True, kw_only=True)
class ControlStatus:
    """How a control stands. message: why; since: when it came to stand so, in UTC, empty where nobody knows.

    proofs: the first pieces of evidence; more: how many there are besides; digest: of all of them together.
    todo: what to do next; empty where nothing is to be done.
    """

    name: str
    asks: str
    standing: Standing
    message: str
    since: str = ""
    proofs: tuple[Proof, ...] = ()
    more: int = 0
    digest: str = ""
    acts: Acts = Acts()
    todo: str = ""


@dataclass(frozen=True, kw_only=True)
class ClauseStatus:
    """How a clause stands. number, demand, original, kind: of the pack. until: the last day of its exception.

    counts: whether it can turn a report red: not one that is only recommended, or outside of what Seawall does.
    """

    number: str
    demand: str
    original: str
    kind: str
    standing: Standing
    counts: bool
    since: str
    until: str
    message: str
    todo: str
    controls: tuple[ControlStatus, ...]
    acts: Acts

    @property
    def verdict(self) -> Verdict:
        """The verdict that it adds to the report's."""
        return VERDICTS[self.standing] if self.counts else Verdict.PASS


@dataclass(frozen=True, kw_only=True)
class PackStatus:
    """How the clauses of one procedure stand. findings: what is wrong with the pack's use itself.

    bound: whether the site's own approved document stands behind it; without one, it is a template. words_are_ours:
    the words in the document's language are a translation, for the original's are not known.
    """

    name: str
    title: str
    code: str
    revision: str
    language: str
    bound: bool
    document: str
    complete: bool
    words_are_ours: bool
    findings: tuple[str, ...]
    clauses: tuple[ClauseStatus, ...]

    def count(self, standing: Standing) -> int:
        """Return how many clauses that count stand so."""
        return sum(clause.counts and clause.standing is standing for clause in self.clauses)

    @property
    def percent(self) -> int | None:
        """Of the clauses that count, how many of a hundred are met, rounded down; None for a template."""
        counting = sum(clause.counts for clause in self.clauses)
        return 100 * self.count(Standing.MET) // counting if self.bound and counting else None

    @property
    def verdict(self) -> Verdict:
        """The worst of its clauses; a finding is a warning."""
        return worst([*(clause.verdict for clause in self.clauses), *(Verdict.WARN for _ in self.findings)])


@dataclass(frozen=True, kw_only=True)
class Conformity:
    """The whole report. time: the moment that it speaks of; since, until: the period of its acts; all in UTC.

    findings: what is wrong with the evidence as a whole, such as a ledger that does not verify.
    """

    time: str
    site: str
    timezone: str
    language: str
    since: str
    until: str
    findings: tuple[str, ...]
    packs: tuple[PackStatus, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        return worst([*(pack.verdict for pack in self.packs), *(Verdict.WARN for _ in self.findings)])

    def written(self) -> dict[str, Plain]:
        """Return it as plain data, for programs."""
        return {
            "version": VERSION,
            **encode(self),
            "verdict": self.verdict.value,
            "packs": [_pack(pack) for pack in self.packs],
        }


def _pack(pack: PackStatus) -> dict[str, Plain]:
    counts = {standing.value: pack.count(standing) for standing in Standing}
    return {**encode(pack), "verdict": pack.verdict.value, "counts": counts, "percent": pack.percent}


def shown(proofs: Sequence[Proof]) -> tuple[tuple[Proof, ...], int, str]:
    """Return the first pieces of evidence, how many there are besides, and the digest of all."""
    return tuple(proofs[:MOST_SHOWN]), max(0, len(proofs) - MOST_SHOWN), digest(proofs)


def digest(proofs: Iterable[Proof]) -> str:
    """Return the SHA-256 of the digests of evidence, each in a line: one byte changed in any changes it."""
    listed = "".join(f"{proof.sha256}\n" for proof in proofs)
    return hashlib.sha256(listed.encode()).hexdigest() if listed else ""
