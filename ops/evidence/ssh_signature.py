"""Signatures of the ledger's head, made and checked by OpenSSH's own ssh-keygen."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from ops.core.errors import CommandError
from ops.core.run import run

NAMESPACE = "seawall-ledger"
SECONDS = 20.0


class Signed(Enum):
    """Whose signature it is."""

    OURS = "a listed signer's"
    STRANGER = "by a key that is not listed for this machine"
    BROKEN = "not a signature of this text"


def sign(text: str, key: Path, namespace: str = NAMESPACE) -> str:
    """Return the signature of a text by a key file, as ssh-keygen writes it; namespace: what it is good for."""
    words: list[str | Path] = ["ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", key]
    return run(words, timeout=SECONDS, input=text).stdout


def check(text: str, signature: Path, signers: Path, signer: str) -> Signed:
    """Given a text and the file with its signature, say whose it is by the list of signers."""
    common: list[str | Path] = ["-n", NAMESPACE, "-s", signature]
    if agrees(text, signature, signers, signer):
        return Signed.OURS
    anyone: list[str | Path] = ["ssh-keygen", "-Y", "check-novalidate", *common]
    return Signed.STRANGER if _accepted(anyone, text) else Signed.BROKEN


def agrees(text: str, signature: Path, signers: Path, signer: str, namespace: str = NAMESPACE) -> bool:
    """Whether a signature of a text is by a key that the list gives this signer, for that namespace."""
    words: list[str | Path] = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", signer, "-n", namespace]
    return _accepted([*words, "-s", signature], text)


def _accepted(words: list[str | Path], text: str) -> bool:
    try:
        run(words, timeout=SECONDS, input=text)
    except CommandError:
        return False
    return True
