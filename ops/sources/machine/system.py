"""What a machine is: its release, file systems, packages and units, as its manifest keeps them."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core.mounts import Mount, holding, mounts, plain, seen
from ops.core.names import Digest
from ops.core.run import run
from ops.core.subvolumes import subvolumes
from ops.sources.machine.facts import FileSystem, PackageList

_LOOK_SECONDS = 120.0
# Where a machine's own software and settings lie: a file system of its own there is needed to boot it.
NEEDED = ("/boot", "/etc", "/opt", "/root", "/usr", "/var")
_SNAPSHOT = "/.zfs/snapshot/"  # ZFS mounts them where somebody looks
BLOCKS = "NAME,TYPE,SIZE,FSTYPE,LABEL,UUID,PARTUUID,MOUNTPOINTS"


def hidden(found: Collection[Mount]) -> list[str]:
    """Return the places that a unit's own settings hide from it, which would be taken as empty."""
    covers = {mount.place: mount for mount in found}  # the last one at a place is the one that is seen
    return sorted(
        mount.place
        for mount in covers.values()
        if mount.origin.endswith("/inaccessible/dir") or (mount.type == "tmpfs" and mount.place in {*NEEDED, "/home"})
    )


def not_taken(found: Collection[Mount], filesystems: Collection[str], passed: Callable[[str], bool]) -> list[str]:
    """Return the places of file systems on disks that are not among those that are taken, nor left out."""
    devices = {Path(place).stat().st_dev for place in filesystems}
    return sorted(
        {
            mount.place
            for mount in found
            if not mount.distant and not passed(f"{mount.place}/any") and _lies_elsewhere(mount, filesystems, devices)
        }
    )


def _lies_elsewhere(mount: Mount, filesystems: Collection[str], devices: Collection[int | None]) -> bool:
    """Whether the files of a mount lie on a disk that is not taken; those of an overlay lie where it writes.

    What is seen at several places, as a unit's own folders are, lies where it is taken.
    """
    if mount.device in devices:
        return False
    if mount.upper and mount.place not in filesystems:
        return replace(mount, place=mount.upper).device not in devices
    return mount.stored and _SNAPSHOT not in mount.place


def never_entered(found: Collection[Mount], filesystems: Collection[str]) -> list[str]:
    """Return the places where another machine or a program answers, which may refuse us or never answer.

    They are no part of a file system that is taken, so nobody looks at them; but for those above one that is taken.
    """
    return sorted(
        {
            mount.place
            for mount in seen(found)
            if mount.distant and not any(Path(place).is_relative_to(mount.place) for place in filesystems)
        }
    )


def nested(filesystems: Collection[str], found: Collection[Mount], passed: Callable[[str], bool]) -> list[str]:
    """Return the subvolumes that are seen as empty folders, because nobody names them; raise OSError.

    One that has nothing in it, as systemd makes some, is none, nor is one that is taken where it is mounted.
    """
    devices = {Path(place).stat().st_dev for place in filesystems}
    places = {*filesystems, *(mount.place for mount in found)}
    below = {
        folder
        for place in filesystems
        if (mount := holding(place, found)) and mount.type == "btrfs"
        for folder in subvolumes(Path(place))
    }
    return sorted(
        str(folder)
        for folder in below
        if str(folder) not in places and not passed(f"{folder}/any")
        if folder.stat().st_dev not in devices and any(folder.iterdir())
    )


def swap_files(table: Path = Path("/proc/swaps")) -> list[str]:
    """Return the swap files in use; psutil knows their sizes only."""
    lines = table.read_text(encoding="utf-8").splitlines()[1:] if table.exists() else []
    return [plain(words[0]) for line in lines if (words := line.split())[1:2] == ["file"]]


def packages() -> str:
    """Return the list of packages as dpkg keeps it, for setting up the same ones."""
    return run(["dpkg", "--get-selections"], timeout=_LOOK_SECONDS).stdout


def layout() -> str:
    """Return how disks are divided and mounted, in words for whoever has to make it again."""
    parts = {"/etc/fstab": Path("/etc/fstab").read_text(encoding="utf-8", errors="replace")}
    if shutil.which("lsblk"):
        parts["lsblk"] = run(["lsblk", "--output", BLOCKS], timeout=_LOOK_SECONDS, ok=range(256)).stdout
    return "\n".join(f"# {name}\n{text}" for name, text in parts.items())


@dataclass(frozen=True)
class System:
    """What a machine is, see `MachineFacts`."""

    release: str
    codename: str
    architecture: str
    kernel: str
    hostname: str
    filesystems: Mapping[str, FileSystem]
    packages: PackageList
    enabled_units: tuple[str, ...]


def facts(filesystems: Collection[str], listed: str) -> System:
    """Return what the machine is; `listed`: its packages."""
    release = platform.freedesktop_os_release()
    system = os.uname()
    return System(
        release=release.get("PRETTY_NAME", ""),
        codename=release.get("VERSION_CODENAME", ""),
        architecture=system.machine,
        kernel=system.release,
        hostname=system.nodename,
        filesystems={mount.place: _room(mount) for mount in mounts() if mount.place in filesystems},
        packages=PackageList(len(listed.splitlines()), Digest(hashlib.sha256(listed.encode()).hexdigest())),
        enabled_units=tuple(enabled_units(Path("/"))),
    )


def enabled_units(root: Path) -> list[str]:
    """Return the units of a machine that others ask for at its boot."""
    return sorted({link.name for link in (root / "etc/systemd/system").glob("*.*s/*")})


def _room(mount: Mount) -> FileSystem:
    seen = os.statvfs(mount.place)
    return FileSystem(
        type=mount.type,
        source=mount.source,
        bytes=seen.f_blocks * seen.f_frsize,
        used_bytes=(seen.f_blocks - seen.f_bfree) * seen.f_frsize,
    )
