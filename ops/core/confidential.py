"""What programs say of data, kept apart: the full words go to a file of root's, and only the sort of error goes on.

A program quotes what it stumbles over: the row that broke a constraint, the name of the file that could not be read.
Where the data of patients are restored, that must reach no terminal, no journal, no record. So while such words are
kept apart, nothing of what a program said is repeated: an error is told in the phrases below, which stand here, and in
the numbers of the server.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MOST_KEPT = 4 << 20
_MOST_AT_ONCE = 1 << 18
_MOST_PHRASES = 3
NOT_KNOWN = "an error that is not shown, because it may quote patient data"
# These never see what was restored; mount says what a drill host lacks.
HARMLESS = {"mount", "umount", "mkfs.ext4", "sfdisk", "mkswap", "systemctl"}
# MariaDB's number and state of an error, and what our own installer says of its steps.
_NUMBERS = re.compile(r"ERROR \d{1,5} \([0-9A-Z]{5}\)|seawall-drill: (?:mount|grub-install|update-grub|over) \d{1,3}\b")
_PHRASES = (
    # PostgreSQL, its programs
    *("invalid input syntax", "out of range", "invalid byte sequence", "value too long", "missing data for column"),
    *("extra data after last expected column", "duplicate key value violates unique constraint"),
    *("could not create unique index", "violates foreign key constraint", "violates check constraint"),
    *("violates not-null constraint", "violates exclusion constraint", "division by zero", "cannot be cast"),
    *("permission denied", "must be owner of", "must be superuser", "is not available", "does not exist"),
    *("already exists", "syntax error", "unterminated quoted string", "invalid LC_", "invalid locale"),
    *("could not open extension control file", "could not access file", "could not open file", "could not read"),
    *("could not write", "could not extend file", "could not map", "invalid page", "unexpected chunk number"),
    *("missing chunk number", "out of shared memory", "out of memory", "deadlock detected", "canceling statement"),
    *("terminating connection", "server closed the connection unexpectedly", "the database system is starting up"),
    *("could not connect", "connection to server", "Connection refused", "input file appears to be a text format dump"),
    *("input file is too short", "input file does not appear to be a valid archive", "unsupported version"),
    *("could not find", "unexpected end of file", "could not uncompress data", "could not read from input file"),
    *(
        "corrupted",
        "incorrect checksum",
        "a worker process died unexpectedly",
        "COPY failed",
        "could not execute query",
    ),
    # MariaDB, SQLite
    *("is marked as crashed", "is crashed", "Corrupt", "Index for table", "wrong count", "Can't connect"),
    *("Lost connection", "server has gone away", "the dump is truncated", "the dump has no table"),
    *("database disk image is malformed", "file is not a database", "no such table", "no such function"),
    *("no such collation sequence", "Could not decode to UTF-8", "codec can't decode", "database is locked"),
    # restic
    *("ciphertext verification failed", "no such host", "i/o timeout", "context deadline exceeded", "invalid data"),
    *("not found in index", "unable to open config file", "maximum number of keys reached", "no matching ID found"),
    *("unable to create lock", "507 Insufficient Storage", "401 Unauthorized", "403 Forbidden", "404 Not Found"),
    *("502 Bad Gateway", "certificate", "file name too long", "operation not permitted", "mount failed"),
    # any program, the kernel, a machine that boots
    *("No space left on device", "No such file or directory", "Read-only file system", "Input/output error"),
    *("Cannot allocate memory", "command not found", "Exec format error", "Kernel panic", "Unable to mount root fs"),
    *("Failed to mount", "emergency mode", "timed out", "Timed out", "Segmentation fault", "Killed", "loop device"),
)


@dataclass
class _Apart:
    """The file, which is made with the first words; how much it may still take."""

    path: Path
    left: int = MOST_KEPT

    def keep(self, text: str) -> None:
        """Add some words; what does not fit is dropped."""
        content = f"{text.rstrip()}\n\n".encode("utf-8", "replace")[-min(self.left, _MOST_AT_ONCE) :]
        if not text.strip() or not self.left:
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(self.path, flags, 0o600), "wb") as file:
            self.left -= file.write(content)


_apart: _Apart | None = None


@contextmanager
def kept_apart(path: Path) -> Iterator[None]:
    """Keep what programs say in a file, for a block; its folder must be ours alone. What lay there before is removed.

    Threads of the block write to the same file.
    """
    global _apart  # noqa: PLW0603 -- whoever runs a program in the block, in whichever thread, must not repeat it
    path.unlink(missing_ok=True)
    before, _apart = _apart, _Apart(path)
    try:
        yield
    finally:
        _apart = before


def keep(text: str) -> bool:
    """Keep some words apart; return whether that is what is wanted now."""
    if _apart is not None:
        _apart.keep(text)
    return _apart is not None


def fit(program: str, words: str, full: str = "") -> str:
    """Return what may be told of a program's words: all, or only what sort of error it was while they are kept apart.

    full: what is kept, where the words are only a part of it.
    """
    if _apart is None or Path(program).name in HARMLESS:
        return words
    keep(f"{program}:\n{full or words}")
    return phrases(f"{full}\n{words}") if (full or words).strip() else words


def phrases(text: str) -> str:
    """Return the phrases in a text that say what sort of error it was; nothing else of the text is in them."""
    found = {match[0]: match.start() for match in _NUMBERS.finditer(text)}
    lowered = text.lower()
    found |= {phrase: place for phrase in _PHRASES if (place := lowered.find(phrase.lower())) >= 0}
    return "; ".join(sorted(found, key=found.__getitem__)[:_MOST_PHRASES]) or NOT_KNOWN
