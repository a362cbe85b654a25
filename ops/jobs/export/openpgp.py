"""The recipient's OpenPGP key, looked at before anything leaves, and encryption to it alone.

GnuPG gets a home of its own for each run, with the one key of the policy in it: no other key, no settings and no agent
of this machine's have a say. What it wrote is read back by code of ours: to which keys, and to no other.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ops.core.errors import CommandError, Damaged, UsageError
from ops.core.pipe import ROOT
from ops.core.run import run, stream
from ops.policy.exports import RecipientKey

_SECONDS = 60.0
_DAY = 86_400.0
_GPG = (
    *("gpg", "--batch", "--no-tty", "--quiet", "--no-options", "--no-groups", "--no-encrypt-to", "--no-autostart"),
    *("--disable-dirmngr", "--no-auto-key-locate", "--no-auto-key-retrieve", "--trust-model", "always"),
)
_SESSION_KEY, _OLD_FORMAT, _NEW_FORMAT = 1, 0x80, 0xC0
_ONE_BYTE, _TWO_BYTES = 192, 224  # how lengths in the new format begin
_HINT = "ask the recipient for the key as it is now, compare its fingerprint by another way, write it into the policy"
Feed = Callable[[IO[bytes]], int]


@dataclass(frozen=True)
class Key:
    """A key that data may be encrypted to. home: of GnuPG, with this key alone. expires: when it ends, if ever.

    subkeys: the ids of those of its keys that can encrypt now.
    """

    home: Path
    fingerprint: str
    expires: datetime | None
    subkeys: frozenset[str]


@contextmanager
def opened(wanted: RecipientKey, folder: Path, prefix: str) -> Iterator[Key]:
    """Look at a recipient's key, and lend it; folder: in memory, in which GnuPG's home is made with that prefix.

    Raise Damaged unless it is the one key that is meant, it has not ended or been revoked, and it can encrypt.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder) as name:
        home = Path(name)  # 0700, as mkdtemp makes it
        with suppress(CommandError):  # what it did not take is not there, and told below
            run([*_GPG, "--homedir", home, "--import"], input=wanted.key, timeout=_SECONDS, cwd=ROOT)
        listed = run([*_GPG, "--homedir", home, "--with-colons", "--list-keys"], timeout=_SECONDS, cwd=ROOT).stdout
        yield _judged(home, wanted.pinned, [line.split(":") for line in listed.splitlines()])


def _judged(home: Path, pinned: str, lines: list[list[str]]) -> Key:
    keys: list[dict[str, str]] = []
    for line in lines:
        if line[0] in {"pub", "sub"}:
            keys.append(
                dict(zip(("kind", "state", "id", "ends", "can"), (*line[:2], *line[4:7:2], line[11]), strict=True))
            )
        elif line[0] == "fpr" and keys:
            keys[-1].setdefault("fingerprint", line[9])
    first = [one for one in keys if one["kind"] == "pub"]
    if not first:
        raise Damaged("the recipient's key can't be read: GnuPG takes no key from its text", _HINT)
    if len(first) > 1 or first[0].get("fingerprint") != pinned:
        found = ", ".join(one.get("fingerprint", "?") for one in first)
        raise Damaged(f"the recipient's key is another one: the policy pins {pinned}, its text holds {found}", _HINT)
    _demand_good(first[0], "the recipient's key")
    usable = [one for one in keys if one["state"] not in {"e", "r", "d", "i", "n"} and "e" in one["can"]]
    if not usable:
        for one in keys[1:]:
            if "e" in one["can"]:
                _demand_good(one, "the recipient's subkey for encryption")
        raise Damaged("the recipient's key can't encrypt: it is for signatures alone", _HINT)
    ends = [_moment(one["ends"]) for one in (first[0], max(usable, key=lambda one: one["ends"] or "~"))]
    expires = min((moment for moment in ends if moment), default=None)
    return Key(home, pinned, expires, frozenset(one["id"] for one in usable))


def _demand_good(key: Mapping[str, str], what: str) -> None:
    ends = _moment(key["ends"])
    if key["state"] == "r":
        raise Damaged(f"{what} was revoked", _HINT)
    if key["state"] == "e":
        raise Damaged(f"{what} has expired, on {ends:%Y-%m-%d}" if ends else f"{what} has expired", _HINT)
    if key["state"] in {"d", "i", "n"} or "D" in key["can"]:
        raise Damaged(f"{what} is not valid", _HINT)


def _moment(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() and int(text) else None


def encrypt(key: Key, feed: Feed, out: IO[bytes]) -> int:
    """Have data encrypted to a key, from `feed` to an open file; return what feed returns.

    feed: writes the clear data, which lie on no disk. Raise what it raises, and CommandError when GnuPG fails.
    """
    there, here = os.pipe()
    words: list[str | Path] = [
        *_GPG,
        "--homedir",
        key.home,
        "--recipient",
        key.fingerprint,
        "--encrypt",
        "--output",
        "-",
    ]
    with os.fdopen(there, "rb") as reads, os.fdopen(here, "wb") as writes:
        with stream(words, timeout=_DAY, input=reads, stdout=out, cwd=ROOT) as gpg:
            reads.close()
            try:
                count = feed(writes)
                writes.close()
            except BrokenPipeError as error:
                with suppress(OSError):
                    writes.close()
                raise Damaged(f"GnuPG left early: {gpg.last_words()[:200] or 'no message'}") from error
    return count


def demand_encrypted(path: Path, key: Key) -> None:
    """Raise Damaged unless a file is encrypted to keys of the recipient's, and to nobody else's."""
    with path.open("rb") as file:
        found = [*_recipients(file)]
    if not found or not set(found) <= key.subkeys:
        told = ", ".join(found) or "nobody"
        raise Damaged(f"GnuPG encrypted to {told}, and not to the recipient alone")


def _recipients(file: IO[bytes]) -> Iterator[str]:
    """Yield the ids of the keys to which a message is encrypted: its first packets say so; RFC 4880, 4.2 and 5.1."""
    while head := file.read(1):
        new = head[0] & _NEW_FORMAT == _NEW_FORMAT
        tag = head[0] & 0x3F if new else (head[0] & 0x3C) >> 2
        if not head[0] & _OLD_FORMAT or tag != _SESSION_KEY:
            return
        content = file.read(_length_new(file) if new else int.from_bytes(file.read(1 << (head[0] & 3)), "big"))
        yield content[1:9].hex().upper()


def _length_new(file: IO[bytes]) -> int:
    first = file.read(1)[0]
    if first < _ONE_BYTE:
        return first
    if first < _TWO_BYTES:
        return ((first - _ONE_BYTE) << 8) + file.read(1)[0] + _ONE_BYTE
    return int.from_bytes(file.read(4), "big")


def demand_program() -> None:
    """Raise UsageError where GnuPG is not installed."""
    import shutil

    if shutil.which("gpg") is None:
        raise UsageError("gpg is not installed, without which nothing is exported", "apt install gpg")
