"""Which disks of this machine a path lies on, and whether a disk is mounted at a folder, as the kernel says."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.mounts import Mount, holding, mounts

_MOUNT = "connect the disk, and mount it there; if it is, `findmnt {}` says what is"
_DEEPEST = 16  # layers of devices below each other: a file system on LVM on LUKS on RAID has four


def beneath(path: Path, sys: Path = Path("/sys/dev/block")) -> frozenset[str]:
    """Return the names of the disks that a path lies on, such as `sda`; none where no disk of this machine is known.

    A partition counts as its disk, and what is made of other devices (LUKS, LVM, RAID) as all of theirs.
    """
    mount = holding(os.path.realpath(path), mounts())
    if mount is None:
        return frozenset()
    return _disks(_number(mount), sys, _DEEPEST)


def demand_mounted(place: Path) -> Mount:
    """Return what is mounted at a folder; raise Unavailable unless that is a disk of this machine.

    A folder that is bound to itself, as in the name space of a unit that may write there, is none.
    """
    found = mounts()
    here, above = holding(str(place), found), holding(str(place.parent), found)
    hint = _MOUNT.format(place)
    if here is None or here.place != str(place) or (above is not None and here.disk == above.disk):
        raise Unavailable(f"no disk is mounted at {place}", hint)
    if not here.stored or here.distant:
        raise Unavailable(f"what is mounted at {place} is no disk of this machine, but {here.type}", hint)
    return here


def _number(mount: Mount) -> str:
    """Return the number of a mount's device; where the file system has one of its own kind, that of what it is on."""
    if not mount.disk.startswith("0:") or not mount.source.startswith("/dev/"):
        return mount.disk
    try:
        device = Path(mount.source).stat().st_rdev
    except OSError:
        return mount.disk
    return f"{os.major(device)}:{os.minor(device)}"


def _disks(number: str, sys: Path, deepest: int) -> frozenset[str]:
    device = Path(os.path.realpath(sys / number))
    if not deepest or not device.is_dir():
        return frozenset()
    below = _numbers(device / "slaves")
    if below:
        return frozenset[str]().union(*(_disks(one, sys, deepest - 1) for one in below))
    return frozenset([device.parent.name if (device / "partition").exists() else device.name])


def _numbers(folder: Path) -> Collection[str]:
    """Return the numbers of the devices that another one is made of."""
    try:
        return [(one / "dev").read_text(encoding="ascii").strip() for one in folder.iterdir()]
    except OSError:
        return []
