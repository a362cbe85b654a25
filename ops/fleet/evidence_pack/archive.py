"""The archive of an evidence pack: a manifest of digests, its signature, and a tar that the files alone determine."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path

from ops.core.errors import UsageError
from ops.evidence.keys import public
from ops.evidence.ssh_signature import sign

FOLDER = "seawall-evidence"
SIGNER, NAMESPACE = "evidence-pack", "seawall-evidence"
MANIFEST = "MANIFEST"
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*", re.ASCII)


def demand_key(key: Path) -> str:
    """Return the public half of the key that signs; raise UsageError for a key whose signatures differ each time."""
    made = public(key)
    if not made.startswith("ssh-ed25519 "):
        raise UsageError(f"{key} is no ed25519 key; a pack signed with it would differ each time", "name another --key")
    return made


def listed(name: str, namespace: str, key: str) -> str:
    """Return the line of a key in a list of signers."""
    return f'{name} namespaces="{namespace}" {key}\n'


def packed(files: Mapping[str, bytes], key: Path) -> bytes:
    """Return the archive of files by path, with their signed manifest; raise UsageError for a strange path."""
    for path in files:
        if not _PATH.fullmatch(path):
            raise UsageError(f"{path!r} can't be a path in the archive", "rename the host, pack or asset in it")
    digests = "".join(f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files))
    signed = {MANIFEST: digests.encode(), f"{MANIFEST}.sig": sign(digests, key, NAMESPACE).encode()}
    return tar({**files, **signed})


def tar(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files by path: in order, without times and owners."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as made:
        for path in sorted(files):
            member = tarfile.TarInfo(f"{FOLDER}/{path}")
            member.size, member.mode = len(files[path]), 0o644
            made.addfile(member, io.BytesIO(files[path]))
    return stream.getvalue()
