"""What alarms remember, and the messages that wait: one small SQLite file, changed all at once or not at all.

Nothing is lost when the disk is full: the file and its journal were made larger than they are ever needed, and are
written over in place. Only so many messages wait at once; reminders make room first.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ops.alarms.model import Alarm, Incident, Kind, Memory, Moment
from ops.core import document
from ops.core.document import Limits
from ops.core.errors import Unavailable
from ops.core.schema import encode
from ops.interfaces.channel import Message

T = TypeVar("T")
PATIENCE = 30.0  # seconds for another process that writes
RESERVE = 1 << 20  # bytes that the file and its journal have from the beginning
MOST_WAITING = 500
MOST_TAKEN = 500  # messages of which it is known when a channel took them
MOST_TRIES = 12  # of which each waits for twice as long as the one before, up to an hour
_HOUR, _MINUTE = 3600, 60
_LIMITS = Limits(bytes=1 << 18, depth=8, entries=10_000, text=1 << 17)
_TABLES = """
create table if not exists fact (name text primary key, told text not null) without rowid;
create table if not exists alarm (key text primary key, told text not null) without rowid;
create table if not exists incident (number integer primary key, told text not null);
create table if not exists waiting (n integer primary key autoincrement, channel text not null, state text not null,
  told text not null, tries integer not null, due real not null, error text not null);
create table if not exists taken (n integer primary key autoincrement, incident integer not null,
  state text not null, channel text not null, at text not null);
