"""What a machine's collected ledger tells of a period.

Whoever wrote it may have written anything: figures without sense are left out, and names only count where the policy
has them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.document import parse
from ops.core.errors import Damaged
from ops.evidence.completeness import ROUND, Completed, completed_by
from ops.evidence.ledger import NAME
from ops.evidence.lines import each
from ops.interfaces.fleet_period import Measured
from ops.interfaces.joined import OLDEST
from ops.interfaces.record import LIMITS

ATTESTATION = "attestation"
REPORT = "report-"  # and the day: the subject of a daily report's attestation
_MOST = float(1 << 62)  # bytes or seconds; more than this is none


@dataclass(frozen=True, kw_only=True)
class Word:
    """A person's word on a daily report. sha256: of the file that they named; empty: none."""

    by: str
    when: str
    sha256: str


@dataclass
class Book:
    """done: acts by kind and asset. measured: what good backups and drills took. words: on daily reports, by subject.

    begins: when the first act of the ledger began; None where it has none.
    """

    begins: datetime | None = None
    done: dict[tuple[str, str], list[Completed]] = field(default_factory=lambda: defaultdict(list))
    measured: dict[tuple[str, str], list[Measured]] = field(default_factory=lambda: defaultdict(list))
    words: dict[str, list[Word]] = field(default_factory=lambda: defaultdict(list))


def read(directory: Path, since: datetime, known: datetime) -> Book:
    """Read a collected ledger; raise OSError or Damaged.

    since: what is older is not measured. known: when it was collected; what is of a later time was written by a clock
    that was ahead, and was done at no time that is known.
    """
    book = Book()
    for line in each(directory / NAME):
        one = completed_by(line)
        if one is None or one.began > known + clock.SKEW:
            continue
        book.begins = book.begins or one.began
        if one.act in {"backup", "copy", "drill", OLDEST, ROUND}:
            book.done[one.act, one.asset].append(one)
        if one.act in {"backup", "drill"} and one.good and one.began >= since:
            book.measured[one.act, one.asset].append(_measured(one, _facts(line)))
        elif one.act == ATTESTATION and one.asset.startswith(REPORT):
            book.words[one.asset].append(_word(one, _facts(line)))
    return book


def _facts(line: bytes) -> Mapping[str, Any]:
    """Return the facts of a line; it is within the limits of a record, for it was understood as one."""
    try:
        found = json.loads(line) if len(line) <= 1 << 16 else parse(line, LIMITS, "a record")
        facts = found.get("facts") if isinstance(found, Mapping) else None
    except (ValueError, RecursionError, Damaged):
        return {}
    return facts if isinstance(facts, Mapping) else {}


def _measured(one: Completed, facts: Mapping[str, Any]) -> Measured:
    seconds = _figure(facts.get("recovery_seconds" if one.act == "drill" else "seconds"))
    size = _figure(facts.get("bytes")) if one.act == "backup" else None
    return Measured(when=clock.iso(one.began), seconds=seconds, bytes=None if size is None else int(size))


def _figure(value: Any) -> float | None:
    """Return a figure that makes sense; None for anything else."""
    if type(value) not in {int, float} or not 0 <= value < _MOST:
        return None
    return float(value)


def _word(one: Completed, facts: Mapping[str, Any]) -> Word:
    shown = facts.get("shown_by")
    digest = shown.get("sha256") if isinstance(shown, Mapping) else ""
    return Word(by=str(facts.get("by") or "")[:200], when=clock.iso(one.began), sha256=str(digest or ""))
