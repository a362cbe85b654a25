"""The files below some paths as they are now, gone through by descriptors; no link is followed."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.mounts import mounts
from ops.core.restored import sort

# Two changes of a file within one tick of the kernel's clock leave the same time; a tick takes 10 ms at most.
TICK = 0.05
ROOT = Path("/")
_HALF = re.compile("[\udc80-\udcff]")  # each stands for a byte that is not UTF-8


@dataclass(frozen=True, slots=True)
class Look:
    """What tells a file, and any change of it, from all others; times in nanoseconds."""

    device: int
    inode: int
    size: int
    written: int
    changed: int

    @classmethod
    def of(cls, seen: os.stat_result) -> Look:
        """Return it for what was seen."""
        return cls(seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)

    @property
    def file(self) -> tuple[int, int]:
        """What all names of the same file have in common."""
        return self.device, self.inode


@dataclass(frozen=True, slots=True)
class File:
    """A plain file. path: with what is not UTF-8 as Python tells it. settled: whether it held still before."""

    path: str
    look: Look
    settled: bool = True


@dataclass
class Seen:
    """What lies below some paths.

    files: the plain files. passed: what was not looked at or is none, by path, and why. unopened: of that, what nobody
    may open, for a pipe never answers and a device may do something. told: the number of each file by its path as
    restic tells it, without those that it can't tell apart. time: when the look began, in seconds since 1970. writing:
    the paths of the files to which somebody may be writing.
    """

    time: float
    files: list[File] = field(default_factory=list)
    passed: dict[str, str] = field(default_factory=dict)
    unopened: list[str] = field(default_factory=list)
    told: Mapping[str, int] = field(default_factory=dict)
    writing: frozenset[str] = frozenset()


def resolved(path: str) -> str:
    """Return an absolute path of which only the last name may be a link; raise UsageError for what is not there."""
    whole = Path(path).absolute()
    place = whole.parent.resolve() / whole.name if whole.name not in {"", ".."} else whole.resolve()
    try:
        mode = place.lstat().st_mode
    except OSError as error:
        raise UsageError(
            f"{path} can't be looked at: {error.strerror}", "name files or folders that are there"
        ) from error
    if stat.S_ISLNK(mode):
        raise UsageError(f"{path} is a link, and no link is followed", f"name what it points to: {place.resolve()}")
    return str(place)


def look(paths: Sequence[str], now: float) -> Seen:
    """Return what lies below resolved paths, each thing once; now: in seconds since 1970."""
    seen = Seen(now)
    mounted = {mount.place for mount in mounts()}
    for path in sorted(set(paths)):
        if any(path != other and path.startswith(f"{other.rstrip('/')}/") for other in paths):
            continue
        status = os.lstat(path)
        if stat.S_ISDIR(status.st_mode):
            try:
                _below(path, status.st_dev, mounted, seen)
            except RecursionError:
                raise UsageError(f"folders below {path} are nested too deep", "name some of them") from None
        else:
            _note(path, status, seen)
    counted = Counter(map(told_as, (file.path for file in seen.files)))
    names = ((told_as(file.path), number) for number, file in enumerate(seen.files))
    seen.told = {name: number for name, number in names if counted[name] == 1}
    return seen


def told_as(path: str) -> str:
    """Return a path as restic's JSON has it: with U+FFFD for each byte that is not UTF-8."""
    return path if path.isascii() else _HALF.sub("\N{REPLACEMENT CHARACTER}", path)


def _below(top: str, device: int, mounted: set[str], seen: Seen) -> None:
    def failed(error: OSError) -> None:
        seen.passed[str(error.filename)] = f"can't be looked at: {error.strerror}"

    for folder, folders, names, handle in os.fwalk(top, follow_symlinks=False, onerror=failed):
        base = folder.rstrip("/")
        for name in [*folders, *names]:
            path = f"{base}/{name}"
            with suppress(FileNotFoundError):  # gone meanwhile
                status = os.stat(name, dir_fd=handle, follow_symlinks=False)
                if not stat.S_ISDIR(status.st_mode):
                    _note(path, status, seen)
                elif status.st_dev != device or path in mounted:
                    seen.passed[path] = "something else is mounted there; name it by itself"
                    seen.unopened.append(path)
        folders[:] = [name for name in folders if f"{base}/{name}" not in seen.passed]


def _note(path: str, status: os.stat_result, seen: Seen) -> None:
    if stat.S_ISREG(status.st_mode):
        seen.files.append(File(path, Look.of(status), status.st_ctime < seen.time - TICK))
        return
    seen.passed[path] = f"{sort(status)}, and only plain files are deleted"
    if not stat.S_ISLNK(status.st_mode):
        seen.unopened.append(path)


def groups(files: Sequence[File]) -> Iterator[list[File]]:
    """Yield the files of one folder after the other."""
    found: dict[str, list[File]] = {}
    for file in files:
        found.setdefault(os.path.dirname(file.path), []).append(file)  # noqa: PTH120 -- a Path of each takes seconds
    yield from found.values()