"""


@dataclass(frozen=True)
class Waiting:
    """A message that waits for a channel to take it. tries: how often it did not; error: why, the last time."""

    n: int
    channel: str
    message: Message
    tries: int
    error: str


class Store:
    """An open store; what is done to it counts when the block of `opened` ends well, or at `keep`."""

    def __init__(self, link: sqlite3.Connection) -> None:
        self._link = link

    def memory(self) -> Memory:
        """Return all that is remembered; raise Damaged."""
        facts = dict(self._link.execute("select name, told from fact"))
        alarms = {key: _read(Alarm, told, f"the alarm {key}") for key, told in self._rows("alarm", "key")}
        incidents = {n: _read(Incident, told, f"incident {n}") for n, told in self._rows("incident", "number")}
        last = _read(Moment, facts["last"], "the last look") if "last" in facts else None
        t, number = float(facts.get("t", 0)), int(facts.get("number", 0))
        return Memory(t=t, last=last, number=number, alarms=alarms, incidents=incidents)

    def _rows(self, table: str, key: str) -> list[tuple[Any, str]]:
        return self._link.execute(f"select {key}, told from {table}").fetchall()  # noqa: S608 -- our own names

    def remember(self, memory: Memory) -> None:
        """Put a memory in the place of the one before; what has not changed is not written."""
        facts = {"t": repr(memory.t), "number": str(memory.number)}
        facts |= {"last": json.dumps(encode(memory.last))} if memory.last else {}
        self._replace("fact", "name", facts)
        self._replace("alarm", "key", {key: json.dumps(encode(one)) for key, one in memory.alarms.items()})
        self._replace("incident", "number", {n: json.dumps(encode(one)) for n, one in memory.incidents.items()})

    def _replace(self, table: str, key: str, wanted: Mapping[Any, str]) -> None:
        before = dict(self._rows(table, key))
        gone = [(name,) for name in before if name not in wanted]
        fresh = [(name, told) for name, told in wanted.items() if before.get(name) != told]
        self._link.executemany(f"delete from {table} where {key} = ?", gone)  # noqa: S608 -- our own names
        self._link.executemany(f"insert or replace into {table} values (?, ?)", fresh)  # noqa: S608 -- our own names

    def post(self, channel: str, message: Message, t: float) -> None:
        """Let a message wait for a channel; a reminder takes the place of the one of its incident that still waits."""
        if message.state == Kind.REMINDER:
            for one in self.waiting(channel):
                if one.message.incident == message.incident and one.message.state == Kind.REMINDER:
                    self._link.execute("delete from waiting where n = ?", (one.n,))
        told = json.dumps(encode(message))
        row = (channel, message.state, told, t, "")
        self._link.execute(
            "insert into waiting (channel, state, told, tries, due, error) values (?, ?, ?, 0, ?, ?)", row
        )
        order = "case state when 'raised' then 1 when 'passed' then 1 when 'worse' then 1 else 0 end, n"
        (count,) = self._link.execute("select count(*) from waiting").fetchone()
        if count > MOST_WAITING:
            least = f"select n from waiting order by {order} limit ?"  # noqa: S608 -- our own words
            self._link.execute(f"delete from waiting where n in ({least})", (count - MOST_WAITING,))  # noqa: S608

    def waiting(self, channel: str = "", due: float | None = None) -> list[Waiting]:
        """Return the messages that wait, of one channel or all, the oldest first. due: whose turn it is by then."""
        query = (
            "select n, channel, told, tries, error from waiting where (? = '' or channel = ?) and due <= ? order by n"
        )
        rows = self._link.execute(query, (channel, channel, 9e99 if due is None else due))
        return [
            Waiting(n, name, _read(Message, told, "a message"), tries, error) for n, name, told, tries, error in rows
        ]

    def sent(self, one: Waiting, at: str) -> None:
        """Note when a channel took a message, which waits no more. at: by the clock."""
        self._link.execute("delete from waiting where n = ?", (one.n,))
        row = (one.message.incident, one.message.state, one.channel, at)
        self._link.execute("insert into taken (incident, state, channel, at) values (?, ?, ?, ?)", row)
        self._link.execute("delete from taken where n <= (select max(n) from taken) - ?", (MOST_TAKEN,))

    def taken(self, incident: int, states: Iterable[str], since: str) -> set[str]:
        """Return the channels that took a message of an incident in one of some states, since a moment by the clock."""
        rows = self._link.execute("select channel, state from taken where incident = ? and at >= ?", (incident, since))
        wanted = set(states)
        return {channel for channel, state in rows if state in wanted}

    def refused(self, one: Waiting, error: str, t: float) -> None:
        """Let a message that a channel did not take wait for its next turn."""
        wait = min(_MINUTE * 2 ** min(one.tries, MOST_TRIES), _HOUR)
        row = (one.tries + 1, t + wait, error[:500], one.n)
        self._link.execute("update waiting set tries = ?, due = ?, error = ? where n = ?", row)

    def forget_channels(self, known: Iterable[str]) -> None:
        """Forget what waits for channels that the policy does not have any more."""
        names = list(known)
        marks = ", ".join("?" * len(names))
        self._link.execute(f"delete from waiting where channel not in ({marks})", names)  # noqa: S608 -- marks only

    def take_over(self, other: Store) -> None:
        """Put what another store holds in the place of all that this one does."""
        self.remember(other.memory())
        columns = "channel, state, told, tries, due, error"
        self._link.execute("delete from waiting")
        rows = other._link.execute(f"select {columns} from waiting order by n").fetchall()  # noqa: S608 -- our own names
        self._link.executemany(f"insert into waiting ({columns}) values (?, ?, ?, ?, ?, ?)", rows)  # noqa: S608

    def keep(self) -> None:
        """Bring what was done so far to the disk."""
        self._link.commit()


def _read(kind: type[T], told: str, what: str) -> T:
    return document.decode(kind, document.parse(told.encode(), _LIMITS, what), what)


@contextmanager
def opened(file: Path) -> Iterator[Store]:
    """Open a store for a block, and make it where there is none; raise Unavailable.

    A block that raises changes nothing.
    """
    try:
        fresh = not file.exists()
        with closing(sqlite3.connect(file, timeout=PATIENCE)) as link:
            link.execute("pragma journal_mode = persist")
            link.execute("pragma synchronous = full")
            link.executescript(_TABLES)
            if fresh:
                _reserve(link)
                file.chmod(0o640)
            with link:
                yield Store(link)
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{file} can't be used: {error}", "is its disk full, or can't it be written?") from error
    except sqlite3.DatabaseError as error:
        hint = f"move it away: mv {file} {file}.damaged; then what is wrong is told anew"
        raise Unavailable(f"{file} is damaged: {error}", hint) from error


def _reserve(link: sqlite3.Connection) -> None:
    """Let the file and its journal have their room now: later there may be none on the disk."""
    link.execute("create table room (content blob)")
    with link:
        link.execute("insert into room values (zeroblob(?))", (RESERVE,))
    with link:  # the journal gets what was there before
        link.execute("update room set content = randomblob(?)", (RESERVE,))
    with link:
        link.execute("drop table room")
