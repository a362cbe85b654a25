"""The lines of a ledger as verification sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.document import decode
from ops.core.errors import Damaged
from ops.core.schema import Further, Plain
from ops.core.verdict import Finding, Verdict
from ops.evidence.ledger import OWN_ACT, SUCCESSION, digest
from ops.evidence.lines import each, said
from ops.interfaces.record import VERSION, Succession

_MOST = 10**15  # records; more are no number that a ledger counts to
_LONGEST = 200  # letters of a name, a digest or the fingerprint of a key
_LONGEST_KEY = 2_000  # letters of a public key; a long one of RSA has about a thousand
_TOLD = 500  # letters that are kept of a message or a reason
MOST_NAMED = 50  # lines that are no records; of more, only the number is kept
MOST_STRANGE = 5_000  # records that go on from another, or tell of the ledger itself; more are counted as none
_SUCCESSION_COUNTS = 50  # as so many: each costs a look at the whole ledger
_VERDICTS = {verdict.value: verdict for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a ledger. n: the number it gives itself; None when it is no record.

    key: the fingerprint of the key it was written with. told: what the ledger says there of itself.
    succession: the facts of a line that says why the ledger goes on with another key or from an older state.
    version: of the format it was written in; a line of a later one is no record for this release.
    more: so many further lines after it are no records either, and were counted only.
    """

    place: int
    n: int | None
    when: datetime | None
    previous: str
    sha256: str
    host: str
    key: str = ""
    told: Finding | None = None
    succession: Succession | None = None
    version: int = VERSION
    more: int = 0


def read(path: Path) -> tuple[list[Line], int]:
    """Return the whole lines, and how many bytes of a line cut short follow them.

    However they were made, they need little memory: some hundred bytes for each record that follows the one before it,
    and of all others only the first few are kept.
    """
    few = _Few([])
    if not path.exists():
        return few.lines, 0
    torn = 0
    for place, line in enumerate(each(path), 1):
        if not line.endswith(b"\n"):
            torn = len(line)
            break
        few.add(_line(place, line))
    few.close()
    return few.lines, torn


@dataclass
class _Few:
    """Lines as they are read. broken: at which place the last one that is none was kept; more: how many were not."""

    lines: list[Line]
    named: int = 0
    broken: int = 0
    more: int = 0
    strange: int = 0

    def add(self, line: Line) -> None:
        before = self.lines[-1] if self.lines else None
        if line.n is not None:
            self.strange += _strange(line, before)
        if line.n is None or self.strange > MOST_STRANGE:
            self._count(line)
        elif before:
            self.lines.append(_shared(line, before))
        else:
            self.lines.append(line)

    def _count(self, line: Line) -> None:
        if self.named == MOST_NAMED:
            self.more += 1
            return
        self.named += 1
        self.broken = len(self.lines)
        self.lines.append(Line(line.place, None, None, "", line.sha256, "", version=line.version))

    def close(self) -> None:
        if self.more:
            self.lines[self.broken] = replace(self.lines[self.broken], more=self.more)


def _strange(line: Line, before: Line | None) -> int:
    """Return how much a record counts that is not as all others are."""
    follows = before is not None and (line.previous, line.host, line.key) == (before.sha256, before.host, before.key)
    return (not follows or line.told is not None) + (line.succession is not None) * _SUCCESSION_COUNTS


def _shared(line: Line, before: Line) -> Line:
    """Return a record that keeps no second copy of what the one before it says, too."""
    previous = before.sha256 if line.previous == before.sha256 else line.previous
    host = before.host if line.host == before.host else line.host
    key = before.key if line.key == before.key else line.key
    return replace(line, previous=previous, host=host, key=key)


def _line(place: int, line: bytes) -> Line:
    """Return what verification needs of a line: it must be quick, for there may be a hundred thousand."""
    sha256 = digest(line)
    try:
        found: Mapping[str, Any] = said(line)
        version, number = found.get("version", VERSION), found["n"]
        if type(version) is int and version > VERSION:
            return Line(place, None, None, "", sha256, "", version=version)
        if type(number) is not int or not 0 < number < _MOST or version != VERSION:
            return Line(place, None, None, "", sha256, "")
        when = clock.parse(found["when"])
        previous, host, key = str(found["previous"]), str(found.get("host", "")), str(found.get("key", ""))
        if max(len(previous), len(host), len(key)) > _LONGEST:
            raise ValueError("too long")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return Line(place, None, None, "", sha256, "")
    act, told = found.get("act"), None
    if act == OWN_ACT:
        verdict = _VERDICTS.get(str(found.get("result")), Verdict.UNKNOWN)
        told = Finding(verdict, f"record {number} of {clock.iso(when)} says: {str(found.get('message'))[:_TOLD]}")
    succession = _succession(number, found.get("facts")) if act == SUCCESSION else None
    return Line(place, number, when, previous, sha256, host, key, told, succession)


def _succession(number: int, facts: Plain) -> Succession:
    """Return why the ledger goes on with another key; where that can't be read, it explains nothing."""
    try:
        told = decode(Succession, facts, f"record {number}", "facts")
    except Damaged:
        return Succession()
    heads = [head.sha256 for head in (told.continues, told.lost) if head]
    if any(len(text) > _LONGEST for text in (told.old, told.new, *heads)):
        return Succession()
    if max(len(told.old_public), len(told.new_public)) > _LONGEST_KEY:
        return Succession()
    return replace(told, reason=told.reason[:_TOLD], further=Further())


def signer(lines: list[Line]) -> str:
    """Return the machine that the newest record names; nothing where there is none."""
    return next((line.host for line in reversed(lines) if line.host), "")


def fail(message: str) -> Finding:
    """Return what is tampering, or can't be told from it."""
    return Finding(Verdict.FAIL, message)


def few(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the first findings of each verdict, and of how many more there are the number."""
    counts: Counter[Verdict] = Counter()
    for finding in found:
        counts[finding.verdict] += 1
        if counts[finding.verdict] <= MOST_NAMED:
            yield finding
    for verdict, count in counts.items():
        if count > MOST_NAMED:
            yield Finding(verdict, f"and {count - MOST_NAMED} more of this kind")


def records(first: int, last: int) -> str:
    """Return how records are named: one, or from one to another."""
    return f"record {first}" if first == last else f"records {first} to {last}"
