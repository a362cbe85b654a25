"""What a backup host remembers of reading its repositories: each file, when it was read, and what was wrong with it.

It is an SQLite file, so that a search that is killed goes on where it was, and no list of millions of names is held in
memory. When it is lost, everything is new and is read again; only which files had been there is known no more.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.keeper import store
from ops.keeper.repository import Stored

BATCH = 64
_TABLE = """
create table if not exists file (host text, path text, size integer not null, arrived real not null,
  listed real not null, read real, wrong text not null default '', primary key (host, path)) without rowid;
create index if not exists by_reading on file (read, arrived);
create index if not exists by_fault on file (host, path) where wrong <> '';
"""
# One that became another file since, as only the host's administrator can make it, is new.
_LISTED = """
insert into file (host, path, size, arrived, listed) values (?, ?, ?, ?, ?)
on conflict (host, path) do update set listed = excluded.listed,
  read = case when (size, arrived) = (excluded.size, excluded.arrived) then read end,
  size = excluded.size, arrived = excluded.arrived
"""
GONE = "was there, and is gone"
TOO_LARGE = "is so large that one scrub can't read it to its end"
_LONGEST = "order by read, arrived limit ?"
_SUMS = """
select count(*), coalesce(sum(size), 0), coalesce(sum(size) filter (where read >= :since), 0),
  count(*) filter (where read is null and arrived < :late), min(coalesce(read, arrived)) from file where host = :host
"""


@dataclass(frozen=True)
class Known:
    """A file that is remembered. path: below the repository of the client."""

    host: str
    path: str


@dataclass(frozen=True)
class Sums:
    """What is remembered of a client's files.

    fresh: the bytes that were read since a moment. late: how many files were not read although they arrived before
    another moment. oldest: the oldest reading, or the arrival of one that was never read.
    """

    files: int
    bytes: int
    fresh: int
    late: int
    oldest: float | None


class Readings:
    """The memory, open. Each method stands alone: what it changed is kept when it returns."""

    def __init__(self, link: sqlite3.Connection) -> None:
        """Take over an open database."""
        self._link = link

    def listed(self, host: str, files: Iterable[Stored], now: float) -> None:
        """Note all files that a client's repository has now; those that were known and are not among them are gone."""
        with self._link:
            rows = ((host, store.kept(one.path), one.size, one.arrived, now) for one in files)
            self._link.executemany(_LISTED, rows)
            there = "update file set wrong = '', read = null where host = ? and listed = ? and wrong = ?"
            self._link.execute(there, (host, now, GONE))
            gone = "update file set wrong = ?, read = ? where host = ? and listed <> ? and wrong <> ?"
            self._link.execute(gone, (GONE, now, host, now, GONE))

    def keep(self, hosts: Iterable[str]) -> None:
        """Forget the files of all clients but these."""
        with self._link:
            known = {host for (host,) in self._link.execute("select distinct host from file")}
            for host in known - set(hosts):
                self._link.execute("delete from file where host = ?", (host,))

    def gone(self, host: str, until: float) -> list[str]:
        """Return the paths of a client's files of which it was noted until a moment that they are gone."""
        query = "select path from file where (host, wrong) = (?, ?) and read <= ?"
        found = self._link.execute(query, (host, GONE, until))
        return [os.fsdecode(path) for (path,) in found]

    def forget(self, host: str, paths: Iterable[str]) -> None:
        """Forget files of a client, as those that were set aside."""
        with self._link:
            self._link.executemany(
                "delete from file where (host, path) = (?, ?)", ((host, store.kept(path)) for path in paths)
            )

    def due(self, hosts: Sequence[str], before: float) -> list[Known]:
        """Return some files of clients that were never read, or not since a moment: those that wait longest."""
        return self._known(hosts, f"(read is null or read < ?) and wrong <> ? {_LONGEST}", (before, GONE, BATCH))

    def damaged(self, hosts: Sequence[str]) -> list[Known]:
        """Return the files of clients that were read and found wrong; what takes all the time waits for its turn."""
        return self._known(hosts, "wrong not in ('', ?, ?)", (GONE, TOO_LARGE))

    def _known(self, hosts: Sequence[str], which: str, words: tuple[object, ...]) -> list[Known]:
        places = ", ".join("?" * len(hosts))
        query = f"select host, path from file where host in ({places}) and {which}"  # noqa: S608 -- our own words
        return [Known(host, os.fsdecode(path)) for host, path in self._link.execute(query, (*hosts, *words))]

    def noted(self, seen: Iterable[tuple[Known, str]], now: float) -> None:
        """Note what reading files showed: nothing, or what is wrong with each."""
        with self._link:
            rows = ((now, wrong, one.host, store.kept(one.path)) for one, wrong in seen)
            self._link.executemany("update file set read = ?, wrong = ? where host = ? and path = ?", rows)

    def wrong(self, host: str, most: int) -> tuple[list[tuple[str, str]], int]:
        """Return some of a client's files that are wrong, each with why, and how many there are."""
        named = "select path, wrong from file where host = ? and wrong <> '' order by path limit ?"
        (count,) = self._link.execute("select count(*) from file where host = ? and wrong <> ''", (host,)).fetchone()
        return [(os.fsdecode(path), why) for path, why in self._link.execute(named, (host, most))], count

    def sums(self, host: str, since: float, late: float) -> Sums:
        """Return what is remembered of a client's files; since, late: as in `Sums`, in seconds since 1970."""
        return Sums(*self._link.execute(_SUMS, {"host": host, "since": since, "late": late}).fetchone())


@contextmanager
def opened(file: Path) -> Iterator[Readings]:
    """Open the memory for a block, and make it where there is none; raise Unavailable."""
    with store.opened(file, _TABLE, "all files are read anew then") as link:
        yield Readings(link)
