"""Plain files in a folder to which somebody else may write: opened where they lie, and never through a link.

What lies there may have been put there for root to stumble over: a link to a file of root's, a pipe that nobody writes
to, another name of somebody's file. The folder is opened first, and the file in it by its name alone.
"""

from __future__ import annotations

import errno
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ops.core.errors import Damaged

_STRANGE = {errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENODEV}  # a link, a socket, a folder, a device
SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # of what is no plain file nothing is waited for
FOUND = os.O_RDONLY | SAFELY  # to read what is there
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC  # to write what was not there
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def opened(path: Path, flags: int, mode: int = 0o640) -> int:
    """Open a plain file and return its descriptor; with O_CREAT it is made if it is not there.

    What root makes in an account's folder belongs to that account, which goes on with it. Root opens nothing there that
    belongs to anybody else, but for what root itself put there, which has no other name anywhere. Raise Damaged for
    what is no such file, FileNotFoundError where there is none.
    """
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        home = os.fstat(folder)
        handle, made = _found_or_made(path, folder, flags, mode)
        try:
            if made and os.geteuid() == 0:
                os.fchown(handle, home.st_uid, home.st_gid)
            _demand_plain(handle, home.st_uid, path)
        except BaseException:
            os.close(handle)
            raise
        return handle
    finally:
        os.close(folder)


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a plain file to read its bytes, for a block; raise Damaged or FileNotFoundError, as `opened` does."""
    with os.fdopen(opened(path, os.O_RDONLY), "rb") as file:
        yield file


def is_own(handle: int) -> bool:
    """Whether an open file is a plain one that belongs to this account, and has no other name anywhere."""
    seen = os.fstat(handle)
    return stat.S_ISREG(seen.st_mode) and seen.st_uid == os.geteuid() and seen.st_nlink == 1


def own_folder(parent: int, name: str) -> None:
    """Make a folder in a folder, for whom that belongs to, where there is none; raise OSError."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=parent)
        if os.geteuid() == 0:
            home = os.fstat(parent)
            os.chown(name, home.st_uid, home.st_gid, dir_fd=parent, follow_symlinks=False)


def put(folder: int, name: str, content: bytes) -> None:
    """Store a new file in a folder, for whom that belongs to, whole or not at all; raise FileExistsError or OSError."""
    home, unfinished = os.fstat(folder), f"{name}.healing"
    with suppress(FileNotFoundError):
        os.unlink(unfinished, dir_fd=folder)  # of a run that was killed
    handle = os.open(unfinished, NEW, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            if os.geteuid() == 0:
                os.fchown(file.fileno(), home.st_uid, home.st_gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    finally:
        os.unlink(unfinished, dir_fd=folder)
    os.fsync(folder)


def no_room(error: OSError) -> bool:
    """Whether something could not be written because nothing more may be."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def _found_or_made(path: Path, folder: int, flags: int, mode: int) -> tuple[int, bool]:
    """Return the descriptor of a file, and whether it was made just now."""
    only_find, only_make = not flags & os.O_CREAT, bool(flags & os.O_EXCL)
    find = flags & ~(os.O_CREAT | os.O_EXCL) | SAFELY
    while True:
        try:
            if not only_make:
                return os.open(path.name, find, dir_fd=folder), False
        except OSError as error:
            if error.errno in _STRANGE:
                raise _strange(path) from error
            if only_find or not isinstance(error, FileNotFoundError):
                raise OSError(error.errno, error.strerror, str(path)) from error
        try:
            return os.open(path.name, find | os.O_CREAT | os.O_EXCL, mode, dir_fd=folder), True
        except OSError as error:
            if only_make or not isinstance(error, FileExistsError):
                raise OSError(error.errno, error.strerror, str(path)) from error


def _demand_plain(handle: int, owner: int, path: Path) -> None:
    seen = os.fstat(handle)
    if not stat.S_ISREG(seen.st_mode):
        raise _strange(path)
    if os.geteuid() == 0 and owner not in {0, seen.st_uid} and not (seen.st_uid == 0 and seen.st_nlink == 1):
        raise Damaged(
            f"{path} belongs to {_account(seen.st_uid)}, and its folder to {_account(owner)}",
            "find out who put it there; if you did, give it to the folder's owner with chown",
        )


def _strange(path: Path) -> Damaged:
    return Damaged(f"{path} is not a plain file", "find out who put it there, then remove it")


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"account {number}"
