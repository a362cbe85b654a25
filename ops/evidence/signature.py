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
    STRANGER = "of a key that is not listed for this machine"
    BROKEN = "not a signature of this text"


def sign(text: str, key: Path) -> str:
    """Return the signature of a text by a key file, as ssh-keygen writes it."""
    words: list[str | Path] = ["ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", key]
    return run(words, timeout=SECONDS, input=text).stdout


def check(text: str, signature: Path, signers: Path, signer: str) -> Signed:
    """Given a text and the file with its signature, say whose it is by the list of signers."""
    common: list[str | Path] = ["-n", NAMESPACE, "-s", signature]
    listed: list[str | Path] = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", signer, *common]
    if _agrees(listed, text):
        return Signed.OURS
    anyone: list[str | Path] = ["ssh-keygen", "-Y", "check-novalidate", *common]
    return Signed.STRANGER if _agrees(anyone, text) else Signed.BROKEN


def fingerprint(signers: Path, signer: str) -> str:
    """Return the fingerprint of the newest key that a list gives a machine; nothing when it lists none."""
    try:
        listed = [line.split() for line in signers.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    keys = [words[place : place + 2] for words in listed if words[:1] == [signer] for place in _key_places(words)]
    if not keys:
        return ""
    try:
        told = run(["ssh-keygen", "-l", "-f", "-"], timeout=SECONDS, input=" ".join(keys[-1]) + "\n").stdout
    except CommandError:
        return ""
    return told.split()[1]


def _key_places(words: list[str]) -> list[int]:
    """Return where in a line of signers the kind of key stands; options may come before it, a comment after."""
    return [place for place, word in enumerate(words) if word.startswith(("ssh-", "sk-ssh-", "ecdsa-"))][:1]


def _agrees(words: list[str | Path], text: str) -> bool:
    try:
        run(words, timeout=SECONDS, input=text)
    except CommandError:
        return False
    return True
