"""The disks that are connected to this machine, by the serial numbers that they say they have."""

from __future__ import annotations

import errno
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import CommandError, Damaged, Unavailable
from ops.core.run import run

_SECONDS = 60.0
_PATIENCE, _TRY_AGAIN = 30.0, 0.1  # seconds
_NOTHING = 2  # what blkid ends with when it finds nothing


@dataclass(frozen=True)
class Device:
    """A whole disk. serial: what it says of itself. parts: the devices on which a file system may lie."""

    path: Path
    serial: str
    parts: tuple[Path, ...]


@dataclass(frozen=True)
class Content:
    """What a device holds: the type and the UUID of its file system or its encryption; both empty where nothing is."""

    type: str = ""
    uuid: str = ""


def connected() -> list[Device]:
    """Return the disks that are connected and have a serial number; raise Unavailable where nobody can say.

    A file on a loop device has none: its name stands for it.
    """
    words = ["lsblk", "--json", "--bytes", "--output", "NAME,PATH,SERIAL,TYPE,SIZE"]
    try:
        listed = json.loads(run(words, timeout=_SECONDS).stdout)["blockdevices"]
        return [found for entry in listed if (found := _device(entry)).serial]
    except (CommandError, ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"lsblk does not tell which disks are connected: {error}") from error


def content(device: Path) -> Content:
    """Return what a device holds, as its own bytes say; raise Damaged for one that says several things at once."""
    try:
        done = run(["blkid", "--probe", "--output", "export", device], timeout=_SECONDS, ok=(0, _NOTHING))
    except CommandError as error:
        raise Damaged(f"nobody can say what is on {device}: {error.message}") from error
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return Content(told.get("TYPE", told.get("PTTYPE", "")), told.get("UUID", ""))


def demand_free(device: Path) -> None:
    """Bring a device's own cache to the disk; raise Unavailable while the kernel still uses it for anything.

    A name space that is being made holds what is mounted for a moment, so that is waited for.
    """
    handle = _alone(device)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _alone(device: Path) -> int:
    """Open a device that nothing else uses; the kernel lets nobody do so while it is mounted or unlocked."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return os.open(device, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC)
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                hint = f"lsblk {device}; fuser -vm {device}"
                raise Unavailable(f"{device} is still in use: {error.strerror}", hint) from error
            time.sleep(_TRY_AGAIN)


def _device(entry: dict[str, object]) -> Device:
    name, path = str(entry["name"]), Path(str(entry["path"]))
    serial = str(entry.get("serial") or "").strip()
    if entry.get("type") == "loop":
        serial = _image(name)
    below = entry.get("children") or []
    parts = [Path(str(one["path"])) for one in below if one.get("type") == "part"] if isinstance(below, list) else []
    return Device(path, serial, (path, *parts))


def _image(name: str) -> str:
    try:
        return Path(Path("/sys/block", name, "loop/backing_file").read_text(encoding="utf-8").strip()).name
    except OSError:
        return ""
