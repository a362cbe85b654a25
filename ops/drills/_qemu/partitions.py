"""From a machine's own fstab to the partitions of a disk made anew."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from ops.core.errors import Damaged

EXT = ("ext2", "ext3", "ext4")
SECTOR = 512
MIB = 1 << 20
LOADER_MIB = 2  # where GRUB's core lies on a disk with GPT that a BIOS boots
_LINE = re.compile(r"\s*([^#\s]\S*)\s+(\S+)\s+(\S+)(?:\s+(\S+))?")
_BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
# Of the kernel, or of a server elsewhere: nothing on this machine's disks.
_ELSEWHERE = {"proc", "sysfs", "tmpfs", "devpts", "devtmpfs", "cgroup", "cgroup2", "debugfs", "nfs", "nfs4", "cifs"}


@dataclass(frozen=True)
class Entry:
    """One line of fstab: what is mounted (empty: swap), its kind, and how it is named there."""

    source: str
    mount: str
    kind: str
    options: str

    @property
    def name(self) -> str:
        """What it is called in a record, which cuts paths out."""
        return self.mount.strip("/") or ("root" if self.mount else "swap")

    @property
    def uuid(self) -> str:
        """Its UUID: fstab's, or one made from its name, so that it is the same in each drill."""
        found = re.fullmatch(r"(?:UUID=|/dev/disk/by-uuid/)\"?([0-9a-fA-F-]{36})\"?", self.source)
        return found[1].lower() if found else str(uuid.uuid5(uuid.NAMESPACE_URL, self.source))

    @property
    def label(self) -> str:
        """Its label, where fstab names it by that."""
        found = re.fullmatch(r"(?:LABEL=|/dev/disk/by-label/)\"?([^\"]{1,16})\"?", self.source)
        return found[1] if found else ""

    @property
    def line(self) -> str:
        """The line for the disk made anew: named by what was given to it."""
        last = "0 1" if self.mount == "/" else "0 0" if self.kind == "swap" else "0 2"
        return f"UUID={self.uuid} {self.mount or 'none'} {self.kind} {self.options} {last}"


@dataclass(frozen=True)
class Layout:
    """What is made, the root first, and what is not: those lines of fstab are commented out and proven by nothing."""

    made: tuple[Entry, ...]
    left: tuple[Entry, ...]

    @property
    def fstab(self) -> str:
        """The text of the fstab for the disk made anew."""
        lines = [f"# not made by this drill: {one.source} {one.mount} {one.kind}" for one in self.left]
        return "".join(f"{line}\n" for line in [*(one.line for one in self.made), *lines])


def layout(fstab: str) -> Layout:
    """Read an fstab; raise Damaged when it names no root that can be made."""
    made: list[Entry] = []
    left: list[Entry] = []
    for line in fstab.splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        source, mount, kind, options = (word or "defaults" for word in found.groups())
        if kind in _ELSEWHERE or "bind" in options.split(",") or "noauto" in options.split(","):
            continue
        one = Entry(source, "" if kind == "swap" else mount.replace("\\040", " ").rstrip("/") or "/", kind, options)
        # Swap to a file lies in a file system that is made anyway; the file itself is no part of a backup.
        partition = source.startswith("/dev/") or not source.startswith("/")
        (made if kind in EXT or (kind == "swap" and partition) else left).append(one)
    made.sort(key=lambda one: (one.mount != "/", one.kind == "swap", one.mount))
    if not made or made[0].mount != "/":
        raise Damaged("fstab has no root file system of type ext2, ext3 or ext4, so this drill can't build the disk")
    return Layout(tuple(made), tuple(left))


@dataclass(frozen=True)
class Slot:
    """Where a partition lies on the disk, in bytes."""

    start: int
    size: int


def slots(sizes: Sequence[int]) -> tuple[Slot, ...]:
    """Return where partitions of these sizes lie, after the one for the boot loader; each begins at a full MiB."""
    found, place = [], MIB + LOADER_MIB * MIB
    for size in sizes:
        whole = -(-size // MIB) * MIB
        found.append(Slot(place, whole))
        place += whole
    return tuple(found)


def table(made: Sequence[Entry], places: Sequence[Slot]) -> str:
    """Return the partition table, as sfdisk reads it."""
    lines = ["label: gpt", "unit: sectors"]
    lines.append(f"start={MIB // SECTOR}, size={LOADER_MIB * MIB // SECTOR}, type={_BIOS_BOOT}")
    for one, place in zip(made, places, strict=True):
        kind = "swap" if one.kind == "swap" else "linux"
        lines.append(f"start={place.start // SECTOR}, size={place.size // SECTOR}, type={kind}")
    return "".join(f"{line}\n" for line in lines)
