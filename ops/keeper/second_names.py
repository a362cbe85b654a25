"""A client's repository under second names: the door that may delete leads to these, and never to the repository.

They are hard links, which take no space. What is deleted there loses its second name alone, so whoever does what he
likes behind that door hurts nothing. They lie beside the repositories, on the same file system, below `.leaving` and
the client's name, in folders of root's, which no other account may enter.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.core.errors import Damaged
from ops.core.names import Digest
from ops.core.plain_file import NEW
from ops.interfaces.layout import CONFIG, DATA, INDEX, KEYS, LOCKS, SNAPSHOTS, SORTS
from ops.keeper.aside import own
from ops.keeper.repository import Stored, files, folder_in, opened

NAMED = frozenset({KEYS, INDEX, SNAPSHOTS, DATA})  # the files that get a second name, beside `config`
LEAVING, DOOR, SAID, _LAID = ".leaving", "door", "said", "laid"
_ALL_PACKS = tuple(f"{number:02x}" for number in range(256))


@contextmanager
def place(base: Path, client: str) -> Iterator[int]:
    """Open the client's folder beside the repositories for a block; one that is missing is made. Raise Unavailable."""
    with opened(base.parent, base.name) as above, own(above, LEAVING) as leaving, own(leaving, client) as handle:
        yield handle


def door(base: Path, client: str) -> Path:
    """Return the folder that the door leads to; in it lies that of the client."""
    return base / LEAVING / client / DOOR


def prepare(base: Path, client: str, account: int) -> None:
    """Make the folder that the door leads to, for an account by its number: in it is what is said of the run alone."""
    discard(base, client)
    with place(base, client) as here:
        os.mkdir(DOOR, 0o700, dir_fd=here)
        with folder_in(here, DOOR) as folder:
            for path in (client, f"{client}/{SAID}", *(f"{client}/{SAID}/{sort}" for sort in SORTS)):
                os.mkdir(path, 0o700, dir_fd=folder)
                os.chown(path, account, -1, dir_fd=folder, follow_symlinks=False)
        os.chown(DOOR, account, -1, dir_fd=here, follow_symlinks=False)


def lay(base: Path, client: str, account: int) -> dict[str, Stored]:
    """Give each file of a client's repository its second name behind the door; return the files by their paths.

    account: the number of that which may delete there; it owns the folders, and none of the files. What is no file of
    a repository gets none. Raise Unavailable, Damaged.
    """
    with opened(base, client) as repository, place(base, client) as here:
        found = listed(repository)
        wanted = {path: one for path, one in found.items() if one.sort in NAMED and Digest.fits(one.name)}
        wanted[CONFIG] = found[CONFIG]
        os.mkdir(_LAID, 0o700, dir_fd=here)
        with folder_in(here, _LAID) as laid:
            _folders(laid, account)
            for folder, names in _by_folder(wanted).items():
                with _inside(repository, folder) as source, _inside(laid, folder) as target:
                    for name in names:
                        os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
            with folder_in(here, DOOR) as leads, folder_in(leads, client) as target:
                for name in (*SORTS, CONFIG):
                    os.rename(name, name, src_dir_fd=laid, dst_dir_fd=target)
        os.rmdir(_LAID, dir_fd=here)
    return wanted


def listed(repository: int) -> dict[str, Stored]:
    """Return all that lies in a repository by its path, `config` with it; raise Damaged where that is not there."""
    found = {one.path: one for one in files(repository)}
    try:
        facts = os.stat(CONFIG, dir_fd=repository, follow_symlinks=False)
    except FileNotFoundError as error:
        raise Damaged("its config is gone") from error
    if not stat.S_ISREG(facts.st_mode):
        raise Damaged("its config is no file")
    found[CONFIG] = Stored(CONFIG, CONFIG, facts.st_size, facts.st_mtime, facts.st_ino)
    return found


def behind(base: Path, client: str) -> dict[str, Stored]:
    """Return what lies behind the door by its path; raise Damaged, Unavailable where nothing can be listed."""
    with _door_of(base, client) as folder:
        return {path: one for path, one in listed(folder).items() if path != SAID}


def is_said(base: Path, client: str, name: Digest) -> bool:
    """Whether a client has said a word, which lies behind the door under this name."""
    with suppress(OSError), _door_of(base, client) as folder, _inside(folder, f"{SAID}/{LOCKS}") as said:
        return stat.S_ISREG(os.stat(name, dir_fd=said, follow_symlinks=False).st_mode)
    return False


def say(base: Path, client: str, content: bytes) -> None:
    """Put what the client is to read behind the door, whole or not at all; its account may read it."""
    with _door_of(base, client) as folder, folder_in(folder, SAID) as said:
        passing = f".{CONFIG}"
        with suppress(FileNotFoundError):
            os.unlink(passing, dir_fd=said)
        with os.fdopen(os.open(passing, NEW, 0o644, dir_fd=said), "wb") as file:
            file.write(content)
        os.rename(passing, CONFIG, src_dir_fd=said, dst_dir_fd=said)


def take_in(base: Path, client: str, paths: Iterable[str]) -> None:
    """Give files from behind the door, which is closed, their names in the repository; they belong to its owner then.

    What has such a name there already is left as it is.
    """
    with opened(base, client) as repository, _door_of(base, client) as folder:
        owner = os.fstat(repository)
        for where, names in _by_folder(paths).items():
            with _made(repository, where, owner) as target, _inside(folder, where) as source:
                for name in names:
                    with suppress(FileExistsError):
                        os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
                    os.chown(name, owner.st_uid, owner.st_gid, dir_fd=target, follow_symlinks=False)


def discard(base: Path, client: str) -> None:
    """Remove all second names, whatever else lies there: the repository is not touched by that."""
    with place(base, client) as here:
        for name in (DOOR, _LAID):
            with suppress(FileNotFoundError):
                shutil.rmtree(name, dir_fd=here)


@contextmanager
def _door_of(base: Path, client: str) -> Iterator[int]:
    with place(base, client) as here:
        try:
            with folder_in(here, DOOR) as leads, folder_in(leads, client) as folder:
                yield folder
        except NotADirectoryError as error:
            raise Damaged(f"what lies behind the door of {client} is no folder") from error


def _folders(laid: int, account: int) -> None:
    for path in (*SORTS, *(f"{DATA}/{name}" for name in _ALL_PACKS)):
        os.mkdir(path, 0o700, dir_fd=laid)
        os.chown(path, account, -1, dir_fd=laid, follow_symlinks=False)


def _by_folder(paths: Iterable[str]) -> Mapping[str, list[str]]:
    found = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition("/")
        found[folder].append(name)
    return found


@contextmanager
def _inside(parent: int, path: str) -> Iterator[int]:
    """Open a folder below another one for a block, following no link."""
    first, _, rest = path.partition("/")
    if not first:
        yield parent
        return
    with folder_in(parent, first) as folder, _inside(folder, rest) as found:
        yield found


@contextmanager
def _made(parent: int, path: str, owner: os.stat_result) -> Iterator[int]:
    """Open a folder below another one for a block; one that is missing is made for an owner."""
    first, _, rest = path.partition("/")
    if not first:
        yield parent
        return
    with suppress(FileExistsError):
        os.mkdir(first, 0o700, dir_fd=parent)
        os.chown(first, owner.st_uid, owner.st_gid, dir_fd=parent, follow_symlinks=False)
    with folder_in(parent, first) as folder, _made(folder, rest, owner) as found:
        yield found
