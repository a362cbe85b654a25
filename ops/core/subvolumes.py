"""The subvolumes of a btrfs: folders that are file systems of their own, though nothing is mounted there.

Whoever stays on one file system, as restic does for a machine, takes such a folder as an empty one. The kernel is asked
which there are, for a walk would have to look at every folder.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path

# From the kernel's uapi/linux/btrfs.h; none needs more than the right to search the folders.
_CHILDREN = 0xD000943D  # BTRFS_IOC_GET_SUBVOL_ROOTREF
_PLACE = 0xD000943E  # BTRFS_IOC_INO_LOOKUP_USER
_ABOUT = 0x81F8943C  # BTRFS_IOC_GET_SUBVOL_INFO
_SIZE = 4096
_INFO = struct.Struct("=8x256x8x8x8xQ16x16s16s")  # its flags, and the ids of what it is a snapshot or a copy of
_INFO_SIZE = 504
_READ_ONLY = 1
_MOST = 255  # children in one answer
_NAME = 256
_ROOT_INODE = 256  # that every subvolume's own folder has


def subvolumes(place: Path) -> list[Path]:
    """Return every subvolume below a folder of a btrfs, at any depth; raise OSError when the kernel can't tell.

    One in whose place another folder is seen, because something is mounted above it, is none.
    """
    found: list[Path] = []
    waiting = [place]
    while waiting:
        for child in _children(waiting.pop()):
            if is_subvolume(child):
                found.append(child)
                waiting.append(child)
    return sorted(found)


def is_subvolume(folder: Path) -> bool:
    """Whether a folder has what marks a subvolume: the inode of one, and another device than the folder above it."""
    try:
        here, above = folder.lstat(), folder.parent.lstat()
    except OSError:
        return False
    return here.st_ino == _ROOT_INODE and here.st_dev != above.st_dev


def is_snapshot(folder: Path) -> bool:
    """Whether a subvolume only keeps what another one of this machine was at some time; raise OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        answer = bytearray(_INFO_SIZE)
        fcntl.ioctl(handle, _ABOUT, answer)
    finally:
        os.close(handle)
    flags, parent, received = _INFO.unpack_from(answer)
    return bool(flags & _READ_ONLY and any(parent) and not any(received))


def _children(folder: Path) -> Iterator[Path]:
    """Yield the subvolumes directly in the subvolume of a folder, as far as they lie below that folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for number, above in list(_references(handle)):
            if path := _path(handle, number, above):
                yield folder / path
    finally:
        os.close(handle)


def _references(handle: int) -> Iterator[tuple[int, int]]:
    """Yield the number of each child, and that of the folder that it lies in."""
    least = 0
    while True:
        answer = bytearray(struct.pack("<Q", least).ljust(_SIZE, b"\0"))
        more = False
        try:
            fcntl.ioctl(handle, _CHILDREN, answer)
        except OSError as error:
            if error.errno != errno.EOVERFLOW:
                raise
            more = True
        count = answer[8 + 16 * _MOST]
        pairs = [struct.unpack_from("<QQ", answer, 8 + 16 * number) for number in range(count)]
        yield from pairs
        if not more or not pairs:
            return
        least = pairs[-1][0] + 1


def _path(handle: int, number: int, above: int) -> str:
    """Return where a child lies below an open folder; nothing when it lies elsewhere, or is gone meanwhile."""
    answer = bytearray(struct.pack("<QQ", above, number).ljust(_SIZE, b"\0"))
    try:
        fcntl.ioctl(handle, _PLACE, answer)
    except OSError:
        return ""
    name, path = (answer[16 : 16 + _NAME], answer[16 + _NAME :])
    return os.fsdecode(bytes(path).partition(b"\0")[0] + bytes(name).partition(b"\0")[0])
