"""Folders of our own: of what a process needs while it works, and of what it brings; no other account's, and no link.

The first are gone with the process, or before the next one when it was killed.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.core import plain_file
from ops.core.errors import UsageError
from ops.core.restored import remove

_APART = ("unshare", "--mount", "--propagation=slave")
_MOUNTED = 'mount --bind "$0" "$1" && shift && exec "$@"'
NO_LINKS = "restore into a folder; nothing is restored through links"


@contextmanager
def own_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a folder whose name begins with `prefix` for a block; what killed processes left of such goes first.

    A folder that nobody holds belongs to nobody any more: its holder keeps it open and locked, and the kernel lets go
    of that however the process ends.
    """
    forget(parent, prefix)
    path, handle = _made(parent, prefix)
    try:
        yield path
    finally:
        remove(path)
        os.close(handle)


@contextmanager
def held(folder: Path) -> Iterator[int]:
    """Open a folder for a block; raise UsageError when a link or anything else lies there."""
    try:
        handle = _open(folder)
    except OSError as error:
        raise UsageError(f"{folder} can't be opened as a folder: {error.strerror}", NO_LINKS) from error
    try:
        yield handle
    finally:
        os.close(handle)


def demand_own(handle: int, folder: Path) -> None:
    """Raise UsageError unless an open folder belongs to this account: nobody else may have put data into it."""
    if os.fstat(handle).st_uid != os.geteuid():
        raise UsageError(
            f"{folder} belongs to another account, and what is in it may be anybody's",
            "find out who put it there, then remove it",
        )


def demand_same(folder: Path, begun: os.stat_result) -> None:
    """Raise UsageError when a folder is no longer the one in which a restore was begun."""
    with held(folder) as handle:
        if not os.path.samestat(os.fstat(handle), begun):
            raise UsageError(f"{folder} was replaced while it was restored into", "find out by whom; restore again")


@contextmanager
def fixed(folder: Path, handle: int, words: Sequence[str]) -> Iterator[list[str]]:
    """Yield a program's words with a folder as the last: one that leads to what was opened, as long as a block lasts.

    Whoever owns a folder above it can put a link in its place, and root would write wherever that leads. Where somebody
    else does, the program runs with the open folder mounted at a place of root's, which nobody else sees.
    """
    if os.geteuid() != 0 or not _is_anybodys(folder):
        yield [*words, str(folder)]
        return
    with tempfile.TemporaryDirectory(prefix="seawall-") as place:
        yield [*_APART, "sh", "-c", _MOUNTED, f"/proc/{os.getpid()}/fd/{handle}", place, *words, place]


def _is_anybodys(folder: Path) -> bool:
    """Whether an account other than root may give a folder's name to another one."""
    if folder.is_relative_to("/proc"):  # it is reached by the descriptor of one that nobody else may write to
        return False
    above = [*folder.parents, *Path(os.path.realpath(folder)).parents]
    return any(_is_open(one.stat()) for one in above)


def _is_open(seen: os.stat_result) -> bool:
    others = seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return seen.st_uid != 0 or bool(others and not seen.st_mode & stat.S_ISVTX)


def _made(parent: Path, prefix: str) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        handle = _open(path)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if path.exists():
            return path, handle
        os.close(handle)  # somebody took it for one that nobody holds, before it was held


def forget(parent: Path, prefix: str) -> None:
    """Remove the folders of this account whose names begin with `prefix` and that no process holds any more."""
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError):  # gone meanwhile, or held, or no folder
            handle = _open(left)
            try:
                if os.fstat(handle).st_uid == os.geteuid():  # where anybody may put a folder, others are not ours
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove(left)
            finally:
                os.close(handle)


def _open(path: Path) -> int:
    return os.open(path, plain_file.FOLDER)
