"""Mounts made by the real kernel: a FUSE that refuses everybody or never answers, and a btrfs with its subvolumes.

The file system is made of `empty.btrfs.xz`, what `mkfs.btrfs --mixed -n 4096` makes of 16 MiB.
"""

from __future__ import annotations

import ctypes
import fcntl
import lzma
import os
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_DETACH = 2  # MNT_DETACH
_SAFE = 2 | 4  # MS_NOSUID | MS_NODEV
_SOMEBODY = 12_345
_EMPTY = Path(__file__).with_name("empty.btrfs.xz")
_CREATE = 0x5000940E  # BTRFS_IOC_SUBVOL_CREATE
_SNAPSHOT, _READ_ONLY = 0x50009417, 2  # BTRFS_IOC_SNAP_CREATE_V2, BTRFS_SUBVOL_RDONLY


def _demand_fuse() -> None:
    if os.geteuid() or not Path("/dev/fuse").exists():
        pytest.skip("needs root and /dev/fuse")


@contextmanager
def fuse(place: Path, account: int = _SOMEBODY, kind: str = "fuse.sshfs") -> Iterator[Callable[[], None]]:
    """Mount what an account's program shows; that of root never answers, and any other one refuses everybody else.

    Yield what ends that program.
    """
    _demand_fuse()
    kernel = ctypes.CDLL(None, use_errno=True)
    place.mkdir(parents=True, exist_ok=True)
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    handles = [device]
    words = f"fd={device},rootmode=40000,user_id={account},group_id={account}"
    try:
        if kernel.mount(b"localhost:", os.fsencode(place), kind.encode(), _SAFE, words.encode()):
            pytest.skip(f"FUSE can't be mounted here: {os.strerror(ctypes.get_errno())}")
        try:
            yield lambda: os.close(handles.pop())
        finally:
            kernel.umount2(os.fsencode(place), _DETACH)
    finally:
        for handle in handles:
            os.close(handle)  # which ends whoever still waits for an answer


@contextmanager
def btrfs(place: Path) -> Iterator[None]:
    """Mount a small btrfs that nobody else uses."""
    place.mkdir(parents=True)
    with tempfile.NamedTemporaryFile() as image:  # the kernel keeps it as long as it is mounted
        image.write(lzma.decompress(_EMPTY.read_bytes()))
        image.flush()
        words = ["mount", "-t", "btrfs", "-o", "loop", image.name, str(place)]
        mounted = subprocess.run(words, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no btrfs can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)


def subvolume(folder: Path) -> Path:
    """Make a subvolume, as `btrfs subvolume create` does."""
    above = os.open(folder.parent, os.O_RDONLY)
    try:
        fcntl.ioctl(above, _CREATE, bytearray(struct.pack("<q4088s", 0, os.fsencode(folder.name))))
    finally:
        os.close(above)
    return folder


def snapshot(of: Path, folder: Path) -> Path:
    """Make a read-only snapshot of a subvolume, as `btrfs subvolume snapshot -r` does."""
    above, source = os.open(folder.parent, os.O_RDONLY), os.open(of, os.O_RDONLY)
    try:
        words = struct.pack("<qQQ32s4040s", source, 0, _READ_ONLY, b"", os.fsencode(folder.name))
        fcntl.ioctl(above, _SNAPSHOT, bytearray(words))
    finally:
        os.close(above)
        os.close(source)
    return folder
