"""Heads that were noted elsewhere: a ledger must still hold them, or a succession must say why it does not.

A succession after a restore excuses the head that it names by its digest. It excuses others between that one and the
head it goes on from only if they were seen before it was written: what was written since, no restore has lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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


def _lost(lines: list[Line], anchor: Anchor) -> Finding | None:
    """Return what a succession says of a head that is not here; None when none excuses it."""
    for line in lines:
        if _excuses(line, anchor):
            reason = line.succession.reason if line.succession else ""
            message = f"record {anchor.head.n}, noted elsewhere, was lost when the machine was restored"
            return Finding(Verdict.WARN, f"{message}, according to record {line.n}: {reason}")
    return None


def _excuses(line: Line, anchor: Anchor) -> bool:
    told = line.succession
    if told is None or line.n is None or not told.restored or told.lost is None:
        return False
    if told.continues != NotedHead(n=line.n - 1, sha256=line.previous):
        return False
    if (told.lost.n, told.lost.sha256) == (anchor.head.n, anchor.head.sha256):
        return True
    between = told.continues.n < anchor.head.n < told.lost.n
    if anchor.noted is not None and told.lost.sha256 not in anchor.noted.get(told.lost.n, ()):
        return False  # anybody can invent a number
    return between and line.sha256 not in anchor.after and _written_since(line, anchor.seen)


def _written_since(line: Line, seen: datetime | None) -> bool:
    """Whether a line was written after a moment; one that is dated in the future may have been written at any time."""
    return bool(seen and line.when and seen <= line.when <= clock.now() + clock.SKEW)
