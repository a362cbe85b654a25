"""A tar archive that somebody else filled, unpacked as it comes: plain files of one folder, and no more than so many.

Nothing is made under a name that leads elsewhere, nothing but files is made, and nothing is read beyond the limits.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ops.core.errors import Damaged
from ops.core.files import CHUNK, demand_room
from ops.core.names import FileName
from ops.core.restored import put

_LONGEST_TOLD = 80


@dataclass(frozen=True)
class ArchiveLimits:
    """bytes: of the archive in all, with its headers. files: how many it may hold."""

    bytes: int
    files: int


@dataclass
class _Limited:
    """What is read of an archive; more than may be is an error."""

    stream: IO[bytes]
    left: int
    what: str
    most: int = field(init=False)

    def __post_init__(self) -> None:
        self.most = self.left

    def read(self, size: int) -> bytes:
        """Return the next bytes, as tarfile asks for them."""
        piece = self.stream.read(size)
        self.left -= len(piece)
        if self.left < 0:
            raise Damaged(f"{self.what} has more than {self.most} bytes; expected at most {self.most}")
        return piece


def unpack(stream: IO[bytes], folder: Path, limits: ArchiveLimits, what: str) -> None:
    """Unpack an archive into a folder that is there; what: how it is called in an error.

    Raise Damaged for anything but plain files with names of their own, and for more than the limits allow.
    """
    for member, content in _members(stream, limits, what):
        demand_room(folder, member.size, f"reading {what}")
        put(folder, member.name, content or b"")


def digests(stream: IO[bytes], limits: ArchiveLimits, what: str) -> dict[str, str]:
    """Return the SHA-256 of each file of an archive by its name, keeping none; otherwise as `unpack`."""
    found = {}
    for member, content in _members(stream, limits, what):
        total = hashlib.sha256()
        while content and (piece := content.read(CHUNK)):
            total.update(piece)
        found[member.name] = total.hexdigest()
    return found


def _members(stream: IO[bytes], limits: ArchiveLimits, what: str) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    source = _Limited(stream, limits.bytes, what)
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=source, mode="r|", errorlevel=2) as archive:  # type: ignore[call-overload]
            for member in archive:
                _demand(member, seen, limits, what)
                seen.add(member.name)
                yield member, archive.extractfile(member)
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise Damaged(f"{what} can't be read: {type(error).__name__}") from error
    while source.read(CHUNK):  # the program that writes it has its say before it ends
        pass


def _demand(member: tarfile.TarInfo, seen: set[str], limits: ArchiveLimits, what: str) -> None:
    name = member.name[:_LONGEST_TOLD]
    if not member.isreg() or not FileName.fits(member.name):
        raise Damaged(f"{what}: found {name!r}; expected only plain files")
    if member.name in seen:
        raise Damaged(f"{what}: found {name!r} twice")
    if len(seen) >= limits.files:
        raise Damaged(f"{what}: found more than {limits.files} files")
