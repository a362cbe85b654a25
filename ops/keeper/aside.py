"""Moving files out of a repository, and back: by descriptors, so that no link that a client could make is followed.

What is moved lies below `.aside` beside the repositories, in a folder for each move, under the paths that it had. It
stays on its file system, so that a move takes no longer than renaming does, and no file is lost that was named by
mistake.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Unavailable, UsageError
from ops.core.plain_file import FOLDER
from ops.keeper.repository import folder_in, opened

ASIDE, DAMAGED = ".aside", ".damaged"
_PATH = re.compile(r"[^/\0]+(?:/[^/\0]+){0,2}")
_STRANGE = "find out who put it there, then remove it"
_MOVE = re.compile(r"[0-9]{8}T[0-9]{6}Z(?:-[0-9]+)?")


@dataclass(frozen=True)
class Moved:
    """What became of the files that were named. missing: those that were not there (any more)."""

    files: int
    bytes: int
    missing: tuple[str, ...]


def demand_path(path: str) -> str:
    """Return the path of a file below its repository; raise UsageError for what is none."""
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise UsageError(f"{path!r} is no path of a file in a repository", "expected one such as index/0123...")
    return path


def moves(base: Path, host: str) -> list[str]:
    """Return the names of the moves of a client's files, the oldest first."""
    folder = base / ASIDE / host
    return sorted(path.name for path in folder.iterdir() if _MOVE.fullmatch(path.name)) if folder.is_dir() else []


def held(base: Path, host: str) -> set[str]:
    """Return the paths that all files of a client that are set aside had in its repository."""
    found: set[str] = set()
    for move in moves(base, host):
        with _aside(base, host, move) as folder:
            found.update(paths_in(folder))
    return found


def begin(base: Path, host: str, when: str) -> str:
    """Make the folder of a new move, begun at a moment such as 20261126T180000Z, and return its name.

    Raise Unavailable when what lies there is none of this account's folders.
    """
    with opened(base.parent, base.name) as place, own(place, ASIDE) as aside, own(aside, host) as client:
        with os.scandir(client) as found:
            there = {entry.name for entry in found}
        names = itertools.chain([when], (f"{when}-{number}" for number in itertools.count(2)))
        name = next(one for one in names if one not in there)
        os.mkdir(name, 0o700, dir_fd=client)
    return name


@contextmanager
def own(parent: int, name: str) -> Iterator[int]:
    """Open a folder of this account's in a folder for a block; one that is missing is made."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=parent)
    try:
        handle = os.open(name, FOLDER, dir_fd=parent)
    except OSError as error:
        raise Unavailable(f"{name} beside the repositories can't be opened: {error.strerror}", _STRANGE) from error
    try:
        if os.fstat(handle).st_uid != os.geteuid():
            raise Unavailable(f"{name} beside the repositories belongs to another account", _STRANGE)
        yield handle
    finally:
        os.close(handle)


def away(base: Path, host: str, move: str, paths: Iterable[str]) -> Moved:
    """Move files of a client's repository to the folder of a move."""
    with opened(base, host) as repository, _aside(base, host, move) as folder:
        return moved(repository, folder, map(demand_path, paths))


def damaged(base: Path, host: str, move: str, paths: Iterable[str]) -> Moved:
    """Move damaged files of a client's repository, in whose places others come, to the folder of a move.

    They never come back: they lie there as NAME.damaged, and count as nothing that is set aside.
    """
    with opened(base, host) as repository, _aside(base, host, move) as folder:
        return moved(repository, folder, map(demand_path, paths), DAMAGED)


def back(base: Path, host: str, move: str) -> Moved:
    """Move all files of a move to where they were; what is there under such a name by now is left as it is.

    Raise UsageError when there is no such move.
    """
    if move not in moves(base, host):
        known = ", ".join(moves(base, host)) or "none"
        raise UsageError(f"no files of {host} were set aside as {move!r}", f"known: {known}")
    with opened(base, host) as repository, _aside(base, host, move) as folder:
        came = moved(folder, repository, list(paths_in(folder)))
        remove_empty(folder)
    with opened(base, ASIDE) as aside, folder_in(aside, host) as client, suppress(OSError):  # something stayed in it
        os.rmdir(move, dir_fd=client)
    return came


def moved(source: int, target: int, paths: Iterable[str], ending: str = "") -> Moved:
    """Move files between two trees, by descriptors, but those in whose place something is."""
    files = size = 0
    missing = []
    for path in paths:
        bytes_ = _rename(source, target, path.split("/"), ending)
        if bytes_ is None:
            missing.append(path)
        else:
            files, size = files + 1, size + bytes_
    return Moved(files, size, tuple(missing))


def _rename(source: int, target: int, parts: list[str], ending: str) -> int | None:
    """Move one entry between two trees, and return its size; None where it is not there, or its place is taken."""
    name = parts[0]
    try:
        if len(parts) > 1:
            with folder_in(source, name) as inner, _made(target, name, source) as outer:
                return _rename(inner, outer, parts[1:], ending)
        facts = os.stat(name, dir_fd=source, follow_symlinks=False)
        if _there(f"{name}{ending}", target):
            return None
        os.rename(name, f"{name}{ending}", src_dir_fd=source, dst_dir_fd=target)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return facts.st_size


@contextmanager
def _made(parent: int, name: str, like: int) -> Iterator[int]:
    """Open a folder in a folder for a block; one that is missing is made for whom that of the other tree belongs to."""
    if not _there(name, parent):
        facts = os.stat(name, dir_fd=like, follow_symlinks=False)
        os.mkdir(name, 0o700, dir_fd=parent)
        if os.geteuid() == 0:
            os.chown(name, facts.st_uid, facts.st_gid, dir_fd=parent, follow_symlinks=False)
    with folder_in(parent, name) as handle:
        yield handle


def _there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _aside(base: Path, host: str, move: str) -> Iterator[int]:
    with opened(base, ASIDE) as aside, folder_in(aside, host) as client, folder_in(client, move) as folder:
        yield folder


def paths_in(folder: int, start: str = "") -> Iterator[str]:
    """Yield the paths of what a move holds; a folder is what a file or two were in, or was moved as such."""
    with os.scandir(folder) as found:
        entries = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]
    for name, is_folder in entries:
        if is_folder and start.count("/") < len(("data/", "00/")):
            with folder_in(folder, name) as inner:
                yield from paths_in(inner, f"{start}{name}/")
        elif not name.endswith(DAMAGED):
            yield f"{start}{name}"


def remove_empty(folder: int) -> None:
    """Remove the folders in a folder in which nothing is."""
    with os.scandir(folder) as found:
        inside = [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
    for name in inside:
        with folder_in(folder, name) as inner:
            remove_empty(inner)
        with suppress(OSError):  # something is in it
            os.rmdir(name, dir_fd=folder)
