"""The files that attestations name by digest, found in a folder that a person names: scans, photos, protocols."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.core.errors import UsageError

MOST_FILES = 100_000  # that are looked at
MOST_BYTES = 512 << 20  # of all that go into one archive, which is made in memory


def found(folder: Path, wanted: Mapping[str, int]) -> dict[str, bytes]:
    """Return the content of each wanted file that lies in a folder or below it, by its SHA-256.

    wanted: SHA-256 and size in bytes. Links are not followed. Raise UsageError where the folder can't be read, or what
    was found is too large for an archive.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", "name the one in which the files of attestations are kept")
    sizes, made = set(wanted.values()), dict[str, bytes]()
    for path in _plain(folder):
        try:
            size = path.stat().st_size
            content = path.read_bytes() if size in sizes and size <= MOST_BYTES else None
        except OSError as error:
            raise UsageError(f"{path} can't be read: {error.strerror}", "run as whoever keeps these files") from error
        if content is None:
            continue
        digest = hashlib.sha256(content).hexdigest()
        if wanted.get(digest) == len(content):
            made[digest] = content
        if sum(map(len, made.values())) > MOST_BYTES:
            raise UsageError(
                f"the files of attestations are larger than {MOST_BYTES >> 20} MiB", "name a shorter --period"
            )
    return made


def _plain(folder: Path) -> Iterator[Path]:
    seen = 0
    for place, folders, names in os.walk(folder, onerror=_refuse):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_symlink() or not path.is_file():
                continue
            seen += 1
            if seen > MOST_FILES:
                raise UsageError(
                    f"{folder} holds more than {MOST_FILES} files", "name the folder of the attestations alone"
                )
            yield path


def _refuse(error: OSError) -> None:
    raise UsageError(f"{error.filename} can't be read: {error.strerror}", "run as whoever keeps these files")
