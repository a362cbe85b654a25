"""Mounted data volumes, and data folders over a size, that nothing answers for."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ops.core import mounts
from ops.core.mounts import Mount
from ops.core.subvolumes import is_snapshot, subvolumes
from ops.interfaces.discovery import Found, SearchContext, Sort

MOUNTS = "1/mountinfo"  # not our own: a unit sees mounts that systemd made for it alone
REAL = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "jfs", "f2fs", "reiserfs", "vfat", "exfat", "ntfs", "ntfs3"}
# Shown by programs, and no data of their own: what lies elsewhere on this machine, or is made up.
SHOWN = {"fuse.lxcfs", "fuse.gvfsd-fuse", "fuse.portal", "fuse.snapfuse", "fuse.squashfuse", "fuse.restic"}
SYSTEM = ("/boot", "/efi", "/usr", "/etc", "/var/log", "/var/tmp", "/tmp", "/run")  # noqa: S108 -- not written to
FOLDERS = ("/srv", "/home", "/opt", "/data", "/var/www", "/var/lib")
_LAYERS = tuple(
    f"/var/lib/containers/storage/{name}"
    for name in ("overlay", "overlay-containers", "overlay-images", "overlay-layers", "vfs", "vfs-images", "vfs-layers")
)
# What packages keep there and bring back themselves.
KNOWN = ("/var/lib/apt", "/var/lib/dpkg", "/var/lib/systemd", "/var/lib/docker/overlay2", *_LAYERS)
SECONDS = 120.0  # for all of it; what is not measured by then is named with what it has at least


@dataclass
class _Look:
    """One look around.

    answered: what is answered for. alone: file systems that are, without what is mounted below them. larger_than: what
    counts as large. places: where a file system of its own begins. distant: those that another machine or a program
    shows, which are not touched: they may never answer. deadline: until when things are measured.
    """

    answered: tuple[Path, ...]
    larger_than: int
    alone: frozenset[Path] = frozenset()
    places: frozenset[Path] = frozenset()
    distant: frozenset[Path] = frozenset()
    deadline: float = field(default_factory=lambda: time.monotonic() + SECONDS)

    def on(self, path: Path) -> Path:
        """Return where the file system begins on which a path lies."""
        return next((place for place in (path, *path.parents) if place in self.places), Path("/"))

    def is_distant(self, path: Path) -> bool:
        """Whether to look at a path may take for ever."""
        return any(place in self.distant for place in (path, *path.parents))

    def covers(self, path: Path) -> bool:
        """Whether something answers for a path with all that is below it on its file system."""
        return self.on(path) in self.alone or any(path.is_relative_to(known) for known in self.answered)

    def holds(self, path: Path) -> bool:
        """Whether something answers for a part of what lies below a path."""
        return any(known.is_relative_to(path) for known in self.answered)

    def folder(self, path: Path, *, base: bool = False) -> Iterator[Found]:
        """Yield what lies below a folder; beside what is answered for, and in a base, each child speaks for itself."""
        if self.covers(path):
            return
        if not base and not self.holds(path):
            yield from self.judged(path)
            return
        loose = 0
        for entry in _entries(path):
            child = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                if not self.crosses(path, entry):
                    yield from self.folder(child)
            elif entry.is_file(follow_symlinks=False) and child not in self.answered:
                loose += _size(entry)
        if loose > self.larger_than:
            yield self.found(path, "files in a folder, next to what is covered", loose)

    def judged(self, path: Path) -> Iterator[Found]:
        """Yield a folder when it is too large, or too large to tell in time."""
        total, whole = self.measured(path)
        if total > self.larger_than or not whole:
            yield self.found(path, "a folder", total, least=not whole)

    def found(self, path: Path, words: str, total: int, *, least: bool = False) -> Found:
        """Return a folder with the file system that it lies on."""
        return Found(f"path:{path}", words, total, least=least, volume=str(self.on(path)))

    def measured(self, path: Path) -> tuple[int, bool]:
        """Return the bytes of the files below a folder, and whether all of them were counted."""
        total, folders = 0, [path]
        while folders:
            here = folders.pop()
            for entry in _entries(here):
                if time.monotonic() > self.deadline:
                    return total, False
                if entry.is_dir(follow_symlinks=False):
                    if not self.crosses(here, entry):
                        folders.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    total += _size(entry)
        return total, True

    def crosses(self, folder: Path, entry: os.DirEntry[str]) -> bool:
        """Whether a child is a file system of its own: that is looked at by itself, or may not be looked at at all."""
        if Path(entry.path) in self.places:
            return True
        try:
            return entry.stat(follow_symlinks=False).st_dev != folder.stat().st_dev
        except OSError:
            return True  # gone meanwhile, or mounted meanwhile by somebody who lets nobody see it


def look(scene: SearchContext) -> Iterator[Found]:
    """Yield volumes that are not empty, then folders over the size; none of it twice."""
    table = mounts.read((scene.proc / MOUNTS).read_text(errors="surrogateescape"))
    found = [*_volumes(table)]
    nested = [*_nested(table)]
    around = _Look(
        (*scene.answered, *map(Path, KNOWN)),
        scene.larger_than,
        frozenset(scene.alone),
        frozenset([*(Path(mount.place) for mount in table), *nested]),
        frozenset(Path(mount.place) for mount in table if mount.distant),
    )
    named: list[Path] = []
    for path, kind in [*found, *((path, "btrfs subvolume") for path in nested)]:
        for one in _volume(around, path, kind):
            named.append(path)
            yield one
    around.answered = (*around.answered, *named)
    for folder in map(Path, FOLDERS):
        if not around.is_distant(folder) and folder.is_dir() and not folder.is_symlink():
            yield from around.folder(folder, base=True)


def volumes(table: str) -> Iterator[tuple[Path, str]]:
    """Given what /proc says of mounts, yield each volume for data, and its file system."""
    return _volumes(mounts.read(table))


def _volumes(table: Collection[Mount]) -> Iterator[tuple[Path, str]]:
    for mount in table:
        path = Path(mount.place)
        here = mount.type in REAL and not mount.distant and _first(mount, table)
        if not _system(path) and (_far(mount) or (here and path.is_dir())):
            yield path, mount.type


def _far(mount: Mount) -> bool:
    return mount.distant and mount.type not in SHOWN | {"autofs"}  # on an automatic one another one appears


def _system(path: Path) -> bool:
    return path == Path("/") or any(path.is_relative_to(known) for known in SYSTEM)


def _first(mount: Mount, table: Collection[Mount]) -> bool:
    """Whether this is where a file system is seen, and not a second place for a part of it."""
    others = [other for other in table if other.disk == mount.disk and other.number != mount.number]
    origin = PurePosixPath(mount.origin)
    return mount.type == "btrfs" or not any(
        origin.is_relative_to(other.origin) and (other.origin != mount.origin or other.number < mount.number)
        for other in others
    )


def _nested(table: Collection[Mount]) -> Iterator[Path]:
    """Yield the subvolumes that are mounted nowhere themselves, and keep more than what others were."""
    known = [mount for mount in mounts.seen(table) if mount.type == "btrfs"]
    devices = {mount.device for mount in known}
    places = {mount.place for mount in table}
    for folder in sorted({folder for mount in known for folder in _below(mount)}):
        mounted = str(folder) in places or folder.stat().st_dev in devices
        if not mounted and not _system(folder) and not is_snapshot(folder):
            yield folder


def _below(mount: Mount) -> list[Path]:
    try:
        return subvolumes(Path(mount.place))
    except OSError as error:
        if error.errno in {errno.ENOTTY, errno.ENOENT}:  # something else is seen there
            return []
        raise


def _volume(around: _Look, path: Path, kind: str) -> Iterator[Found]:
    """Yield a volume of which nothing is answered for; one of which a part is, like a folder."""
    if path in around.alone or any(path.is_relative_to(known) for known in around.answered if known != Path("/")):
        return
    if path in around.distant:  # not walked: it may hang
        yield Found(f"path:{path}", f"a network volume ({kind})", apart=True, volume=str(path))
    elif around.holds(path):
        yield from around.folder(path)
    elif any(entry.name != "lost+found" for entry in _entries(path)):
        total, whole = around.measured(path)
        yield Found(f"path:{path}", f"a volume ({kind})", total, least=not whole, apart=True, volume=str(path))


def _entries(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []  # gone meanwhile


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0  # gone meanwhile


KIND = Sort(look, order=1)
