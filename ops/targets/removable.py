"""Removable disks that take turns: each with a repository of its own, and refused unless the policy knows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.calendar import Calendar
from ops.core.disks import demand_mounted
from ops.core.errors import Damaged, Unavailable
from ops.core.limits import OutOfRange
from ops.core.names import AbsolutePath, Digest
from ops.interfaces.disk import MOUNTED, arrived
from ops.interfaces.target import Location, Target
from ops.targets import _folder, _mount_point
from ops.targets._in_folder import Reading

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile("[a-z][a-z0-9_]{0,39}")
_LONGEST = 128
_ARRIVE = "connect it, then: seawall disk arrive"


@dataclass(frozen=True)
class Disk:
    """One of the disks.

    serial: its serial number, as `lsblk -o NAME,SERIAL` shows it.
    luks: the UUID of its encryption; without one, the disk itself is not encrypted, but what is in the repository is.
    repository: the id of its repository. `seawall disk make` tells it and the UUID.
    """

    serial: str
    luks: str = ""
    repository: Digest | None = None

    def __post_init__(self) -> None:
        if not self.serial.strip() or not self.serial.isprintable() or len(self.serial) > _LONGEST:
            raise OutOfRange("serial", "is no serial number; `lsblk -o NAME,SERIAL` shows those of the disks")
        if self.luks and not _UUID.fullmatch(self.luks):
            raise OutOfRange("luks", "is no UUID; `cryptsetup luksUUID DEVICE` shows it, in lower-case letters")


@dataclass(frozen=True)
class Options:
    """The disks, and when they take turns.

    path: the folder in which whichever disk is here is mounted, such as /srv/disks.
    calendar: when the next disk is due to be brought up to date and to leave, such as `day 10, day 20, last day`.
    disks: the disks, by name; they take turns in this order.
    """

    path: AbsolutePath
    calendar: Calendar
    disks: Mapping[str, Disk] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _mount_point.demand(self.path)
        for name in self.disks:
            if not _NAME.fullmatch(name):
                raise OutOfRange("disks", f"{name!r} is not a valid name; expected lower-case letters, digits and _")
        for what in ("serial", "luks", "repository"):
            values = [value for disk in self.disks.values() if (value := getattr(disk, what))]
            if twice := next((value for value in values if values.count(value) > 1), None):
                raise OutOfRange("disks", f"two disks have the {what} {twice}, so that nobody could tell them apart")


def mount_point(options: Options) -> Path:
    """Return where the disk that is here is mounted."""
    return Path(options.path, MOUNTED)


def address(options: Options, location: Location) -> str:
    """Return the machine's folder on whichever disk is here."""
    return str(mount_point(options) / location.machine)


def config(folder: Path) -> Digest:
    """Return the SHA-256 of the `config` of a repository in a folder; raise Missing where there is none."""
    return _folder.config(folder)


def _place(url: Path) -> Path:
    """Return the folder of the repository; raise Unavailable unless it lies on the disk that arrived."""
    place = _folder.place(url)
    there, note = demand_mounted(place.parent), arrived(place.parent.parent)
    try:
        same = note is not None and (note.device, note.config) == (there.disk, _folder.config(place))
    except Damaged as error:
        raise Unavailable(
            f"the disk that is mounted at {place.parent} can't be read: {error.message}", _ARRIVE
        ) from error
    if not same:
        raise Unavailable(
            f"the disk that is mounted at {place.parent} did not arrive: nobody knows which it is", _ARRIVE
        )
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
    writes=lambda options: [str(mount_point(options))],
    place="removable",
    attended=True,
    synonyms=("usb", "rotation", "external", "removable_disk"),
)
