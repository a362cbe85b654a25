"""A snapshot of the file system before an update, where the kernel offers one to whoever asks: btrfs.

It is read-only and lies at the root of its own file system. It is for a person who wants everything back; a roll-back
does not need it. Of what offers none, or only by tools of its own, it is said so by name.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from ops.core import mounts
from ops.core.subvolumes import is_snapshot

HOLDS = ("/", "/etc", "/usr", "/var")  # what an update writes to
PREFIX = ".seawall-before-update-"
ROOM = 0.1  # of a file system that must be free: a snapshot keeps all that is deleted later
_MAKE, _REMOVE, _READ_ONLY = 0x50009417, 0x5000940F, 2  # BTRFS_IOC_SNAP_CREATE_V2, _SNAP_DESTROY, BTRFS_SUBVOL_RDONLY
_ROOT_INODE = 256
_BY_HAND = {"zfs": "zfs snapshot", "xfs": "", "ext4": "where it lies on thin LVM: lvcreate --snapshot"}


def made(identity: str, places: Iterable[str] = HOLDS) -> Iterator[tuple[Path | None, str]]:
    """Make a snapshot of each file system that holds a place; yield where it lies, or why there is none."""
    for point, kind in _holding(places).items():
        if kind != "btrfs":
            hint = f" ({_BY_HAND[kind]})" if _BY_HAND.get(kind) else ""
            yield None, f"no snapshot of {point}: {kind} offers none here{hint}"
            continue
        try:
            yield _snapshot(Path(point), identity), ""
        except OSError as error:
            yield None, f"no snapshot of {point}: {error.strerror}"


def _holding(places: Iterable[str]) -> dict[str, str]:
    """Return the mount points that hold some places, each with the type of its file system."""
    table = mounts.seen(mounts.mounts())
    found = (mounts.holding(str(Path(place).resolve()), table) for place in places)
    return {mount.place: mount.type for mount in found if mount}


def _snapshot(point: Path, identity: str) -> Path:
    room = shutil.disk_usage(point)
    if room.free < ROOM * room.total:
        raise OSError(errno.ENOSPC, "less than a tenth of it is free, and a snapshot keeps what is deleted")
    if point.stat().st_ino != _ROOT_INODE:
        raise OSError(errno.EINVAL, "what is mounted there is not a whole subvolume")
    above = os.open(point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        name = f"{PREFIX}{identity}"
        words = struct.pack("<qQQ32s4040s", above, 0, _READ_ONLY, b"", name.encode())
        fcntl.ioctl(above, _MAKE, bytearray(words))
    finally:
        os.close(above)
    return point / name


def forget(identity: str, places: Iterable[str] = HOLDS) -> None:
    """Remove the snapshots of a moment that was never finished; raise OSError."""
    for point, kind in _holding(places).items():
        if kind == "btrfs":
            remove(Path(point) / f"{PREFIX}{identity}")


def remove(snapshot: Path) -> None:
    """Remove a snapshot that was made here; one that is gone is no error. Raise OSError for anything else there."""
    if not snapshot.exists():
        return
    if not snapshot.name.startswith(PREFIX) or not is_snapshot(snapshot):
        raise OSError(errno.EINVAL, "it is no snapshot of Seawall's", str(snapshot))
    above = os.open(snapshot.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(above, _REMOVE, bytearray(struct.pack("<q4088s", 0, snapshot.name.encode())))
    finally:
        os.close(above)
