"""Heads that were noted elsewhere: a ledger must still hold them, or a succession must say why it does not.

A succession after a restore excuses the head that it names by its digest. It excuses others between that one and the
head it goes on from only if they were seen before it was written: what was written since, no restore has lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ops.core import clock
from ops.core.verdict import Finding, Verdict
from ops.evidence.ledger import Head
from ops.evidence.reader import Line, fail
from ops.interfaces.record import NotedHead


@dataclass(frozen=True)
class Anchor:
    """A head that was noted elsewhere.

    seen: when; None where that is not known, as on paper. after: digests of the lines that were seen before it, as far
    as they are known: no succession among them can have lost it. noted: heads that are known where it was noted, by
    number; None where they are not. A succession that names a later one as lost excuses this one only if it is known.
    """

    head: Head
    seen: datetime | None = None
    after: Collection[str] = ()
    noted: Mapping[int, Collection[str]] | None = None


def judged(lines: list[Line], anchor: Anchor) -> Iterator[Finding]:
    """Say whether a ledger still holds a head."""
    number = anchor.head.n
    held = next((line.sha256 for line in lines if line.n == number), None)
    if held == anchor.head.sha256:
        yield Finding(Verdict.PASS, f"record {number} is the one noted elsewhere")
    elif told := _lost(lines, anchor):
        yield told
    elif held is None:
        yield fail(f"record {number}, noted elsewhere, is not in this ledger: its end was cut off")
    else:
        yield fail(f"record {number} is not the one noted elsewhere: the ledger was rewritten")


def naming(lines: Iterable[Line], head: Head) -> Line | None:
    """Return the succession after a restore that names a head as lost, by its digest; None when none does."""
    return next((line for line in lines if _restored(line) and _names(line, head)), None)


def lost(head: Head, line: Line) -> Finding:
    """Return that a head was lost, as a succession says."""
    reason = line.succession.reason if line.succession else ""
    message = f"record {head.n}, noted elsewhere, was lost when the machine was restored"
    return Finding(Verdict.WARN, f"{message}, according to record {line.n}: {reason}")


def _lost(lines: list[Line], anchor: Anchor) -> Finding | None:
    """Return what a succession says of a head that is not here; None when none excuses it."""
    return next((lost(anchor.head, line) for line in lines if _excuses(line, anchor)), None)


def _restored(line: Line) -> bool:
    """Whether a line is a succession after a restore that lost records, and goes on from the record before it."""
    told = line.succession
    if told is None or line.n is None or not told.restored or told.lost is None:
        return False
    return told.continues == NotedHead(n=line.n - 1, sha256=line.previous)


def _names(line: Line, head: Head) -> bool:
    named = line.succession.lost if line.succession else None
    return named is not None and (named.n, named.sha256) == (head.n, head.sha256)


def _excuses(line: Line, anchor: Anchor) -> bool:
    if not _restored(line):
        return False
    if _names(line, anchor.head):
        return True
    told = line.succession
    if told is None or told.lost is None or told.continues is None:
        return False
    between = told.continues.n < anchor.head.n < told.lost.n
    if anchor.noted is not None and told.lost.sha256 not in anchor.noted.get(told.lost.n, ()):
        return False  # anybody can invent a number
    return between and line.sha256 not in anchor.after and _written_since(line, anchor.seen)


def _written_since(line: Line, seen: datetime | None) -> bool:
    """Whether a line was written after a moment; one that is dated in the future may have been written at any time."""
    return bool(seen and line.when and seen <= line.when <= clock.now() + clock.SKEW)
