"""Verifying a signature of OpenSSH's without starting a program for each: a fleet has a thousand of them.

Only what the ledgers' keys make: ed25519 over SHA-512 or SHA-256, in the armour of `ssh-keygen -Y sign`. The format is
that of OpenSSH's PROTOCOL.sshsig.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Collection

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_MAGIC = b"SSHSIG"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_KIND = b"ssh-ed25519"
_VERSION = 1
_DIGESTS = {b"sha512": hashlib.sha512, b"sha256": hashlib.sha256}
_MOST = 4096  # characters of a signature; one has some 300


def signed_by(text: str, signature: str, keys: Collection[str], namespace: str) -> bool:
    """Whether a signature of a text, for a namespace, is by one of some public keys, each as OpenSSH writes it."""
    blobs = {blob for key in keys if (blob := _blob(key))}
    try:
        blob, made_for, digest, value = _parts(signature)
        if blob not in blobs or made_for != namespace.encode() or digest not in _DIGESTS:
            return False
        hashed = _DIGESTS[digest](text.encode("utf-8", "surrogatepass")).digest()
        signed = _MAGIC + b"".join(map(_packed, (made_for, b"", digest, hashed)))
        Ed25519PublicKey.from_public_bytes(_of_kind(blob)).verify(_of_kind(value), signed)
    except (ValueError, struct.error, InvalidSignature):
        return False
    return True


def _parts(signature: str) -> tuple[bytes, bytes, bytes, bytes]:
    """Return public key, namespace, name of the digest and the signature itself; raise ValueError or struct.error."""
    begin, _, rest = signature[:_MOST].strip().partition("\n")
    armoured, _, end = rest.rpartition("\n")
    if (begin.strip(), end.strip()) != (_BEGIN, _END):
        raise ValueError("no armour")
    data = base64.b64decode("".join(armoured.split()), validate=True)
    if data[:6] != _MAGIC or struct.unpack(">I", data[6:10]) != (_VERSION,):
        raise ValueError("no signature of this version")
    fields, data = [], data[10:]
    for _ in range(5):
        field, data = _string(data)
        fields.append(field)
    if data or fields[2]:
        raise ValueError("something follows, or stands where nothing may")
    return fields[0], fields[1], fields[3], fields[4]


def _of_kind(data: bytes) -> bytes:
    """Return what a key or signature of the one kind holds."""
    kind, data = _string(data)
    held, rest = _string(data)
    if kind != _KIND or rest:
        raise ValueError("another kind")
    return held


def _string(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack(">I", data[:4])
    if len(data) < 4 + length:
        raise ValueError("cut short")
    return data[4 : 4 + length], data[4 + length :]


def _packed(field: bytes) -> bytes:
    return struct.pack(">I", len(field)) + field


def _blob(key: str) -> bytes:
    try:
        return base64.b64decode(key.split()[1], validate=True)
    except (IndexError, binascii.Error):
        return b""
