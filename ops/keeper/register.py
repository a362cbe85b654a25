"""The register of arrivals: each file of each repository, when it came by this machine's own clock, and what is gone.

No line of it is ever changed. The digest of each night is chained to that of the night before and goes into the
machine's signed ledger, so that a line which somebody changes, adds or removes later is noticed. It is an SQLite file:
no list of millions of names is held in memory, and a night that is killed leaves nothing of itself.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Damaged
from ops.core.names import Digest
from ops.interfaces.layout import CARDS, DATA, INDEX, KEYS, SNAPSHOTS
from ops.keeper import store
from ops.keeper.repository import UPLOAD, Stored

LISTED = frozenset({DATA, INDEX, SNAPSHOTS, KEYS, CARDS})  # locks come and go
_TABLES = """
create table if not exists night (n integer primary key, finished real not null, digest text not null);
create table if not exists file (host text, path text, size integer not null, arrived real not null,
  night integer not null, primary key (host, path)) without rowid;
create table if not exists event (night integer, host text, path text, what text,
  primary key (night, host, path)) without rowid;
create table if not exists card (host text, path text, arrived real not null, content text not null,
  refused text not null, night integer not null, primary key (host, path)) without rowid;
create table if not exists absent (host text, path text, primary key (host, path)) without rowid;
create index if not exists by_night on file (night);
create index if not exists card_by_night on card (night);
create temporary table seen (path text primary key, size integer, changed real) without rowid;
"""
# Of a repository that was never listed, its server's dates are all there is; later they are believed within the time
# since it was last listed, for what was there then was listed then.
_NEW = """
insert into file select :host, path, size, max(:before, min(changed, :now)), :night from seen
where not exists (select 1 from file where (file.host, file.path) = (:host, seen.path))
"""
_GONE = """
insert into event select :night, host, path, 'gone' from file where host = :host
and path not in (select path from seen) and not exists
(select 1 from absent where (absent.host, absent.path) = (file.host, file.path))
"""
_BACK = """
insert into event select :night, host, path, 'back' from absent where host = :host
and path in (select path from seen)
"""
# What a night says, one text for each line, in an order that does not depend on the order of its writing.
_LINES = """
select 'file', host, path, size, arrived from file where night = :night union all
select what, host, path, 0, 0.0 from event where night = :night union all
select 'card ' || refused, host, path || ' ' || content, 0, arrived from card where night = :night order by 1, 2, 3
"""
_FIRST = "0" * 64


@dataclass(frozen=True)
class Night:
    """A night of the register: its number, and the digest that stands for it and all before."""

    n: int
    digest: Digest


@dataclass(frozen=True)
class KnownCard:
    """A card that was handed over. refused: why it does not count; empty where it does: then content is its file."""

    path: str
    arrived: float
    content: bytes
    refused: str


class Register:
    """The register, open in one transaction: what is added is kept when the block of `opened` ends well."""

    def __init__(self, link: sqlite3.Connection) -> None:
        """Take over an open database."""
        self._link = link
        (number,) = link.execute("select coalesce(max(n), 0) from night").fetchone()
        self._night = int(number) + 1

    def listed(self, host: str, files: Iterable[Stored], now: float) -> None:
        """Enter what a client's repository has now: what is new, and what is gone or there again.

        now: what is dated later arrived then, in seconds since 1970.
        """
        self._link.execute("delete from seen")
        rows = ((store.kept(one.path), one.size, one.arrived) for one in files if _is_listed(one))
        self._link.executemany("insert or ignore into seen values (?, ?, ?)", rows)
        words = {"host": host, "now": now, "night": self._night, "before": self._before(host)}
        for statement in (_NEW, _GONE, _BACK):
            self._link.execute(statement, words)
        events = "from event where night = :night and host = :host and what ="
        self._link.execute(f"insert into absent select host, path {events} 'gone'", words)
        self._link.execute(
            f"delete from absent where host = :host and path in (select path {events} 'back')",  # noqa: S608
            words,
        )

    def close(self, now: float) -> Night:
        """End a night, and return what stands for it."""
        night = Night(self._night, self._chained(self._night, self._digest(self._night - 1)))
        self._link.execute("insert into night values (?, ?, ?)", (night.n, now, night.digest))
        self._night += 1
        return night

    def demand(self, noted: Night) -> None:
        """Demand that all nights up to one that was noted elsewhere are as they were; raise Damaged."""
        digest = _FIRST
        for number in range(1, noted.n + 1):
            digest = self._chained(number, digest)
        if digest != noted.digest:
            raise Damaged("the register of arrivals was changed since it was recorded", _CHANGED)

    def accept(self) -> None:
        """Let all nights stand for what they say now, whoever changed them."""
        digest = _FIRST
        for number in range(1, self._night):
            digest = self._chained(number, digest)
            self._link.execute("update night set digest = ? where n = ?", (digest, number))

    def snapshots(self, host: str) -> tuple[dict[str, float], set[str]]:
        """Return when each snapshot of a client arrived, by its name, and the names of those that are gone."""
        ever = "select path, arrived from file where host = ? and path glob 'snapshots/*'"
        gone = "select path from absent where host = ? and path glob 'snapshots/*'"
        names = {os.fsdecode(path).rpartition("/")[2]: arrived for path, arrived in self._link.execute(ever, (host,))}
        return names, {os.fsdecode(path).rpartition("/")[2] for (path,) in self._link.execute(gone, (host,))}

    def packs(self, host: str, after: float, until: float) -> int:
        """Return the bytes of a client's packs that arrived after one moment and until another, as far as they are."""
        query = (
            "select coalesce(sum(size), 0) from file where host = ? and path glob 'data/*' and arrived > ? and "
            "arrived <= ? and not exists (select 1 from absent a where (a.host, a.path) = (file.host, file.path))"
        )
        (size,) = self._link.execute(query, (host, after, until)).fetchone()
        return int(size)

    def cards(self, host: str) -> Iterator[KnownCard]:
        """Yield all cards about a client, as they arrived."""
        query = "select path, arrived, content, refused from card where host = ? order by arrived, path"
        for path, arrived, content, refused in self._link.execute(query, (host,)):
            yield KnownCard(path, arrived, content.encode(), refused)

    def card_bytes(self, host: str) -> int:
        """Return how many bytes all cards about a client have, as they are kept."""
        query = "select coalesce(sum(length(content)), 0) from card where host = ?"
        (size,) = self._link.execute(query, (host,)).fetchone()
        return int(size)

    def known_cards(self, host: str) -> set[str]:
        """Return the paths of all cards about a client that were judged."""
        return {path for (path,) in self._link.execute("select path from card where host = ?", (host,))}

    def judged(self, host: str, cards: Iterable[KnownCard], now: float) -> None:
        """Enter cards about a client that were judged; each is judged once, by the keys that are known then."""
        before, arrived = self._before(host), "select arrived from file where (host, path) = (?, ?)"
        for one in cards:
            listed = self._link.execute(arrived, (host, one.path)).fetchone()
            when = listed[0] if listed else max(before, min(one.arrived, now))
            content = "" if one.refused else one.content.decode()  # of what is no card not even letters are sure
            values = (host, one.path, when, content, one.refused, self._night)
            self._link.execute("insert into card values (?, ?, ?, ?, ?, ?)", values)

    def _before(self, host: str) -> float:
        """Return when a client's repository was last listed; 0 where it never was."""
        first = "select min(night) from file where host = ?"
        query = f"select coalesce(max(finished), 0) from night where n < ? and n >= ({first})"  # noqa: S608 -- our own
        (moment,) = self._link.execute(query, (self._night, host)).fetchone()
        return float(moment)

    def _digest(self, number: int) -> str:
        row = self._link.execute("select digest from night where n = ?", (number,)).fetchone()
        return str(row[0]) if row else _FIRST

    def _chained(self, number: int, before: str) -> Digest:
        total = hashlib.sha256(before.encode())
        for row in self._link.execute(_LINES, {"night": number}):
            total.update(repr(row).encode("utf-8", "surrogateescape"))
        return Digest(total.hexdigest())


_CHANGED = "nothing leaves until you know who did; move the file register.sqlite away to begin anew"


def _is_listed(one: Stored) -> bool:
    return one.sort in LISTED and UPLOAD not in one.name


@contextmanager
def opened(file: Path) -> Iterator[Register]:
    """Open the register for a block, and make it where there is none; raise Unavailable.

    Whatever is raised within the block, nothing of the block stays.
    """
    with store.opened(file, _TABLES, "then nothing leaves before it is known anew") as link, link:
        link.execute("begin immediate")
        yield Register(link)
