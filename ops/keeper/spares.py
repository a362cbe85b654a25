"""What a backup host keeps of each repository besides: its snapshots, its keys and its `config`, as they came.

They are small, and nothing can make them anew: so a damaged one comes back byte for byte, under its own name. They are
sealed as in the repository. It is an SQLite file beside the states, as a rule on another disk than the repositories.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.names import Digest
from ops.core.plain_file import FOUND
from ops.interfaces.layout import CONFIG, KEYS, SNAPSHOTS
from ops.keeper.repository import Stored, folder_of

KEPT = frozenset({SNAPSHOTS, KEYS})
MOST = 64 << 10  # bytes of one file; a client chooses what it adds
MOST_OF_ALL = 128 << 20  # bytes of one repository; a hundred thousand snapshots are half of it
PATIENCE = 60.0  # seconds
_TABLE = """
create table if not exists spare (host text, path text, content blob not null, primary key (host, path)) without rowid;
"""


@dataclass
class Spares:
    """What is kept, open. Each method stands alone."""

    link: sqlite3.Connection

    def keep(self, host: str, repository: int, files: Iterable[Stored], config: Digest | None) -> None:
        """Keep what is not kept yet of a client's repository, given the descriptor of its folder.

        config: the digest of the `config` that is trusted; that which is there first, where none is known yet.
        """
        (room,) = self.link.execute("select coalesce(sum(length(content)), 0) from spare where host = ?", (host,))
        left, known = MOST_OF_ALL - room[0], self.paths(host)
        wanted = [one.path for one in files if one.sort in KEPT and one.size <= MOST and Digest.fits(one.name)]
        rows = []
        for path in sorted({*wanted, CONFIG} - known):  # config and keys are first
            content = read(repository, path)
            if content is None or len(content) > left or not is_it(path, content, config):
                continue
            left -= len(content)
            rows.append((host, path, content))
        with self.link:
            self.link.executemany("insert or ignore into spare values (?, ?, ?)", rows)

    def paths(self, host: str) -> set[str]:
        """Return the paths of what is kept of a client's repository."""
        return {path for (path,) in self.link.execute("select path from spare where host = ?", (host,))}

    def content(self, host: str, path: str, config: Digest | None) -> bytes | None:
        """Return a file as it was kept; None where it was not, or is damaged here, too."""
        found = self.link.execute("select content from spare where (host, path) = (?, ?)", (host, path)).fetchone()
        return found[0] if found and is_it(path, found[0], config) else None

    def forget(self, host: str, paths: Iterable[str]) -> None:
        """Keep files of a client no longer."""
        with self.link:
            self.link.executemany("delete from spare where (host, path) = (?, ?)", ((host, path) for path in paths))


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
    """Store a file in a repository where none is, for whom its folder belongs to; raise OSError."""
    with folder_of(repository, path) as (folder, name):
        owner = os.fstat(folder)
        unfinished = f"{name}.healing"
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        with os.fdopen(handle, "wb") as file:
            if os.geteuid() == 0:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            os.unlink(unfinished, dir_fd=folder)
        os.fsync(folder)


@contextmanager
def opened(file: Path) -> Iterator[Spares]:
    """Open what is kept for a block, and make it where there is nothing; raise Unavailable."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as link:
            link.executescript(_TABLE)
            yield Spares(link)
    except sqlite3.DatabaseError as error:
        hint = f"is its disk full? If it is damaged: mv {file} {file}.damaged; what is well is kept anew then"
        raise Unavailable(f"{file} can't be used: {error}", hint) from error
