"""Sealing the key sheet to its holders: each opens it alone, with GnuPG and a private key that never comes here.

GnuPG's own format is read by every Debian since long before this and for long after, by hardware tokens, too. It is
given the public keys as files: no keyring, no trust database, and no key of this account's takes part.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import CommandError, Damaged, UsageError
from ops.core.files import write_atomically
from ops.core.run import run
from ops.fleet.inventory import HOLDERS

SECONDS = 60.0
_FIELDS = {"kind": 0, "validity": 1, "capabilities": 11}
_VOID = {"e": "has expired", "r": "was revoked", "d": "is disabled", "i": "is invalid"}


@dataclass(frozen=True)
class Holder:
    """Whoever opens a sealed sheet. fingerprint: of the public key in the file."""

    name: str
    file: Path
    fingerprint: str


def holders(inventory: Path, names: tuple[str, ...]) -> list[Holder]:
    """Return the policy's holders with their public keys; raise UsageError with what lacks or is wrong."""
    if not names:
        raise UsageError("the policy names no holders", "add `holders: [it, deputy]` to `control`; docs/keys.md")
    folder = (inventory if inventory.is_dir() else inventory.parent) / HOLDERS
    found = [_holder(name, folder / f"{name}.asc") for name in dict.fromkeys(names)]
    if len({one.fingerprint for one in found}) < len(found):
        raise UsageError(f"two files in {folder} hold the same key", "each holder needs a key of their own")
    return found


def _holder(name: str, file: Path) -> Holder:
    if not file.is_file():
        raise UsageError(f"{name} has no public key here", f"on {name}'s machine: gpg --armor --export > {file}")
    with tempfile.TemporaryDirectory(prefix="seawall-gpg-") as home:
        said = _gpg(home, "--with-colons", "--show-keys", str(file)).splitlines()
    rows = [line.split(":") for line in said]
    if any(row[0] in {"sec", "ssb"} for row in rows):
        raise UsageError(f"{file} holds a private key", "delete it there, and export the public one")
    public = [row for row in rows if row[0] == "pub"]
    if len(public) != 1:
        raise UsageError(f"{file} holds {len(public)} public keys, expected one", f"gpg --armor --export {name}'s ID")
    validity, able = (public[0][_FIELDS[field]] for field in ("validity", "capabilities"))
    if validity in _VOID:
        raise UsageError(f"the key in {file} {_VOID[validity]}", f"ask {name} for another one")
    if "E" not in able:
        raise UsageError(f"the key in {file} can't be sealed to", f"ask {name} for one with a subkey for encryption")
    fingerprint = next(row[9] for row in rows if row[0] == "fpr")
    return Holder(name, file, fingerprint)


def seal(text: str, to: list[Holder], output: Path) -> None:
    """Write a text sealed to some holders into a file; raise UsageError, or Damaged when it is not for all of them."""
    with tempfile.TemporaryDirectory(prefix="seawall-gpg-") as home:
        named = [word for one in to for word in ("--recipient-file", str(one.file))]
        sealed = _gpg(home, "--armor", "--trust-model", "always", *named, "--encrypt", text=text)
        packets = _gpg(home, "--list-packets", text=sealed, ok=(0, 2))  # it can't open what it lists
    if (count := packets.count(":pubkey enc packet:")) != len(to):
        raise Damaged(f"gpg sealed it to {count} of {len(to)} holders; nothing was written")
    write_atomically(output, sealed)


def fingerprints(to: list[Holder]) -> Mapping[str, str]:
    """Return the fingerprints of the holders' keys by their names."""
    return {one.name: one.fingerprint for one in to}


def _gpg(home: str, *words: str, text: str = "", ok: tuple[int, ...] = (0,)) -> str:
    argv = ["gpg", "--batch", "--no-tty", "--homedir", home, *words]
    try:
        return run(argv, timeout=SECONDS, input=text, ok=ok).stdout
    except CommandError as error:
        raise UsageError(f"gpg: {error.message}", "is the package gpg installed, and the file a public key?") from error
