"""What this machine's ledger says of duties: when each was last attested, and by whom."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core import clock
from ops.core.errors import Damaged
from ops.evidence.ledger import NAME
from ops.evidence.lines import each
from ops.evidence.verification import CLOCKS_APART
from ops.interfaces.outcome import AttestationFacts
from ops.interfaces.record import read
from ops.interfaces.status_answer import Attested
from ops.jobs.ledger.attest import ATTESTATION
from ops.policy.duty import EARLIEST

# As a ledger's lines are written; there may be a hundred thousand, and few attest a duty.
_ACT, _DUTY = f'"act":"{ATTESTATION}"'.encode(), b'"duty":'
_WHEN = re.compile(rb'"when":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')


@dataclass(frozen=True)
class _Line:
    """What counts of a line: when it was recorded, empty where that can't be, and what it attests of a duty."""

    when: str
    duty: str = ""
    attested: Attested | None = None


def newest(duties: Collection[str], directory: Path) -> Mapping[str, Attested] | None:
    """Return the newest attestation of each of these duties that has one; None when the ledger can't be read.

    One counts only if no later record has an earlier time: the clock stood wrong, and it may be of any day. One that
    does not count is returned, with that time, where no other of its duty counts.
    """
    if not duties:
        return {}
    try:
        lines = [_line(line) for line in each(directory / NAME)]
    except FileNotFoundError:
        return {}
    except (Damaged, OSError):
        return None
    found: dict[str, Attested] = {}
    for duty, attested in _weighed(lines):
        if duty in duties and (duty not in found or _rank(attested) > _rank(found[duty])):
            found[duty] = attested
    return found


def _rank(attested: Attested) -> tuple[bool, str]:
    """Those that count stand above those that do not, and then the newest."""
    return bool(_time(attested.when)) and not attested.overtaken, attested.when


def _weighed(lines: Sequence[_Line]) -> Iterator[tuple[str, Attested]]:
    """Yield each attestation of a duty, the last first, with the earliest time of a later record if that is earlier."""
    earliest = ""
    for line in reversed(lines):
        if line.attested:
            yield line.duty, replace(line.attested, overtaken=earliest if _before(earliest, line.when) else "")
        earliest = min(filter(None, (earliest, line.when)), default="")


def _before(later: str, when: str) -> bool:
    """Return whether the time of a later record is earlier, by more than a clock is corrected by all the time."""
    return bool(later and when) and clock.parse(later) < clock.parse(when) - CLOCKS_APART


def _line(line: bytes) -> _Line:
    found = _WHEN.search(line)
    duty, attested = _attested(line) or ("", None)
    return _Line(_time(found[1].decode("ascii")) if found else "", duty, attested)


def _time(text: str) -> str:
    """Return a time that can be that of a record; empty for another text."""
    try:
        return text if clock.parse(text).date() >= EARLIEST else ""
    except ValueError:
        return ""


def _attested(line: bytes) -> tuple[str, Attested] | None:
    """Return the duty that a line attests, with when and by whom; None where it is another record, or none."""
    if _ACT not in line or _DUTY not in line:
        return None
    try:
        record = read(line, "a record")
        facts = record.outcome()
    except Damaged:
        return None
    if not isinstance(facts, AttestationFacts) or facts.duty is None:
        return None
    return facts.duty, Attested(when=record.when, by=facts.by, n=record.n)
