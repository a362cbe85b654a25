"""Another disk of the same server: a repository that survives the disk it protects, and not the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.core.disks import demand_mounted
from ops.core.names import AbsolutePath
from ops.interfaces.target import Location, Reached, Target
from ops.targets import _folder, _mount_point


@dataclass(frozen=True)
class Options:
    """Where the disk is.

    path: its mount point, such as /srv/backup. A disk of the same server must be mounted there, and it must be another
        one than what is backed up lies on.
    """

    path: AbsolutePath

    def __post_init__(self) -> None:
        _mount_point.demand(self.path)


def address(options: Options, location: Location) -> str:
    """Return the machine's folder on the disk."""
    return str(Path(options.path, location.machine))


def reach(url: Path, _authority: Path) -> Reached:
    """Look whether the disk is mounted."""
    _place(url)
    return Reached()


def packs(url: Path, _authority: Path) -> Mapping[str, int]:
    """Return the size in bytes of every whole pack by its name."""
    return _folder.packs(_place(url))


def listed(url: Path, _authority: Path, folder: str) -> Mapping[str, int]:
    """Return the size in bytes of every file in one of the repository's folders by its name."""
    return _folder.listed(_place(url), folder)


def verify(url: Path, _authority: Path, name: str) -> int:
    """Read a pack whole; return its size in bytes."""
    return _folder.verify(_place(url), name)


def fault(url: Path, _authority: Path, path: str) -> str:
    """Return what is wrong with a file such as index/NAME, nothing when it is what its name says."""
    return _folder.fault(_place(url), path)


def _place(url: Path) -> Path:
    """Return the folder of the repository; raise Unavailable when it would lie on the disk of the mount point."""
    place = _folder.place(url)
    demand_mounted(place.parent)
    return place


KIND = Target(
    options=Options,
    address=address,
    reach=reach,
    packs=packs,
    verify=verify,
    listed=listed,
    fault=fault,
    writes=lambda options: [options.path],
    place="local",
    apart=True,
    synonyms=("disk", "folder", "directory", "mounted_disk", "second_disk"),
)
