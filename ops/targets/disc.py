"""A repository that is collected on the machine and written to discs by a person; a copy counts once they were read.

Discs are written once, by hand, each with a part of the repository; restic can't write to them. So copies go to a
folder of the machine, `seawall disc make` makes images of what is on no disc yet, and `seawall disc verify` reads the
discs that were written: only then was the copy made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ops.core.errors import Unavailable
from ops.core.limits import demand_between
from ops.core.names import AbsolutePath
from ops.core.quantity import Percent, Size
from ops.interfaces.disc import SECTOR, SECTORS
from ops.interfaces.layout import CONFIG
from ops.interfaces.target import Location, Reached, Target
from ops.targets import _folder
from ops.targets._in_folder import Reading

LEAST, MOST = Size(64 << 20), Size(128 << 30)


@dataclass(frozen=True)
class Options:
    """Where the repository is collected, and on what it is written.

    path: the folder on the machine below which it is collected; it belongs to the account `seawall`, and stays.
    medium: the sort of discs.
    capacity: how much one of them takes, where it is of none of these sorts.
    correction: how much of each disc is for correcting errors: so much of it may become unreadable.
    """

    path: AbsolutePath
    medium: Literal["cd", "dvd", "dvd_dl", "bd", "bd_dl", "bd_xl"] = "bd"
    capacity: Size | None = None
    correction: Percent = Percent(20)

    def __post_init__(self) -> None:
        if self.capacity is not None:
            demand_between("capacity", self.capacity, LEAST, MOST)
        demand_between("correction", self.correction, Percent(5), Percent(60))

    @property
    def sectors(self) -> int:
        """How many sectors a disc has."""
        return SECTORS[self.medium] if self.capacity is None else self.capacity.bytes // SECTOR


def address(options: Options, location: Location) -> str:
    """Return the machine's folder."""
    return str(Path(options.path, location.machine))


def reach(url: Path, _authority: Path) -> Reached:
    """Look whether the folder is there in which it is collected."""
    place = _folder.place(url)
    if not place.parent.is_dir():
        raise Unavailable(
            f"there is no folder {place.parent}", f"make it: install -d -o seawall -g seawall -m 0750 {place.parent}"
        )
    return Reached()


def _repository(url: Path) -> Path:
    """Return the folder of the repository; raise Unavailable where there is none."""
    reach(url, url)
    place = _folder.place(url)
    if not (place / CONFIG).is_file():
        raise Unavailable(f"there is no repository in {place}", "run playbooks/site.yml, which makes it")
    return place


_READ = Reading(_repository)
KIND = Target(
    options=Options,
    address=address,
    reach=reach,
    packs=_READ.packs,
    verify=_READ.verify,
    listed=_READ.listed,
    fault=_READ.fault,
    view=_READ.view,
    folder=_READ.found,
    writes=lambda options: [options.path],
    carried=True,
    synonyms=("dvd", "cd", "bluray", "blu_ray", "optical", "iso", "udf"),
)
