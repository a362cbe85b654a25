"""Which key signs which machine's ledger, as this machine knows it: a list that ssh-keygen reads, beside the inventory.

A machine's first key is noted when it is first seen. Another one is never noted by itself: it is a warning until a
person, who compared its fingerprint with the succession in the machine's ledger, adds its line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ops.core.errors import SeawallError
from ops.core.files import write_atomically
from ops.core.verdict import Finding, Verdict
from ops.evidence.keys import all_listed, fingerprint, listed
from ops.evidence.ssh_signature import NAMESPACE
from ops.fleet.inventory import SIGNERS

_KEY = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}", re.ASCII)


def place(inventory: Path) -> Path:
    """Return the list for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / SIGNERS


def judged(path: Path, host: str, told: str, known: Sequence[str] | None = None) -> Finding | None:
    """Judge the key that a machine tells; None when it is known, or the first one.

    known: the machine's keys in the list, where that was read already.
    """
    known = listed(path, host) if known is None else known
    if not _KEY.fullmatch(told):
        return Finding(Verdict.UNKNOWN, "reports no ledger key, although one is listed here") if known else None
    if not known or told in known:
        return None
    words = f"its ledger key is now {fingerprint(told)}, which is not in {path.name}"
    return Finding(Verdict.WARN, f"{words}: compare it with the succession in its ledger, then add its line")


def as_told(finding: Finding, key: str | None) -> Finding:
    """Return a finding that says that a machine's first key was listed as the machine told it, if one was."""
    if key is None:
        return finding
    words = f"its key {fingerprint(key)} was listed as it told it, unverified: compare it on the machine"
    return replace(finding, message=f"{finding.message}; {words}")


def note(path: Path, told: Mapping[str, str]) -> dict[str, str]:
    """Add the first keys of machines that have none in the list, and return those; raise SeawallError."""
    known = all_listed(path)
    fresh = {host: key for host, key in told.items() if _KEY.fullmatch(key) and not known.get(host)}
    if not fresh:
        return {}
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = "".join(f'{host} namespaces="{NAMESPACE}" {key}\n' for host, key in fresh.items())
        write_atomically(path, before + lines, 0o644)
    except OSError as error:
        raise SeawallError(f"the ledger keys can't be written to {path}: {error.strerror}") from error
    return fresh
