"""What a ledger says of the acts before: the figures that a new one is compared with."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TypeVar

from ops.core.errors import Damaged
from ops.evidence.ledger import NAME
from ops.evidence.lines import each
from ops.interfaces.outcome import OutcomeFacts
from ops.interfaces.record import read

F = TypeVar("F", bound=OutcomeFacts)


def past(directory: Path, act: str, subject: str, kind: type[F], most: int = 10) -> list[F]:
    """Return the facts of the newest records of one act on one subject, the oldest first.

    Lines that are no records, and acts that left other facts, are passed over.
    """
    found: deque[F] = deque(maxlen=most)
    named, done = f'"{subject}"'.encode(), f'"act":"{act}"'.encode()  # as a ledger's lines are written
    try:
        for line in each(directory / NAME):
            facts = _facts(line, act, subject) if named in line and done in line else None
            if isinstance(facts, kind):
                found.append(facts)
    except FileNotFoundError:
        return []
    return list(found)


def _facts(line: bytes, act: str, subject: str) -> OutcomeFacts | None:
    """Return the facts that a line keeps of an act on a subject; None where it is another one, or no record."""
    try:
        record = read(line, "a record")
        return record.outcome() if (record.act, record.subject) == (act, subject) else None
    except Damaged:
        return None
