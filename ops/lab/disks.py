"""Disks of a lab: files on loop devices of this computer, which a machine has while they are connected to it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.core.errors import CommandError, Unavailable
from ops.core.run import run
from ops.lab.machine import LOOP_CONTROL, LOOP_MAJOR, Machine

_NODES = 64
_SECONDS = 60.0
# Whoever was interrupted leaves work behind that ends by itself, and holds the disk until then.
_TAKEN_OFF = (
    "timeout 60 sh -c 'while mountpoint -q {place}; do umount {place} 2>/dev/null || sleep 0.2; done'; rm -f {device}"
)


def image(path: Path, mebibytes: int) -> Path:
    """Make the file of a disk with nothing on it, in place of what was there; it takes space as it is filled."""
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        path.chmod(0o600)
        file.truncate(mebibytes << 20)
    return path


@contextmanager
def attached(file: Path, *, read_only: bool = False) -> Iterator[Path]:
    """Attach a file as a disk for a block; yield its device. Raise Unavailable where no loop device can be had."""
    if not LOOP_CONTROL.exists():
        raise Unavailable("no loop device can be had: the kernel offers none", "modprobe loop")
    _make_nodes()
    words: list[str | Path] = ["losetup", "--find", "--show", *(["--read-only"] if read_only else []), file]
    try:
        device = Path(run(words, timeout=_SECONDS).stdout.strip())
    except CommandError as error:
        raise Unavailable(f"no loop device can be had: {error.message}", "losetup --list") from error
    try:
        yield device
    finally:
        with suppress(CommandError):
            run(["losetup", "--detach", device], timeout=_SECONDS)


@contextmanager
def connected(machine: Machine, file: Path, place: str) -> Iterator[None]:
    """Connect a disk to a machine for a block; raise Unavailable where no loop device can be had.

    place: where the machine mounts it, from where it is taken off in the end, also where that was not its turn yet.
    """
    with attached(file) as device:
        number = device.name.removeprefix("loop")
        machine.ssh(f"[ -b {device} ] || mknod -m 600 {device} b {LOOP_MAJOR} {number}")
        try:
            yield
        finally:
            take_off(machine, place, device)


def take_off(machine: Machine, place: str, device: Path | str = "") -> None:
    """Take off what is mounted at a place of a machine, and let it forget the device."""
    with suppress(CommandError):  # the machine may be gone, and the file is detached all the same
        machine.ssh(_TAKEN_OFF.format(place=place, device=device), timeout=2 * _SECONDS, ok=range(128))


def forget(folder: Path) -> None:
    """Detach the files in a folder that are still attached: whoever did so was killed."""
    for file in folder.glob("*") if LOOP_CONTROL.exists() else ():
        if file.is_file():
            _detached(file)


def _detached(file: Path) -> None:
    listed = run(["losetup", "--noheadings", "--output", "NAME", "--associated", file], timeout=_SECONDS, ok=range(128))
    for device in listed.stdout.split():
        run(["losetup", "--detach", device], timeout=_SECONDS, ok=range(128))


def _make_nodes() -> None:
    """Make the nodes of loop devices in a machine that is a container, where no kernel does."""
    for number in range(_NODES if Path("/run/systemd/container").exists() else 0):
        with suppress(OSError):  # there, or it may not be: losetup says what is missing
            os.mknod(f"/dev/loop{number}", stat.S_IFBLK | 0o600, os.makedev(LOOP_MAJOR, number))
