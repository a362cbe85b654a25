"""The list of names that a deletion keeps, in a folder of root's: what was to be deleted, written before it was.

A line is on the disk before its file goes, so a deletion that was killed can be told by what is listed and not there.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ops.core import clock
from ops.core.errors import Unavailable
from ops.core.files import digest, sync_directory
from ops.core.plain_file import FOUND, NEW
from ops.jobs.host import folders

_OPEN, _CLOSED = ".open", ".names"


@dataclass(frozen=True)
class Names:
    """A list that is being written."""

    path: Path
    file: IO[bytes]

    def add(self, paths: Sequence[tuple[str, int]]) -> None:
        """Bring names with their sizes in bytes to the disk."""
        self.file.write(b"".join(json.dumps({"path": path, "bytes": size}).encode() + b"\n" for path, size in paths))
        self.file.flush()
        os.fsync(self.file.fileno())

    def end(self, files: int, bytes_: int, left: dict[str, str]) -> str:
        """Say how it ended; return the SHA-256 of the list."""
        lines = [{"left": path, "why": why} for path, why in left.items()]
        told = [*lines, {"ended": clock.iso(clock.now()), "files": files, "bytes": bytes_}]
        self.file.write(b"".join(json.dumps(line).encode() + b"\n" for line in told))
        self.file.flush()
        os.fsync(self.file.fileno())
        _closed(self.path)
        return digest(self.path.with_suffix(_CLOSED))


@dataclass(frozen=True)
class Interrupted:
    """What a deletion that was killed had done. files, bytes: what is gone of what it listed; listed: how many."""

    listed: int
    files: int
    bytes: int
    names: str


@contextmanager
def begun(asset: str) -> Iterator[Names]:
    """Begin a list for a block."""
    folder = _folder(asset)
    path = folder / f"{clock.now():%Y%m%dT%H%M%S.%fZ}{_OPEN}"
    with os.fdopen(os.open(path, NEW, 0o600), "wb") as file:
        sync_directory(folder)
        yield Names(path, file)


def interrupted(asset: str) -> Iterator[Interrupted]:
    """Yield what each deletion of an asset did that never ended, then close its list.

    Closed after it was dealt with: one that is killed here is told of again.
    """
    for path in sorted(_folder(asset).glob(f"*{_OPEN}")):
        listed = [*_listed(path)]
        gone = [size for name, size in listed if not os.path.lexists(name)]
        yield Interrupted(len(listed), len(gone), sum(gone), digest(path))
        _closed(path)


def _listed(path: Path) -> Iterator[tuple[str, int]]:
    with os.fdopen(os.open(path, FOUND), "rb") as file:
        for line in file:
            try:
                told = json.loads(line)
                yield str(told["path"]), int(told["bytes"])
            except (ValueError, KeyError, TypeError):
                continue  # cut in the middle: its file was not deleted yet


def _closed(path: Path) -> None:
    path.rename(path.with_suffix(_CLOSED))
    sync_directory(path.parent)


def _folder(asset: str) -> Path:
    """Return the folder of an asset's lists; it is made. Raise Unavailable when others may write to it."""
    above = folders.state() / "deletions"
    for folder in (above, above / asset):
        folder.mkdir(mode=0o700, exist_ok=True)
        seen = folder.lstat()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_mode & 0o077:
            raise Unavailable(
                f"{folder} must be a folder of this account alone, for the names of what is deleted",
                f"move it away; it is made anew with owner {os.geteuid()} and mode 0700",
            )
    return above / asset
