"""The lines of a ledger as verification sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.verdict import Finding, Verdict
from ops.evidence.ledger import OWN_ACT, SUCCESSION, digest

_VERDICTS = {verdict.value: verdict for verdict in Verdict}


@dataclass(frozen=True)
class Line:
    """A line of a ledger. n: the number it gives itself; None when it is no record.

    key: the fingerprint of the key it was written with. told: what the ledger says there of itself.
    succession: the facts of a line that says why the ledger goes on with another key or from an older state.
    """

    place: int
    n: int | None
    when: datetime | None
    previous: str
    sha256: str
    host: str
    key: str = ""
    told: Finding | None = None
    succession: Mapping[str, Any] | None = None


def read(path: Path) -> tuple[list[Line], int]:
    """Return the whole lines, and how many bytes of a line cut short follow them."""
    lines: list[Line] = []
    if not path.exists():
        return lines, 0
    with path.open("rb") as file:
        for place, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return lines, len(line)
            lines.append(_line(place, line))
    return lines, 0


def _line(place: int, line: bytes) -> Line:
    sha256 = digest(line)
    try:
        said: dict[str, Any] = json.loads(line)
        number, when = int(said["n"]), clock.parse(said["when"])
        previous, host, key = str(said["previous"]), str(said.get("host", "")), str(said.get("key", ""))
    except (ValueError, TypeError, KeyError):
        return Line(place, None, None, "", sha256, "")
    told = None
    if said.get("act") == OWN_ACT:
        verdict = _VERDICTS.get(str(said.get("result")), Verdict.UNKNOWN)
        told = Finding(verdict, f"record {number} of {said['when']} says: {said.get('message')}")
    facts = said.get("facts") if said.get("act") == SUCCESSION else None
    return Line(place, number, when, previous, sha256, host, key, told, facts if isinstance(facts, dict) else None)


def signer(lines: list[Line]) -> str:
    """Return the machine that the newest record names; nothing where there is none."""
    return next((line.host for line in reversed(lines) if line.host), "")


def fail(message: str) -> Finding:
    """Return what is tampering, or can't be told from it."""
    return Finding(Verdict.FAIL, message)


def records(first: int, last: int) -> str:
    """Return how records are named: one, or from one to another."""
    return f"record {first}" if first == last else f"records {first} to {last}"
