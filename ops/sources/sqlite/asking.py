"""Asking a SQLite database: here by Python's driver, or in a drill's tree by the program `sqlite3`."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ops.core.confidential import fit
from ops.core.errors import CommandError, Damaged, Unavailable
from ops.interfaces.server import TABLE_SECONDS, Server
from ops.sources.sqlite.integrity import Ask, Strange

# How many queries one start of a program is given: a drill starts it inside a tree, and a line has its limit.
_AT_ONCE = 200
_PRIMARY = 0xFF  # of SQLite's result codes; the rest is detail
# The program `sqlite3` adds the result code to its words, unless that is the general one: it does not know a name.
_UNKNOWN_NAME = re.compile(r"^(?:\w+ )?[Ee]rror: (?![^\n]*\(\d+\)$)", re.MULTILINE)


@contextmanager
def asked(database: Path) -> Iterator[Ask]:
    """Open a database that nobody changes, and let nothing that stands in it do more than answer."""
    uri = f"file:{quote(str(database))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as there:
        there.execute("PRAGMA trusted_schema = OFF")
        there.execute("PRAGMA cell_size_check = ON")

        def ask(queries: Sequence[str]) -> list[Any]:
            try:
                return [json.loads(there.execute(query).fetchone()[0]) for query in queries]
            except sqlite3.OperationalError as error:
                kind = Strange if error.sqlite_errorcode & _PRIMARY == sqlite3.SQLITE_ERROR else Unavailable
                raise kind(f"{database.name} can't be queried: {fit('SQLite', str(error))}") from error
            except (sqlite3.DatabaseError, UnicodeError) as error:
                raise Damaged(f"{database.name} is damaged: {fit('SQLite', str(error))}") from error

        yield ask


def argv(database: str, *queries: str) -> list[str]:
    """Return the program that asks a database in a drill's tree; in safe mode it touches no other file."""
    uri = f"file:{quote(database)}?mode=ro&immutable=1"
    return ["sqlite3", "-batch", "-bail", "-safe", "-readonly", "-noheader", "-list", uri, *queries]


def asking(server: Server, database: str) -> Ask:
    """Return what asks a database in a drill's tree."""

    def ask(queries: Sequence[str]) -> list[Any]:
        answers: list[Any] = []
        for first in range(0, len(queries), _AT_ONCE):
            text = _told(server, argv(database, *queries[first : first + _AT_ONCE]))
            answers += [json.loads(line) for line in text.rstrip("\n").split("\n")]
        return answers

    return ask


def _told(server: Server, words: Sequence[str]) -> str:
    try:
        return server.run(words, TABLE_SECONDS)
    except CommandError as error:
        if error.exit_code == sqlite3.SQLITE_ERROR and _UNKNOWN_NAME.search(error.stderr):
            raise Strange(error.message) from error
        raise
