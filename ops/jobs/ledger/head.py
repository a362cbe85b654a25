"""Where a ledger ends, and whether it may be believed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.verdict import Verdict, worst
from ops.evidence.keys import newest
from ops.evidence.ledger import NAME, Head
from ops.evidence.reader import read, signer
from ops.evidence.verification import verify
from ops.jobs.host import own_policy


@dataclass(frozen=True)
class End:
    """The end of a ledger: its head, whose it is, the fingerprint of the key that signs, the verdict on all of it."""

    head: Head
    host: str
    fingerprint: str
    verdict: Verdict


def end_of(directory: Path, signers: Path) -> End:
    """Return where the ledger in a folder ends; raise Unavailable when there is none."""
    head = Head.of(directory)
    if head is None:
        own_policy.demand_ledgers_server(directory)
        raise Unavailable(f"there is no ledger head in {directory}", "the first act creates it")
    host = signer(read(directory / NAME)[0])
    return End(head, host, newest(signers, host), worst(finding.verdict for finding in verify(directory, signers)))
