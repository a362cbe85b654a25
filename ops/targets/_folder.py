"""A repository in a folder of this machine, read without restic, and without following what a disk may hold.

A disk comes from elsewhere. Each folder and each file is opened below the one above it, no link is followed, and what
is no plain file is not read.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.core import plain_file
from ops.core.errors import Damaged, Unavailable
from ops.core.names import Digest
from ops.interfaces.layout import CONFIG, DATA
from ops.interfaces.target import Missing

_PIECE = 1 << 20
_CONFIG_BYTES = 4096
_PREFIX = 2  # letters of a pack's name that name its folder


def place(url: Path) -> Path:
    """Return the folder that an address names."""
    return Path(url.read_text(encoding="utf-8").strip())


def packs(folder: Path) -> dict[str, int]:
    """Return the size in bytes of every pack by its name; what is still being written has another name."""
    return {name: size for name, size in listed(folder, DATA).items() if Digest.fits(name)}


def listed(folder: Path, sort: str) -> dict[str, int]:
    """Return the size in bytes of every plain file in one of a repository's folders, by its name."""
    with _opened(folder) as root, _below(root, sort) as handle:
        if handle is None:
            return {}
        return dict(_data(handle) if sort == DATA else _files(handle))


def verify(folder: Path, name: str) -> int:
    """Read a pack whole; return its size in bytes. Raise Damaged for another content, Missing for none."""
    found = _read(folder, f"{DATA}/{name[:_PREFIX]}/{name}")
    if found is None:
        raise Missing(f"pack {name[:10]} is not on the disk")
    digest, size = found
    if digest != name:
        raise Damaged(f"pack {name[:10]} is not what was written: the SHA-256 of its content differs")
    return size


def fault(folder: Path, path: str) -> str:
    """Return what is wrong with a file such as index/NAME, nothing when it is what its name says."""
    sort, _, name = path.rpartition("/")
    try:
        found = _read(folder, stored_as(sort.partition("/")[0], name))
    except Damaged as error:
        return error.message
    if found is None:
        return "is not there"
    return "" if found[0] == name else "is not what was stored: its content has another SHA-256"


def config(folder: Path) -> Digest:
    """Return the SHA-256 of a repository's `config`; raise Missing where there is none."""
    found = _read(folder, CONFIG, _CONFIG_BYTES)
    if found is None:
        raise Missing(f"there is no repository in {folder}")
    return Digest(found[0])


def stored_as(sort: str, name: str) -> str:
    """Return where a file of one of a repository's folders lies: packs are sorted by their first letters."""
    return f"{DATA}/{name[:_PREFIX]}/{name}" if sort == DATA else f"{sort}/{name}"


def opened_file(folder: Path, path: str) -> int | None:
    """Return the descriptor of a file, to be read and closed; None where there is none that can be opened."""
    *above, name = path.split("/")
    with _opened(folder) as root:
        handle = _descend(root, above)
        if handle is None:
            return None
        try:
            return os.open(name, plain_file.FOUND, dir_fd=handle)
        except OSError:
            return None
        finally:
            os.close(handle)


def store(folder: Path, path: str, content: bytes) -> None:
    """Store a file where none is, for whom the repository belongs to; raise FileExistsError, or another OSError."""
    *above, name = path.split("/")
    root = os.open(folder, plain_file.FOLDER)
    try:
        for part in above:
            plain_file.own_folder(root, part)
            inner = os.open(part, plain_file.FOLDER, dir_fd=root)
            os.close(root)
            root = inner
        plain_file.put(root, name, content)
    finally:
        os.close(root)


def _data(handle: int) -> Iterator[tuple[str, int]]:
    for name in os.listdir(handle):
        with _below(handle, name) as inner:
            if inner is not None:
                yield from _files(inner)


def _files(handle: int) -> Iterator[tuple[str, int]]:
    with os.scandir(handle) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # others add and remove meanwhile
                if stat.S_ISREG((seen := entry.stat(follow_symlinks=False)).st_mode):
                    yield entry.name, seen.st_size


def _read(folder: Path, path: str, most: int | None = None) -> tuple[str, int] | None:
    """Return the SHA-256 and the size of a file; None where there is none. Raise Damaged for what can't be read."""
    *above, name = path.split("/")
    with _opened(folder) as root:
        handle = _descend(root, above)
        if handle is None:
            return None
        try:
            return _digest(os.open(name, plain_file.FOUND, dir_fd=handle), path, most)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Damaged(f"{path} can't be read: {error.strerror}") from error
        finally:
            os.close(handle)


def _digest(file: int, path: str, most: int | None) -> tuple[str, int]:
    total, size = hashlib.sha256(), 0
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise Damaged(f"{path} is not a plain file")
        while piece := os.read(file, _PIECE):
            total.update(piece)
            size += len(piece)
            if most is not None and size > most:
                raise Damaged(f"{path} has more than {most} bytes")
    finally:
        os.close(file)
    return total.hexdigest(), size


def _descend(root: int, names: list[str]) -> int | None:
    handle = os.dup(root)
    for name in names:
        try:
            inner = os.open(name, plain_file.FOLDER, dir_fd=handle)
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            return None
        finally:
            os.close(handle)
        handle = inner
    return handle


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    try:
        handle = os.open(folder, plain_file.FOLDER)
    except FileNotFoundError as error:
        raise Unavailable(f"there is no folder {folder}", "`seawall repository init` makes it") from error
    except OSError as error:
        raise Unavailable(f"{folder} can't be read: {error.strerror}", "look at the disk: dmesg, smartctl") from error
    try:
        yield handle
    except OSError as error:
        raise Unavailable(f"{folder} can't be read: {error.strerror}", "look at the disk: dmesg, smartctl") from error
    finally:
        os.close(handle)


@contextmanager
def _below(root: int, name: str) -> Iterator[int | None]:
    """Open a folder below another one for a block; None where there is none, or something else."""
    try:
        handle = os.open(name, plain_file.FOLDER, dir_fd=root)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)
