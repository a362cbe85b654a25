"""Copying a SQLite database that somebody may be writing, by an account that may write nothing beside it.

Three ways, each for its own state of the database:

- Rollback journal: SQLite's online backup, some pages at a time, so that writers get their turn. A commit in between
  makes it begin again; after a few beginnings the rest is taken in one step, for which writers wait (VACUUM INTO would
  make them wait as long, and moves all pages, which deduplicates badly).
- Write-ahead log, and somebody has it open: online backup within one read transaction, which no writer waits for.
- Write-ahead log that nobody has open, or a journal that a crash left: SQLite itself would have to write beside the
  database. So the files are copied as they lie, which counts only when none of them changed meanwhile and nobody
  opened them, and SQLite brings the copy to its last commit.

`immutable=1` is no way here: SQLite would pass over commits that lie in the log only.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ops.core.errors import Damaged, Unavailable
from ops.core.files import demand_room

MAGIC = b"SQLite format 3\0"
HEADER = 100
LOG, INDEX, JOURNAL = "-wal", "-shm", "-journal"
PAGES = 2_000
BEGINNINGS = 3
WAITS = 50
# Short: a writer that never rests leaves the lock for less than a millisecond between two commits.
_AGAIN_SECONDS = 0.002
# The bytes of the file that SQLite locks: PENDING, RESERVED and the range for readers.
_PENDING, _LOCKS = 0x40000000, 512
_READERS, _READERS_LENGTH = _PENDING + 2, 510
_FLOCK = "@hhqqi0q"
_LATER = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
_LOW_BYTE = 0xFF
# SQLite asks access(2), which passes over an account's capabilities unless this is set.
_UNSEEN = "the unit needs SecureBits=no-setuid-fixup to read a log in a protected folder; run playbooks/site.yml"


@dataclass(frozen=True)
class Original:
    """The database as it lies there: where it really is, its status, and whether it has a write-ahead log."""

    path: Path
    status: os.stat_result
    logged: bool

    def beside(self, suffix: str) -> Path:
        """Return the path of a file that SQLite keeps beside the database."""
        return self.path.with_name(self.path.name + suffix)


@dataclass
class _Patience:
    """Attempts until a deadline, and what to say when it has passed."""

    seconds: float
    begun: float = field(default_factory=time.monotonic)

    def wait(self, why: str) -> None:
        """Wait a little; raise Unavailable when the time is over."""
        if time.monotonic() - self.begun > self.seconds:
            raise Unavailable(f"{why}, for {self.seconds:.0f} s now", "see options.busy; which program has it open?")
        time.sleep(_AGAIN_SECONDS)


def original(path: Path) -> Original:
    """Return the database at a path; raise Unavailable or Damaged. Nothing is ever made where there is none."""
    try:
        real = path.resolve(strict=True)
        handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise Unavailable(f"{path} is not there", "has the database moved? Is its disk mounted?") from error
    except PermissionError as error:
        raise Unavailable(f"no permission to read {path}", "the unit needs CAP_DAC_READ_SEARCH") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Damaged(f"{path} is not a regular file", "options.path must be the database file itself")
        header = os.read(handle, HEADER)
    finally:
        os.close(handle)
    if not header:
        raise Damaged(f"{path} is empty", "a program that opens a wrong path creates such a file")
    if len(header) < HEADER or not header.startswith(MAGIC):
        raise Damaged(
            f"{path} is not a SQLite database, or it is encrypted",
            "back up an encrypted database with the program that has its key: kind `command`",
        )
    return Original(real, status, 2 in header[18:20])  # noqa: PLR2004 -- as SQLite's file format says


def copy(path: Path, target: Path, busy: float) -> Original:
    """Copy a database to a file that is not there yet; `busy`: how long to wait for others, in seconds."""
    source = original(path)
    log = _size(source.beside(LOG))
    demand_room(target.parent, source.status.st_size + 2 * log, "the copy of a SQLite database")
    patience = _Patience(busy)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with _explained(path):
        if source.logged:
            _of_logged(source, target, patience)
        elif _crashed(source):
            _as_it_lies(source, target, patience)
        else:
            _online(source, target, patience)
    return source


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if _code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise Damaged(f"{path} is damaged: {error}", "the last good set is kept; restore it") from error
        hint = _UNSEEN if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DIRECTORY else ""
        raise Unavailable(f"{path} can't be copied: {error}", hint) from error


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's result code without its details; 0 when it was none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & _LOW_BYTE


def _of_logged(source: Original, target: Path, patience: _Patience) -> None:
    """Copy a database with a write-ahead log, whether it is open or not."""
    with source.path.open("rb") as file:
        while True:
            with _reader(file.fileno(), patience):
                # As long as this lock is held, the last to close it can't remove the log and its index.
                if _held(file.fileno()) and source.beside(LOG).exists() and source.beside(INDEX).exists():
                    _online(source, target, patience)
                    return
            if _copied_as_it_lies(source, target, file.fileno()):
                _recover(target)
                return
            patience.wait(f"{source.path} is being opened and closed all the time")


def _crashed(source: Original) -> bool:
    """Whether a journal lies there that would first have to be played back: SQLite refuses to do that for readers."""
    if not _size(source.beside(JOURNAL)):
        return False
    try:
        with closing(_open(source.path)) as there:
            there.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        return _code(error) in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
    return False


def _as_it_lies(source: Original, target: Path, patience: _Patience) -> None:
    with source.path.open("rb") as file:
        while not _copied_as_it_lies(source, target, file.fileno()):
            patience.wait(f"{source.path} has a journal of an interrupted change, and is in use")
    _recover(target)


def _open(path: Path) -> sqlite3.Connection:
    # readonly_shm: root could make the log's index where there is none, and must not.
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&readonly_shm=1", uri=True, timeout=0, isolation_level=None)


def _online(source: Original, target: Path, patience: _Patience) -> None:
    """Copy by SQLite's online backup."""
    with closing(_open(source.path)) as there:
        if not source.logged:
            with suppress(_Restless), _target(target) as here:
                there.backup(here, pages=PAGES, progress=_Watch().look, sleep=_AGAIN_SECONDS)
                return
        _begin(there, f"{source.path} is locked", patience)
        with _target(target) as here:
            there.backup(here, pages=-1)


