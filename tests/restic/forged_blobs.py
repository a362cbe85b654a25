"""A repository whose owner's key an intruder has: a blob holds something else, and all seals around it are right."""

import base64
import hashlib
import json
from pathlib import Path

from cheap_key import MAC, NONCE, _cipher, _derived, _mac
from one_machine import PASSWORD, Machine


def forge(machine: Machine, name: str, blob: str) -> None:
    """Let a blob of one of a machine's repositories hold something else under its right name."""
    repository = machine.stored / "his1" / name
    key = _master(repository)
    for index in sorted((repository / "index").iterdir()):
        told = json.loads(machine.place(name).repository.complaints(["cat", "index", index.name], timeout=60))
        for pack in told["packs"]:
            for part in pack["blobs"]:
                if part["id"] == blob:
                    pack["id"] = _changed(repository, pack["id"], part["offset"], part["length"], key)
                    _sealed(repository, index, told, key)
                    return
    raise AssertionError(f"no index names {blob}")


def _master(repository: Path) -> bytes:
    """The keys of a repository, in the order in which a derived key has them."""
    (file,) = (repository / "keys").iterdir()
    key = json.loads(file.read_text())
    sealed = base64.b64decode(key["data"])
    told = json.loads(_cipher(_derived(key, PASSWORD), sealed[:NONCE], sealed[NONCE:-MAC]))
    return b"".join(base64.b64decode(part) for part in (told["encrypt"], told["mac"]["k"], told["mac"]["r"]))


def _seal(key: bytes, nonce: bytes, content: bytes) -> bytes:
    data = _cipher(key, nonce, content)
    return nonce + data + _mac(key, nonce, data)


def _changed(repository: Path, pack: str, offset: int, length: int, key: bytes) -> str:
    """Store a pack anew with one byte of a blob changed; return its name."""
    old = repository / "data" / pack[:2] / pack
    content = old.read_bytes()
    sealed = content[offset : offset + length]
    plain = bytearray(_cipher(key, sealed[:NONCE], sealed[NONCE:-MAC]))
    plain[len(plain) // 2] ^= 1
    new = content[:offset] + _seal(key, sealed[:NONCE], bytes(plain)) + content[offset + length :]
    name = hashlib.sha256(new).hexdigest()
    (repository / "data" / name[:2]).mkdir(exist_ok=True)
    (repository / "data" / name[:2] / name).write_bytes(new)
    old.unlink()
    return name


def _sealed(repository: Path, index: Path, told: dict, key: bytes) -> None:
    content = _seal(key, index.read_bytes()[:NONCE], json.dumps(told).encode())
    (repository / "index" / hashlib.sha256(content).hexdigest()).write_bytes(content)
    index.unlink()
