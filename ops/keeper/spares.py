"""What a backup host keeps of each repository besides: its snapshots, its keys and its `config`, as they came.

They are small, and nothing can make them anew: so a damaged one comes back byte for byte, under its own name. They are
sealed as in the repository, and lie in the same folders below one of the states', as a rule on another disk. Who may
write there is the account that reads the repositories: root goes by descriptors, follows no link, and believes a
content only by its digest.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ops.core import plain_file
from ops.core.names import Digest
from ops.core.plain_file import FOUND
from ops.interfaces.layout import CONFIG, KEYS, SNAPSHOTS
from ops.keeper.repository import Stored, files, folder_of, opened

KEPT = frozenset({SNAPSHOTS, KEYS})
MOST = 64 << 10  # bytes of one file; a client chooses what it adds
MOST_OF_ALL = 128 << 20  # bytes of one repository, a file counted as a block; some thirty thousand snapshots
BLOCK = 4096


@dataclass(frozen=True)
class Spares:
    """What is kept of one client's repository. folder: the descriptor of the folder that it lies in."""

    folder: int

    def keep(self, repository: int, stored: Iterable[Stored], config: Digest | None) -> None:
        """Keep what is not kept yet of a repository, given the descriptor of its folder and what lies there.

        config: the digest of the `config` that is trusted; that which is there first, where none is known yet. Raise
        OSError when it can't be stored.
        """
        known = self.paths()
        left = MOST_OF_ALL - len(known) * BLOCK - sum(one.size for one in files(self.folder))
        wanted = [one.path for one in stored if one.sort in KEPT and one.size <= MOST and Digest.fits(one.name)]
        for path in sorted({*wanted, CONFIG} - known):  # config and keys are first
            content = read(repository, path)
            if content is None or len(content) + BLOCK > left or not is_it(path, content, config):
                continue
            left -= len(content) + BLOCK
            with suppress(FileExistsError):
                put(self.folder, path, content)

    def paths(self) -> set[str]:
        """Return the paths of what is kept."""
        found = {one.path for one in files(self.folder) if one.sort in KEPT and Digest.fits(one.name)}
        return found | ({CONFIG} if read(self.folder, CONFIG) is not None else set())

    def content(self, path: str, config: Digest | None) -> bytes | None:
        """Return a file as it was kept; None where it was not, or is damaged here, too.

        config: as above; without it nobody knows whether what was kept is the right `config`.
        """
        found = read(self.folder, path)
        known = path != CONFIG or config is not None
        return found if found is not None and known and is_it(path, found, config) else None

    def forget(self, paths: Iterable[str]) -> None:
        """Keep files no longer."""
        for path in paths:
            with suppress(FileNotFoundError, NotADirectoryError), folder_of(self.folder, path) as (folder, name):
                os.unlink(name, dir_fd=folder)


def is_it(path: str, content: bytes, config: Digest | None) -> bool:
    """Whether a content is that of a file: its name says so; that of `config` has to be known, else any is."""
    digest = sha256(content).hexdigest()
    return config in (None, digest) if path == CONFIG else digest == path.rpartition("/")[2]


def read(repository: int, path: str) -> bytes | None:
    """Return what a small file holds; None for one that can't be read, is no file, or is larger."""
    try:
        with folder_of(repository, path) as (folder, name):
            handle = os.open(name, FOUND, dir_fd=folder)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            content = file.read(MOST + 1)
    except OSError:
        return None
    return content if len(content) <= MOST else None


def put(repository: int, path: str, content: bytes) -> None:
    """Store a file where none is, for whom its folder belongs to; raise OSError."""
    with folder_of(repository, path) as (folder, name):
        plain_file.put(folder, name, content)


def made(base: Path, host: str) -> None:
    """Make the folders for what is kept of a client's repository; only the account that reads it does."""
    for sort in KEPT:
        (base / host / sort).mkdir(parents=True, exist_ok=True)


@contextmanager
def kept(base: Path, host: str) -> Iterator[Spares]:
    """Open what is kept of a client's repository for a block; raise Unavailable where nothing is."""
    with opened(base, host) as folder:
        yield Spares(folder)
