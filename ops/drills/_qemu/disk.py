"""A disk made anew from a restored tree: partitions and file systems as the machine's own fstab names them."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from ops.core.document import read_file
from ops.core.errors import Damaged
from ops.core.run import run
from ops.drills._boot.isolate import beneath
from ops.drills._qemu.partitions import MIB, Entry, Layout, Slot, slots, table

_SECONDS = 3600.0
SLACK = 512 * MIB  # room for what a boot writes, and the file system's own
BOOT_LEAST = 128 * MIB
SWAP = 64 * MIB  # it is only looked at, whether it is there
LARGEST_FSTAB = 1 << 20
_BLOCK = 4096


def read_fstab(root: Path) -> str:
    """Return the machine's fstab, before anything is isolated; raise Damaged when there is none."""
    folder = beneath(root, "etc")
    place = folder / "fstab" if folder else None
    if place is None or not place.is_file() or place.is_symlink():
        raise Damaged("the backup has no etc/fstab, so no disk can be built")
    return read_file(place, LARGEST_FSTAB, "etc/fstab of the backup").decode("utf-8", "replace")


def sizes(root: Path, made: Sequence[Entry]) -> list[int]:
    """Return how large each partition of the disk becomes, in bytes."""
    return [_size(root, one) for one in made]


def _size(root: Path, one: Entry) -> int:
    if one.kind == "swap":
        return SWAP
    used = used_bytes(_folder(root, one))
    return used + used // 4 + (SLACK if one.mount == "/" else BOOT_LEAST)


def _folder(root: Path, one: Entry) -> Path:
    """Return the folder of the tree that becomes a file system; the tree may lead anywhere."""
    folder = beneath(root, one.mount.lstrip("/"))
    if folder is None or not folder.is_dir():
        raise Damaged(f"fstab mounts {one.name}, which is not a folder in the backup")
    return folder


def used_bytes(folder: Path) -> int:
    """Return what the files of a folder need in a file system, links counted once."""
    total, seen = 0, set()
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            status = os.lstat(os.path.join(place, name))  # noqa: PTH118 -- some hundred thousand times
            if status.st_nlink > 1 and stat.S_ISREG(status.st_mode):
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
            total += -(-status.st_size // _BLOCK) * _BLOCK + 256 if stat.S_ISREG(status.st_mode) else _BLOCK
    return total


def make(image: Path, root: Path, plan: Layout, wanted: Sequence[int]) -> None:
    """Write the disk; the file is sparse, of root alone."""
    places = slots(wanted)
    descriptor = os.open(image, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    os.truncate(descriptor, places[-1].start + places[-1].size + MIB)
    os.close(descriptor)
    run(["sfdisk", "--quiet", image], input=table(plan.made, places), timeout=_SECONDS)
    for one, place in zip(plan.made, places, strict=True):
        if one.kind == "swap":
            _swap(image, one, place)
        else:
            run(filled(image, root, one, place), timeout=_SECONDS)


def filled(image: Path, root: Path, one: Entry, place: Slot) -> list[str | Path]:
    """Return the program that makes a file system at its place on the disk, filled from the tree."""
    label = ["-L", one.label] if one.label else []
    words: list[str | Path] = ["mke2fs", "-q", "-F", "-t", one.kind, "-b", str(_BLOCK), "-U", one.uuid, *label]
    words += ["-d", _folder(root, one), "-E", f"offset={place.start},root_owner=0:0", image]
    return [*words, str(place.size // _BLOCK)]


def _swap(image: Path, one: Entry, place: Slot) -> None:
    """Make swap space in a file of its own and lay it at its place: mkswap knows no offset."""
    part = image.with_name(f"{image.name}.swap")
    with part.open("xb") as output:
        output.truncate(place.size)
    part.chmod(0o600)
    label = ["-L", one.label] if one.label else []
    run(["mkswap", "-q", "-U", one.uuid, *label, part], timeout=_SECONDS)
    with part.open("rb") as source, image.open("r+b") as target:
        target.seek(place.start)
        shutil.copyfileobj(source, target, MIB)
    part.unlink()
