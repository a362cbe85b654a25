"""A repository that costs next to nothing to open and to copy: each test may have its own, and start restic often.

restic makes keys that take most of a second, which is right and is all that a start of it costs. Here the same master
key is kept under the same password, with the least that restic accepts for the derivation; restic's design document
("Keys, Encryption and MAC") has the format.
"""

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

NONCE, MAC = 16, 16
LEAST = {"N": 2, "r": 1, "p": 1}


def cheapen(repository: Path, password: str) -> None:
    """Put a cheap key in the place of a repository's only key, and remove the folders for packs that hold none.

    There are 256 of them, and whoever stores a pack makes its folder where it is missing.
    """
    (old,) = (repository / "keys").iterdir()
    name, text = cheap(old.read_text(), password)
    old.unlink()
    (repository / "keys" / name).write_text(text)
    for folder in (repository / "data").iterdir():
        if not any(folder.iterdir()):
            folder.rmdir()


def cheap(dear: str, password: str) -> tuple[str, str]:
    """Given what is in the file of a key, return the id and the content of a cheap one in its place."""
    key = json.loads(dear)
    sealed = base64.b64decode(key["data"])
    nonce, content = sealed[:NONCE], sealed[NONCE:-MAC]
    new = key | LEAST
    data = nonce + _cipher(_derived(new, password), nonce, _cipher(_derived(key, password), nonce, content))
    new["data"] = base64.b64encode(data + _mac(_derived(new, password), nonce, data[NONCE:])).decode()
    text = json.dumps(new)
    return hashlib.sha256(text.encode()).hexdigest(), text


def _derived(key: dict, password: str) -> bytes:
    salt = base64.b64decode(key["salt"])
    return hashlib.scrypt(password.encode(), salt=salt, n=key["N"], r=key["r"], p=key["p"], maxmem=1 << 30, dklen=64)


def _cipher(derived: bytes, nonce: bytes, content: bytes) -> bytes:
    """Encrypt or decrypt, which is the same."""
    return Cipher(algorithms.AES(derived[:32]), modes.CTR(nonce)).encryptor().update(content)


def _mac(derived: bytes, nonce: bytes, content: bytes) -> bytes:
    # One block, so there is no pattern that ECB could show; Poly1305-AES is defined with it.
    masked = Cipher(algorithms.AES(derived[32:48]), modes.ECB()).encryptor().update(nonce)
    return Poly1305.generate_tag(derived[48:64] + masked, content)
