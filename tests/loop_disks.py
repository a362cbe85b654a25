"""Disks that are files on loop devices: the kernel's own devices and file systems, made and taken away by root."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ops.lab import disks
from ops.lab.disks import attached

__all__ = ["attached"]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make and mount disks")
MEBIBYTES = 24
_SHUT_DOWN = 0x8004587D  # FS_IOC_SHUTDOWN of the kernel's ext4
_AT_ONCE = 2  # nothing that was not written yet is written any more


def run(*words: str | Path) -> str:
    done = subprocess.run([*map(str, words)], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def shelf() -> Iterator[Path]:
    """Make a folder in memory for the files of disks, for a block: no disk of this machine is waited for."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def copied(file: Path, folder: Path) -> Path:
    """Copy the file of a disk into a folder, without the holes in it."""
    run("cp", "--sparse=always", file, folder)
    return folder / file.name


def image(path: Path, *, formatted: bool = True, mebibytes: int = MEBIBYTES) -> Path:
    """Make the file of a disk, with a file system on it or with nothing."""
    disks.image(path, mebibytes)
    if formatted:
        run("mkfs.ext4", "-q", "-F", path)
    return path


def unmounted(folder: Path) -> None:
    """Take off whatever is mounted at a folder."""
    while subprocess.run(["umount", str(folder)], check=False, capture_output=True).returncode == 0:
        pass


@contextmanager
def mount_point() -> Iterator[Path]:
    """Make a folder where the policy may have a disk mounted, for a block; what is mounted there goes with it.

    It is as on a machine that systemd booted: what is taken off here is taken off in all name spaces of mounts, so that
    what other tests run at that moment holds no disk.
    """
    above = Path(tempfile.mkdtemp(prefix="seawall-disks-", dir="/srv"))
    run("mount", "--bind", above, above)
    try:
        # Apart from what is below it, which may be shared, too: a disk would be mounted there as well.
        run("mount", "--make-private", above)
        run("mount", "--make-shared", above)
        folder = Path(tempfile.mkdtemp(prefix="seawall-disk-", dir=above))
        try:
            yield folder
        finally:
            unmounted(folder)
    finally:
        unmounted(above)
        shutil.rmtree(above, ignore_errors=True)


@contextmanager
def mounted(file: Path) -> Iterator[Path]:
    """Mount a disk that is a file, for a block; yield where."""
    with mount_point() as folder, attached(file) as device:
        run("mount", "-t", "ext4", device, folder)
        try:
            yield folder
        finally:
            with suppress(subprocess.CalledProcessError):
                run("umount", folder)


def pull(folder: Path, device: Path) -> bool:
    """Take a disk away as a pulled plug does: nothing is written any more, and everything else fails.

    Return whether it was mounted there: nothing is done to whatever else is.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        if os.fstat(handle).st_dev != device.stat().st_rdev:
            return False
        fcntl.ioctl(handle, _SHUT_DOWN, struct.pack("I", _AT_ONCE))
    finally:
        os.close(handle)
    return True
