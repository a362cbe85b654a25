"""The lines of a ledger as verification sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.document import decode
from ops.core.errors import Damaged
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.evidence.ledger import OWN_ACT, SUCCESSION, digest
from ops.evidence.lines import each, said
from ops.interfaces.record import VERSION, Succession

_MOST = 10**15  # records; more are no number that a ledger counts to
_VERDICTS = {verdict.value: verdict for verdict in Verdict}


@dataclass(frozen=True)
class Line:
    """A line of a ledger. n: the number it gives itself; None when it is no record.

    key: the fingerprint of the key it was written with. told: what the ledger says there of itself.
    succession: the facts of a line that says why the ledger goes on with another key or from an older state.
    version: of the format it was written in; a line of a later one is no record for this release.
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


def read(path: Path) -> tuple[list[Line], int]:
    """Return the whole lines, and how many bytes of a line cut short follow them."""
    lines: list[Line] = []
    if not path.exists():
        return lines, 0
    for place, line in enumerate(each(path), 1):
        if not line.endswith(b"\n"):
            return lines, len(line)
        lines.append(_line(place, line))
    return lines, 0


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
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return Line(place, None, None, "", sha256, "")
    act, told = found.get("act"), None
    if act == OWN_ACT:
        verdict = _VERDICTS.get(str(found.get("result")), Verdict.UNKNOWN)
        told = Finding(verdict, f"record {number} of {found['when']} says: {found.get('message')}")
    succession = _succession(number, found.get("facts")) if act == SUCCESSION else None
    return Line(place, number, when, previous, sha256, host, key, told, succession)


def _succession(number: int, facts: Plain) -> Succession:
    """Return why the ledger goes on with another key; where that can't be read, it explains nothing."""
    try:
        return decode(Succession, facts, f"record {number}", "facts")
    except Damaged:
        return Succession()


def signer(lines: list[Line]) -> str:
    """Return the machine that the newest record names; nothing where there is none."""
    return next((line.host for line in reversed(lines) if line.host), "")


def fail(message: str) -> Finding:
    """Return what is tampering, or can't be told from it."""
    return Finding(Verdict.FAIL, message)


def records(first: int, last: int) -> str:
    """Return how records are named: one, or from one to another."""
    return f"record {first}" if first == last else f"records {first} to {last}"
