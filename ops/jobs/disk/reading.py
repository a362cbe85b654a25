"""Reading a disk whole: that every file is what its name says, and that nothing else than files is on it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.core.announce import announce
from ops.core.errors import Damaged
from ops.core.files import write_atomically
from ops.core.names import Digest
from ops.core.quantity import Size, counted
from ops.interfaces.disk import Arrived, DiskFacts
from ops.interfaces.layout import DATA, INDEX, KEYS, SNAPSHOTS
from ops.jobs.disk.rotation import Rotation
from ops.targets import removable

SORTS = (KEYS, SNAPSHOTS, INDEX, DATA)
_TOLD = 3
_EVERY = 10 << 30  # bytes between two words of how far it is


@dataclass(frozen=True)
class Readings:
    """What reading found. listed: every file by its path below the repository, with its size. bad: why, by path."""

    listed: Mapping[str, int]
    read: Collection[str]
    bad: Mapping[str, str]

    @property
    def bytes(self) -> int:
        """How much there is, in bytes."""
        return sum(self.listed.values())

    @property
    def digest(self) -> str:
        """The SHA-256 of the list of all files with their sizes."""
        lines = "".join(f"{size} {path}\n" for path, size in sorted(self.listed.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def damage(self) -> str:
        """What is wrong with the first of the files that are not what their names say; empty where all are."""
        told = "; ".join(f"{path} {why}" for path, why in [*self.bad.items()][:_TOLD])
        more = f" and {len(self.bad) - _TOLD} more" if len(self.bad) > _TOLD else ""
        return f"{told}{more}"

    def demand_good(self) -> None:
        """Raise Damaged when a file is not what its name says."""
        if self.bad:
            raise Damaged(self.damage, "do not rely on this disk: replace it, or make it anew")


def readings(url: Path, authority: Path, passed: Collection[str] = ()) -> Readings:
    """Read every file of the repository, but for those that are passed over: they were read good before.

    A file whose name is no SHA-256 is what an upload left that was cut short: restic does not see it.
    """
    listed = {
        f"{sort}/{name}": size
        for sort in SORTS
        for name, size in removable.READ.listed(url, authority, sort).items()
        if Digest.fits(name)
    }
    bad = {path: "is gone" for path in passed if path not in listed}
    wanted = sorted(listed.keys() - {*passed})
    done = said = 0
    for path in wanted:
        if why := removable.READ.fault(url, authority, path):
            bad[path] = why
        done += listed[path]
        if done - said > _EVERY:
            announce(f"{Size(done)} read, {len(bad)} files damaged")
            said = done
    return Readings(listed, wanted, bad)


def remember(path: Path, found: Readings) -> None:
    """Keep which files were read, and good."""
    good = found.listed.keys() - found.bad.keys()
    write_atomically(path, "".join(f"{one}\n" for one in sorted(good)))


def remembered(path: Path) -> list[str] | None:
    """Return which files were read, and good; None where the disk was not read whole since it arrived."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None


def facts(rotation: Rotation, note: Arrived, found: Readings) -> DiskFacts:
    """Return what is kept of a disk that was read."""
    return DiskFacts(
        repository=rotation.name,
        disk=note.disk,
        serial=note.serial,
        luks=note.luks,
        repository_id=note.repository,
        files=len(found.listed),
        bytes=found.bytes,
        read=len(found.read),
        damaged=len(found.bad),
        content=found.digest,
    )


def amount(found: Readings) -> str:
    """Return how much there is, in words."""
    return f"{counted(len(found.listed), 'file')}, {Size(found.bytes)}"


def own(folder: Path, account: os.stat_result) -> None:
    """Demand that a tree holds nothing but plain files and folders, and give them to the account.

    Raise Damaged for a link, a device, or a file with a second name: no restic made them.
    """
    for path, seen in _plain(folder):
        if (seen.st_uid, seen.st_gid) != (account.st_uid, account.st_gid):
            os.chown(path, account.st_uid, account.st_gid, follow_symlinks=False)


def demand_plain(folder: Path) -> None:
    """Demand the same of a tree that is only read, whoever it belongs to."""
    for _ in _plain(folder):
        pass


def _plain(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for above, folders, files in os.walk(folder, onerror=_raised):
        for name in ["", *folders, *files]:
            path = Path(above, name)
            seen = path.lstat()
            plain = stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1
            if not (plain or stat.S_ISDIR(seen.st_mode)):
                raise Damaged(f"{path} is not a plain file", "no restic made it; find out who had this disk")
            yield path, seen


def _raised(error: OSError) -> None:
    raise error