@contextmanager
def _target(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the copy, empty; it need not survive a power cut."""
    os.truncate(path, 0)
    with closing(sqlite3.connect(path)) as here:
        here.execute("PRAGMA journal_mode = OFF")
        here.execute("PRAGMA synchronous = OFF")
        yield here


def _begin(there: sqlite3.Connection, why: str, patience: _Patience) -> None:
    """Start a read transaction, which fixes the moment; with a write-ahead log no writer waits for it."""
    while True:
        there.execute("BEGIN")
        try:
            there.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return
        except sqlite3.OperationalError as error:
            if _code(error) not in _LATER or error.sqlite_errorcode == sqlite3.SQLITE_READONLY_DIRECTORY:
                raise
        there.execute("ROLLBACK")
        patience.wait(why)


class _Restless(Exception):
    """Others write too often for a copy in many steps."""


@dataclass
class _Watch:
    """Counts how often an online backup began again, and how often it had to wait."""

    left: int = 0
    begun: int = 1
    waited: int = 0

    def look(self, status: int, remaining: int, _total: int) -> None:
        """Called after each step; raises when it is better to let the writers wait for once."""
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            self.waited += 1
        else:
            self.begun += self.left != 0 and remaining >= self.left
            self.left = remaining
        if self.begun > BEGINNINGS or self.waited > WAITS:
            raise _Restless


def _copied_as_it_lies(source: Original, target: Path, handle: int) -> bool:
    """Copy database, log and journal; return whether nobody had it open and nothing changed meanwhile."""
    before = _looks(source)
    if _held(handle):
        return False
    for suffix in ("", LOG, JOURNAL):
        copied = target.with_name(target.name + suffix)
        copied.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(source.beside(suffix), copied, follow_symlinks=False)
            copied.chmod(0o600)
    return not _held(handle) and _looks(source) == before


def _recover(target: Path) -> None:
    """Bring a copy to its last commit, into one file."""
    with closing(sqlite3.connect(target, isolation_level=None)) as here:
        here.execute("SELECT count(*) FROM sqlite_master").fetchone()
        here.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _looks(source: Original) -> list[tuple[int, ...] | None]:
    """Return what would show a change of the database or of a file beside it."""
    return [_look(source.beside(suffix)) for suffix in ("", LOG, JOURNAL)]


def _look(path: Path) -> tuple[int, ...] | None:
    try:
        seen = path.stat()
    except FileNotFoundError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _reader(handle: int, patience: _Patience) -> Iterator[None]:
    """Hold the lock of a reader, taken as SQLite takes it; of the open file, for SQLite's own are this process's."""
    try:
        while True:
            try:
                _lock(handle, fcntl.F_RDLCK, _PENDING, 1)
                _lock(handle, fcntl.F_RDLCK, _READERS, _READERS_LENGTH)
                break
            except BlockingIOError:
                _lock(handle, fcntl.F_UNLCK, _PENDING, _LOCKS)
                patience.wait("a program keeps the database locked exclusively")
        _lock(handle, fcntl.F_UNLCK, _PENDING, 1)
        yield
    finally:
        _lock(handle, fcntl.F_UNLCK, _PENDING, _LOCKS)


def _lock(handle: int, kind: int, start: int, length: int, act: int = fcntl.F_OFD_SETLK) -> bytes:
    answer: bytes = fcntl.fcntl(handle, act, struct.pack(_FLOCK, kind, os.SEEK_SET, start, length, 0))
    return answer


def _held(handle: int) -> bool:
    """Whether another program has the database open: with a write-ahead log each holds a lock all the time."""
    found = struct.unpack(_FLOCK, _lock(handle, fcntl.F_WRLCK, _PENDING, _LOCKS, fcntl.F_OFD_GETLK))
    return bool(found[0] != fcntl.F_UNLCK)
