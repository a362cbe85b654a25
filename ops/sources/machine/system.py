"""What a machine is: its release, file systems, packages and units, as its manifest keeps them."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.core.names import Digest
from ops.core.run import run
from ops.sources.machine.facts import FileSystem, PackageList

_LOOK_SECONDS = 120.0
# Where a machine's own software and settings lie: a file system of its own there is needed to boot it.
NEEDED = ("/boot", "/etc", "/opt", "/root", "/usr", "/var")
BLOCKS = "NAME,TYPE,SIZE,FSTYPE,LABEL,UUID,PARTUUID,MOUNTPOINTS"


@dataclass(frozen=True)
class Mount:
    """A file system where it is mounted; `origin`: what of it is seen there."""

    place: str
    origin: str
    type: str
    source: str

    @property
    def stored(self) -> bool:
        """Whether its files lie on a disk and nowhere else on this machine; those of an overlay lie below it."""
        return self.source.startswith("/dev/") or self.type == "zfs"

    @property
    def device(self) -> int | None:
        """The number that its files carry; none when it can't be looked at."""
        try:
            return Path(self.place).stat().st_dev
        except OSError:
            return None


def mounts(table: Path = Path("/proc/self/mountinfo")) -> list[Mount]:
    """Return what is mounted, as this process sees it; psutil does not tell which folder of a file system it is."""
    found = []
    for line in table.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        words, _, rest = line.partition(" - ")
        fields, (kind, source, *_) = words.split(" "), rest.split(" ")
        found.append(Mount(_plain(fields[4]), _plain(fields[3]), kind, _plain(source)))
    return found


def _plain(word: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), word)


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
            if mount.stored and mount.device not in devices and not passed(f"{mount.place}/any")
        }
    )


def swap_files(table: Path = Path("/proc/swaps")) -> list[str]:
    """Return the swap files in use; psutil knows their sizes only."""
    lines = table.read_text(encoding="utf-8").splitlines()[1:] if table.exists() else []
    return [_plain(words[0]) for line in lines if (words := line.split())[1:2] == ["file"]]


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
