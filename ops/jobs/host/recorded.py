"""What this machine's own ledger recorded of a set: whoever may write to a repository can't write there as well."""

from __future__ import annotations

from pathlib import Path

from ops.core.errors import Damaged
from ops.core.files import digest
from ops.evidence.ledger import NAME
from ops.evidence.lines import each, said
from ops.interfaces.acts import facts_of
from ops.interfaces.outcome import BackupFacts
from ops.jobs.host import folders

_BACKUP = "backup"
_HINT = "find out who writes there; --from restores from another repository, --at another set"


def demand_manifest(asset: str, identity: str, file: Path) -> None:
    """Demand that a manifest is the one that the backup recorded; raise Damaged for another one.

    A set that the ledger does not know passes: the machine may have been made anew, or the backup killed before its
    record. So does every set where the ledger can't be read: that must not keep anybody from restoring.
    """
    known = _digest(asset, identity)
    if known and known != digest(file):
        raise Damaged(
            f"the manifest of set {identity} of {asset} is not the one that this machine's ledger records", _HINT
        )


def _digest(asset: str, identity: str) -> str | None:
    """Return the digest of a set's manifest by the newest record of its backup; None where there is none."""
    found = None
    try:
        for line in each(folders.state() / "ledger" / NAME):
            if identity.encode() in line:
                found = _told(line, asset, identity) or found
    except (OSError, Damaged):
        return None
    return found


def _told(line: bytes, asset: str, identity: str) -> str | None:
    try:
        record = said(line)
        if (record.get("act"), record.get("subject")) != (_BACKUP, asset):
            return None
        facts = facts_of(_BACKUP, record.get("facts"), "a record", "facts")
    except (ValueError, Damaged):
        return None
    return facts.manifest_sha256 if isinstance(facts, BackupFacts) and facts.set == identity else None
