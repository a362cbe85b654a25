"""The cards that were handed over to a backup host, as files: read within limits, and through no link."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from heapq import nlargest
from pathlib import Path

from ops.core.names import Digest
from ops.core.plain_file import FOUND
from ops.interfaces.card import CARDS, LIMITS, PROOFS
from ops.interfaces.pushed import FOLDER as STATUS
from ops.keeper.repository import folder_of, opened

PROVEN = ".proofs"  # beside the repositories, with a folder for each client: only drill hosts add to it
# So many are looked at in a night, and so many bytes of them; the rest waits for the next. Whoever has broken into a
# server can hand over any number, of the largest size.
MOST, MOST_BYTES = 5000, 32 << 20


@dataclass(frozen=True)
class Handed:
    """A card as it was handed over. path: below its repository; wrong: why it is none, empty where it may be one."""

    path: str
    arrived: float
    content: bytes
    wrong: str = ""


def of_sets(base: Path, host: str, known: Collection[str]) -> Iterator[Handed]:
    """Yield the cards of a client's sets that are not known, the newest first."""
    yield from _handed(base, host, CARDS, known)


def of_drills(base: Path, host: str, known: Collection[str]) -> Iterator[Handed]:
    """Yield the cards of drills of a client's sets that are not known, the newest first."""
    if (base / PROVEN / host).is_dir():
        yield from _handed(base / PROVEN, host, PROOFS, known)


def newest_status(base: Path, host: str) -> Handed | None:
    """Return the newest status that a client handed over, as it lies there; None where there is none."""
    with opened(base, host) as repository:
        try:
            with folder_of(repository, f"{STATUS}/x") as (handle, _):
                return next(
                    (_read(handle, f"{STATUS}/{name}", when) for when, name in _newest(handle, STATUS, ())), None
                )
        except FileNotFoundError:
            return None


def _handed(base: Path, host: str, folder: str, known: Collection[str]) -> Iterator[Handed]:
    """Yield what is named as a card is; the search for foreign files names all else that lies there."""
    with opened(base, host) as repository:
        try:
            with folder_of(repository, f"{folder}/x") as (handle, _):
                left = MOST_BYTES
                for arrived, name in _newest(handle, folder, known):
                    one = _read(handle, f"{folder}/{name}", arrived)
                    left -= len(one.content)
                    if left < 0:
                        return
                    yield one
        except FileNotFoundError:
            return  # none was handed over yet


def _newest(handle: int, folder: str, known: Collection[str]) -> list[tuple[float, str]]:
    """Return when the cards in a folder arrived that are not known, and their names, the newest first."""
    with os.scandir(handle) as entries:
        found = (
            (entry.stat(follow_symlinks=False).st_mtime, entry.name)
            for entry in entries
            if Digest.fits(entry.name) and f"{folder}/{entry.name}" not in known
        )
        return nlargest(MOST, found)


def _read(folder: int, path: str, arrived: float) -> Handed:
    name = path.rpartition("/")[2]
    try:
        handle = os.open(name, FOUND, dir_fd=folder)
    except OSError as error:
        return Handed(path, arrived, b"", f"can't be read: {error.strerror}")
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return Handed(path, arrived, b"", "is not a plain file")
        content = file.read(LIMITS.bytes + 1)
    if len(content) > LIMITS.bytes:
        return Handed(path, arrived, b"", f"has more than {LIMITS.bytes} bytes")
    if sha256(content).hexdigest() != name:
        return Handed(path, arrived, b"", "is not named after its content")
    return Handed(path, arrived, content)
