"""Where a backup host keeps what it knows of millions of files: in SQLite files of its own, opened for a block."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ops.core.errors import Unavailable

PATIENCE = 60.0  # seconds for another process that is about to write


@contextmanager
def opened(file: Path, tables: str, lost: str) -> Iterator[sqlite3.Connection]:
    """Open a file for a block, and make it and its tables where they are missing; raise Unavailable.

    Another process that holds it has the first turn; seconds are waited for it. lost: what follows when a damaged one
    is moved away, for the hint.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as link:
            link.executescript(tables)
            yield link
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{file} can't be used: {error}", "is its disk full? Is it being used?") from error
    except sqlite3.DatabaseError as error:
        raise Unavailable(f"{file} is damaged: {error}", f"move it away: mv {file} {file}.damaged; {lost}") from error


def kept(path: str) -> str | bytes:
    """Return a path as SQLite can keep it: one that is no UTF-8, as a damaged folder may name, by its bytes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path
