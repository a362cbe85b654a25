"""The files of a validation protocol, and the list of their digests that is signed: `sha256sum` and `ssh-keygen` do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ops.core import output
from ops.core.errors import UsageError
from ops.evidence.ssh_signature import sign
from ops.fleet.evidence_pack.archive import demand_key, listed

SIGNER, NAMESPACE = "validation", "seawall-validation"
DIGESTS, SIGNATURE, SIGNERS = "SHA256SUMS", "SHA256SUMS.sig", "signers"


def with_signature(files: Mapping[str, bytes], key: Path) -> dict[str, bytes]:
    """Return files by name, with their digests and the signature of these; raise UsageError unless it is ed25519."""
    public = demand_key(key)
    digests = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    signature = sign(digests, key, NAMESPACE)
    return {
        **files,
        DIGESTS: digests.encode(),
        SIGNATURE: signature.encode(),
        SIGNERS: listed(SIGNER, NAMESPACE, public).encode(),
    }


def demand_new(folder: Path) -> None:
    """Raise UsageError where something is there already: a signed protocol is never replaced."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise UsageError(f"{folder} exists already", "name another folder with --out, or move it away")


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files; the signature comes last, so that a run that is killed leaves nothing that verifies."""
    demand_new(folder)
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
    except OSError as error:
        raise output.explained(error, folder) from error
    for name in sorted(files, key=lambda one: (one == SIGNATURE, one)):
        output.write(folder / name, files[name], mode=0o640)
