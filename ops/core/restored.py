"""Files that somebody else made, such as a restored tree: gone through by descriptors, and no link is followed.

What lies there may be a link, a pipe or a device under any name. So each thing is looked at before it is opened, opened
below the folder that was looked at, and changed through what was opened.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO

from ops.core.errors import Damaged
from ops.core.files import CHUNK
from ops.core.plain_file import FOLDER, FOUND, NEW
from ops.core.run import run

DEEPEST = 32  # folders of a database's dump in each other; there are two at most
_LONGEST_TOLD = 80
_SORTS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)
_DAY = 86_400.0


def each(folder: Path, what: str) -> Iterator[int]:
    """Yield a descriptor of a tree, and of every folder and file below it; it is closed when the next is asked for.

    what: how the tree is called in an error. Raise Damaged, with the name, for anything but folders and plain files.
    """
    with _opened(str(folder), None, what, "") as handle:
        yield handle
        yield from _below(handle, what, "", 1)


def _below(folder: int, what: str, path: str, depth: int) -> Iterator[int]:
    if not stat.S_ISDIR(os.fstat(folder).st_mode):
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            inner = f"{path}/{entry.name}".lstrip("/")
            if depth > DEEPEST:
                raise Damaged(f"{what}: folders are nested deeper than {DEEPEST}")
            with _opened(entry.name, folder, what, inner) as handle:
                yield handle
                yield from _below(handle, what, inner, depth + 1)


@contextmanager
def _opened(name: str, folder: int | None, what: str, path: str) -> Iterator[int]:
    """Open a folder or a plain file; a device that is opened may do something, so it is looked at before."""
    try:
        seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not (stat.S_ISDIR(seen.st_mode) or stat.S_ISREG(seen.st_mode)):
            raise Damaged(f"{_named(what, path)} is {sort(seen)}; expected only plain files and folders")
        handle = os.open(name, FOLDER if stat.S_ISDIR(seen.st_mode) else FOUND, dir_fd=folder)
    except OSError as error:
        raise Damaged(f"{_named(what, path)} can't be opened: {error.strerror}") from error
    try:
        if not os.path.samestat(seen, os.fstat(handle)):
            raise Damaged(f"{_named(what, path)} changed while it was examined")
        yield handle
    finally:
        os.close(handle)


def sort(seen: os.stat_result) -> str:
    """Return in words what something is."""
    return next((words for fits, words in _SORTS if fits(seen.st_mode)), "a plain file")


def _named(what: str, path: str) -> str:
    return f"{what}: {path[:_LONGEST_TOLD]!r}" if path else what


def demand_plain(folder: Path, what: str) -> None:
    """Raise Damaged, with the name, unless a tree holds only folders and plain files."""
    for _handle in each(folder, what):
        pass


def give(folder: Path, what: str, owner: tuple[int, int]) -> None:
    """Give a tree of folders and plain files to a user and a group, by their numbers; raise Damaged for other trees."""
    demand_plain(folder, what)  # nothing is given of a tree that holds anything else
    for handle in each(folder, what):
        os.fchown(handle, *owner)


def show(folder: Path, what: str) -> None:
    """Let everybody read a tree of folders and plain files; raise Damaged for other trees, of which all stays."""
    demand_plain(folder, what)
    for handle in each(folder, what):
        os.fchmod(handle, 0o755 if stat.S_ISDIR(os.fstat(handle).st_mode) else 0o644)


@contextmanager
def beside(root: Path, path: str) -> Iterator[tuple[int, str]]:
    """Open the folder in which a path below a root lies, for a block; yield it with the last name of the path.

    Raise OSError where something on the way is no folder.
    """
    *steps, name = [step for step in path.split("/") if step not in {"", "."}] or ["."]
    handle = os.open(root, FOLDER)
    try:
        for step in steps:
            inner = os.open(step, FOLDER, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle, name
    finally:
        os.close(handle)


def status(root: Path, path: str) -> os.stat_result:
    """Return what lies at a path below a root, with no link on the way nor at its end followed; raise OSError."""
    with beside(root, path) as (folder, name):
        return os.stat(name, dir_fd=folder, follow_symlinks=False)


def digest(root: Path, path: str, size: int, algorithm: str = "sha256") -> str | None:
    """Return the digest of a plain file of that size below a root; None when there is none, or another size."""
    try:
        with beside(root, path) as (folder, name):
            seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISREG(seen.st_mode) or seen.st_size != size:
                return None
            handle = os.open(name, FOUND, dir_fd=folder)
    except OSError:
        return None
    total = hashlib.new(algorithm, usedforsecurity=False)  # it may be another program's, to find what is damaged
    with os.fdopen(handle, "rb") as file:
        while piece := file.read(CHUNK):
            total.update(piece)
    return total.hexdigest()


def put(folder: Path, name: str, content: bytes | IO[bytes], mode: int = 0o600) -> None:
    """Write a new file into a folder; a link or file of that name gives way, a folder of that name raises Damaged."""
    with beside(folder, name) as (handle, last):
        try:
            with suppress(FileNotFoundError):
                os.unlink(last, dir_fd=handle)
            new = os.open(last, NEW, mode, dir_fd=handle)
        except OSError as error:
            raise Damaged(f"{name[:_LONGEST_TOLD]!r} is in the way of a file: {error.strerror}") from error
    with os.fdopen(new, "wb") as file:
        os.fchmod(new, mode)
        shutil.copyfileobj(BytesIO(content) if isinstance(content, bytes) else content, file, CHUNK)


def remove(folder: Path) -> None:
    """Remove a tree, however deep it is, with nothing that is mounted in it; what is not there is no error."""
    run(["rm", "-rf", "--one-file-system", "--", folder], timeout=_DAY)
