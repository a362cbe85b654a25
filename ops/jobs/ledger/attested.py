"""What this machine's ledger says of duties: when each was last attested, and by whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from ops.core.errors import Damaged
from ops.evidence.ledger import NAME
from ops.interfaces.outcome import AttestationFacts
from ops.interfaces.record import read
from ops.interfaces.status_answer import Attested
from ops.jobs.ledger.attest import ATTESTATION

# As a ledger's lines are written; there may be a hundred thousand, and few of these.
_ACT, _DUTY = f'"act":"{ATTESTATION}"'.encode(), b'"duty":'


def newest(duties: Collection[str], directory: Path) -> Mapping[str, Attested] | None:
    """Return the newest attestation of each of these duties that has one; None when the ledger can't be read."""
    found: dict[str, Attested] = {}
    if not duties:
        return found
    try:
        with (directory / NAME).open("rb") as file:
            for line in file:
                duty, attested = _attested(line) or ("", None)
                if attested and duty in duties:
                    found[duty] = attested
    except FileNotFoundError:
        return found
    except OSError:
        return None
    return found


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
