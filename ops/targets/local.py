"""Another disk of the same server: a repository that survives the disk it protects, and not the server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ops.core.disks import demand_mounted
from ops.core.names import AbsolutePath
from ops.interfaces.target import Location, Target
from ops.targets import _folder, _mount_point
from ops.targets._in_folder import Reading


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


def _place(url: Path) -> Path:
    """Return the folder of the repository; raise Unavailable when it would lie on the disk of the mount point."""
    place = _folder.place(url)
    demand_mounted(place.parent)
    return place


READ = Reading(_place)
KIND = Target(
    options=Options,
    address=address,
    reach=READ.reach,
    packs=READ.packs,
    verify=READ.verify,
    listed=READ.listed,
    fault=READ.fault,
    view=READ.view,
    folder=READ.found,
    writes=lambda options: [options.path],
    place="local",
    apart=True,
    synonyms=("disk", "folder", "directory", "mounted_disk", "second_disk"),
)
