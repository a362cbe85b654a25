"""The versions of each machine's policy, kept by digest on the control machine whenever ledgers are collected.

Records name the version under which they were made. Without these files nobody could say later what it demanded.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from ops.core.document import read_file
from ops.core.errors import Damaged, SeawallError
from ops.core.files import write_atomically
from ops.fleet.control_machine.identity import folder
from ops.policy import HostPolicy
from ops.policy.compile import document

MOST_BYTES = 64 << 20  # of one policy
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def place(inventory: Path) -> Path:
    """Return the folder for an inventory."""
    return folder(inventory) / "var/lib/seawall/policies"


def exact(policy: HostPolicy) -> bytes:
    """Return a machine's policy as the bytes whose SHA-256 its records name."""
    return json.dumps(document(policy), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def note(inventory: Path, policies: Mapping[str, HostPolicy]) -> None:
    """Keep each machine's policy as it is now, where it is not kept yet; raise SeawallError where it can't be."""
    home = place(inventory)
    try:
        folder(inventory).mkdir(mode=0o700, exist_ok=True)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for policy in policies.values():
            content = exact(policy)
            path = home / f"{hashlib.sha256(content).hexdigest()}.json"
            if not path.exists():
                write_atomically(path, content.decode(), 0o600)
    except OSError as error:
        raise SeawallError(f"the policy's version can't be kept in {home}: {error.strerror}") from error


def kept(inventory: Path, digest: str) -> bytes | None:
    """Return the version of this digest; None where it is not kept. Raise Damaged where it is not what it was."""
    path = place(inventory) / f"{digest}.json"
    if not _DIGEST.fullmatch(digest) or not path.exists():
        return None
    content = read_file(path, MOST_BYTES, path.name)
    if hashlib.sha256(content).hexdigest() != digest:
        raise Damaged(f"{path} was changed after it was kept", "move it away; a backup of the control machine has it")
    return content
