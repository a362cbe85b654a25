"""What of a repository goes onto which disc: each has all but the packs, and as many packs as there is room for."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.document import read_file
from ops.core.errors import Damaged, Unavailable, UsageError
from ops.core.files import digest
from ops.core.names import Digest
from ops.core.quantity import Percent, Size
from ops.interfaces.disc import PACKS, REPOSITORY, SECTOR
from ops.interfaces.layout import CONFIG, DATA, INDEX, KEYS, SNAPSHOTS

_OVERHEAD = 2 << 20  # of a file system, and of the texts on a disc
_ENTRY = 1024  # of a file in its folders


@dataclass(frozen=True)
class File:
    """A file of a disc. path: on the disc. source: where it lies now. bytes: its size. sha256: of its content."""

    path: str
    source: Path
    bytes: int
    sha256: str

    @property
    def room(self) -> int:
        """How much of a disc it takes."""
        return -(-self.bytes // SECTOR) * SECTOR + _ENTRY


def of_repository(folder: Path) -> list[File]:
    """Return all files of a repository; raise Damaged for what is none.

    The snapshots are listed first: what they need is there before they are, so none is listed without it.
    """
    found = []
    for sort in (SNAPSHOTS, INDEX, KEYS, DATA):
        pattern = "??/*" if sort == DATA else "*"
        for path in sorted((folder / sort).glob(pattern)):
            seen = path.lstat()
            if not Digest.fits(path.name):
                continue  # restic is still writing it
            if not stat.S_ISREG(seen.st_mode):
                raise Damaged(f"{path} is not a plain file", "find out who put it there, then remove it")
            found.append(File(f"{REPOSITORY}/{path.relative_to(folder)}", path, seen.st_size, path.name))
    if not any(one.path.startswith(PACKS) for one in found):
        raise Unavailable(f"{folder} has no repository with any data", "seawall copy ASSET brings sets there")
    return found


def program() -> File:
    """Return this machine's restic, which goes onto each disc."""
    path = shutil.which("restic")
    if path is None:
        raise Unavailable("there is no restic on this machine", "run playbooks/site.yml, which installs it")
    return named("restic", Path(path))


def config(folder: Path, scratch: Path) -> File:
    """Return the repository's config, which no digest names, as a copy that nobody else can change."""
    copy = scratch / CONFIG
    copy.write_bytes(read_file(folder / CONFIG, 1 << 16, str(folder / CONFIG)))
    return named(f"{REPOSITORY}/{CONFIG}", copy)


def named(path: str, source: Path) -> File:
    """Return a file under a path of the disc, with its digest."""
    return File(path, source, source.stat().st_size, digest(source))


def split(
    files: Sequence[File], done: Iterable[str], common: Iterable[File], sectors: int, correction: Percent
) -> list[list[File]]:
    """Return what goes onto each new disc. done: names of packs that are on one already. common: beside the repository.

    sectors: of a disc. Raise UsageError when a disc has no room for any pack beside what each must have.
    """
    on, room = {*done}, int(sectors * SECTOR * (1 - correction.value / 100)) - _OVERHEAD
    each = [one for one in files if not one.path.startswith(PACKS)]
    free = room - sum(one.room for one in (*each, *common))
    discs: list[list[File]] = []
    left = 0
    for pack in (one for one in files if one.path.startswith(PACKS) and one.sha256 not in on):
        if pack.room > free:
            raise UsageError(
                f"a disc of {Size(sectors * SECTOR)} has no room for a pack beside what each disc must have",
                "choose a larger medium, or less correction",
            )
        if pack.room > left:
            discs.append([*each])
            left = free
        discs[-1].append(pack)
        left -= pack.room
    return discs


def new_snapshots(files: Iterable[File], known: Iterable[Mapping[str, object]]) -> bool:
    """Whether there is a snapshot that no disc has."""
    there = {path for one in known for path in one}
    return any(one.path.startswith(f"{REPOSITORY}/{SNAPSHOTS}/") and one.path not in there for one in files)
