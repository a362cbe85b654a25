"""Public keys as OpenSSH writes them: of a private key's file, of a list of signers; and their fingerprints."""

from __future__ import annotations

import base64
import hashlib
import struct
from pathlib import Path

from ops.core.errors import Damaged, Unavailable

_MAGIC = b"openssh-key-v1\0"
_KINDS = ("ssh-", "sk-ssh-", "ecdsa-", "sk-ecdsa-")


def public(private: Path) -> str:
    """Return the public half of a key file, which stands in it unsealed; raise Unavailable, Damaged."""
    try:
        lines = private.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise Unavailable(f"the key {private.name} can't be read: {error.strerror}") from error
    try:
        data = base64.b64decode("".join(line for line in lines if not line.startswith("-")))
        rest = data.removeprefix(_MAGIC)
        for _ in range(3):  # cipher, derivation, its options
            _, rest = _string(rest)
        blob, _ = _string(rest[4:])  # after the number of keys
        kind, _ = _string(blob)
        return f"{kind.decode('ascii')} {base64.b64encode(blob).decode('ascii')}"
    except (ValueError, struct.error) as error:
        raise Damaged(f"the key {private.name} is not in the format of ssh-keygen") from error


def _string(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack(">I", data[:4])
    if len(data) < 4 + length:
        raise ValueError("cut short")
    return data[4 : 4 + length], data[4 + length :]


def fingerprint(key: str) -> str:
    """Return the fingerprint of a public key, as ssh-keygen -l shows it; nothing for what is no key."""
    words = key.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (IndexError, ValueError):
        return ""
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode('ascii').rstrip('=')}"


def newest(signers: Path, signer: str) -> str:
    """Return the fingerprint of the newest key that a list gives a machine; nothing when it gives none."""
    return fingerprint((listed(signers, signer) or [""])[-1])


def listed(signers: Path, signer: str) -> list[str]:
    """Return the public keys that a list of signers gives a machine, the newest last; none where it can't be read."""
    return all_listed(signers).get(signer, [])


def all_listed(signers: Path) -> dict[str, list[str]]:
    """Return the public keys that a list of signers gives, by machine, the newest last; none where it can't be read."""
    try:
        lines = [line.split() for line in signers.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return {}
    found: dict[str, list[str]] = {}
    for words in lines:
        places = [place for place, word in enumerate(words) if word.startswith(_KINDS)]
        if places:
            found.setdefault(words[0], []).append(" ".join(words[places[0] : places[0] + 2]))
    return found
