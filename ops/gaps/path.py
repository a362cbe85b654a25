"""Mounted data volumes, and data folders over a size, that nothing answers for."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ops.interfaces.discovery import Found, SearchContext, Sort

MOUNTS = "1/mountinfo"  # not our own: a unit sees mounts that systemd made for it alone
REAL = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "jfs", "f2fs", "reiserfs", "vfat", "exfat", "ntfs", "ntfs3"}
DISTANT = {"nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "fuse.sshfs"}
SYSTEM = ("/boot", "/efi", "/usr", "/etc", "/var/log", "/var/tmp", "/tmp", "/run")  # noqa: S108 -- not written to
FOLDERS = ("/srv", "/home", "/opt", "/data", "/var/www", "/var/lib")
# What packages keep there and bring back themselves.
KNOWN = ("/var/lib/apt", "/var/lib/dpkg", "/var/lib/systemd", "/var/lib/docker/overlay2", "/var/lib/containers/storage")
SECONDS = 120.0  # for all of it; what is not measured by then is named with what it has at least


@dataclass
class _Look:
    """One look around: what is answered for, what counts as large, and until when things are measured."""

    answered: tuple[Path, ...]
    larger_than: int
    deadline: float = field(default_factory=lambda: time.monotonic() + SECONDS)

    def folder(self, path: Path, *, base: bool = False) -> Iterator[Found]:
        """Yield what lies below a folder; beside what is answered for, and in a base, each child speaks for itself."""
        if any(path.is_relative_to(known) for known in self.answered):
            return
        if not base and not any(known.is_relative_to(path) for known in self.answered):
            yield from self.judged(path)
            return
        loose = 0
        for entry in _entries(path):
            child = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                if not _crosses(path, entry):
                    yield from self.folder(child)
            elif entry.is_file(follow_symlinks=False) and child not in self.answered:
                loose += entry.stat(follow_symlinks=False).st_size
        if loose > self.larger_than:
            yield Found(f"path:{path}", "files in a folder, next to what is covered", loose)

    def judged(self, path: Path) -> Iterator[Found]:
        """Yield a folder when it is too large, or too large to tell in time."""
        total, whole = self.measured(path)
        if total > self.larger_than or not whole:
            yield Found(f"path:{path}", "a folder", total, least=not whole)

    def measured(self, path: Path) -> tuple[int, bool]:
        """Return the bytes of the files below a folder, and whether all of them were counted."""
        total, folders = 0, [path]
        while folders:
            here = folders.pop()
            for entry in _entries(here):
                if time.monotonic() > self.deadline:
                    return total, False
                if entry.is_dir(follow_symlinks=False):
                    if not _crosses(here, entry):
                        folders.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
        return total, True


def look(scene: SearchContext) -> Iterator[Found]:
    """Yield volumes that are not empty, then folders over the size; none of it twice."""
    around = _Look((*scene.answered, *map(Path, KNOWN)), scene.larger_than)
    named: list[Path] = []
    for path, kind in volumes((scene.proc / MOUNTS).read_text()):
        for found in _volume(around, path, kind):
            named.append(path)
            yield found
    around.answered = (*around.answered, *named)
    for folder in map(Path, FOLDERS):
        if folder.is_dir() and not folder.is_symlink():
            yield from around.folder(folder, base=True)


def volumes(mounts: str) -> Iterator[tuple[Path, str]]:
    """Given what /proc says of mounts, yield each volume for data, and its file system."""
    for line in mounts.splitlines():
        about, _, source = line.partition(" - ")
        root, target = about.split()[3:5]
        kind = source.split()[0]
        path = Path(re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), target))
        whole = root == "/" or kind == "btrfs"  # else it is a part of one, seen in a second place
        system = path == Path("/") or any(path.is_relative_to(known) for known in SYSTEM)
        if kind in REAL | DISTANT and whole and not system and (kind in DISTANT or path.is_dir()):
            yield path, kind


def _volume(around: _Look, path: Path, kind: str) -> Iterator[Found]:
    """Yield a volume of which nothing is answered for; one of which a part is, like a folder."""
    if any(path.is_relative_to(known) for known in around.answered if known != Path("/")):
        return
    if kind in DISTANT:  # not walked: it may hang
        yield Found(f"path:{path}", f"a network volume ({kind})", apart=True)
    elif any(known.is_relative_to(path) for known in around.answered):
        yield from around.folder(path)
    elif any(entry.name != "lost+found" for entry in _entries(path)):
        total, whole = around.measured(path)
        yield Found(f"path:{path}", f"a volume ({kind})", total, least=not whole, apart=True)


def _entries(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except FileNotFoundError:
        return []  # gone meanwhile


def _crosses(folder: Path, entry: os.DirEntry[str]) -> bool:
    """Whether a child is mounted there: a volume is looked at by itself."""
    try:
        return entry.stat(follow_symlinks=False).st_dev != folder.stat().st_dev
    except (FileNotFoundError, PermissionError):
        return True  # gone meanwhile, or somebody's own mount that not even root may see


KIND = Sort(look, order=1)
