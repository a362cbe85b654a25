"""Loading a database into the machine's own MariaDB, beside those that are used.

A database that is not finished carries a mark in its comment, so that an interrupted restore is told from data. Its
events are loaded asleep: beside the live ones they would do everything twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ops.core import clock
from ops.core.errors import Unavailable, UsageError
from ops.core.run import run, stream
from ops.interfaces.server import LoadedMaterial, Meant
from ops.sources._shared.local_server import Local
from ops.sources._shared.statement import PassedOver, text_of
from ops.sources.mariadb import accounts
from ops.sources.mariadb.facts import SYSTEM, MariaDBFacts
from ops.sources.mariadb.interrupted import alone, unfinished
from ops.sources.mariadb.loader import Names, loading
from ops.sources.mariadb.session import DAY, LOADING, Session, name, program, talking, text
from ops.sources.mariadb.swap import MARK, NOTES, Wish, put_in_place, sleeping
from ops.sources.mariadb.verify import creation, demand_release

_LONGEST = 64
_ACCOUNTS = "select json_quote(concat(user, '@', host)) from mysql.user"
_LOCKED = "json_value(priv, '$.account_locked')"


@dataclass
class RestoreTarget:
    """The server behind a socket.

    late: the rights of accounts that were missing; some can be given only when the tables are there. awake: events
    that were awake when the data were taken.
    """

    socket: str
    late: str = field(default="", init=False)
    awake: list[str] = field(default_factory=list, init=False)

    @property
    def server(self) -> Local:
        """The server, spoken to as its root over the socket."""
        return Local("root", {"MYSQL_UNIX_PORT": self.socket})

    def demand(self, database: str, facts: MariaDBFacts) -> None:
        """Raise SeawallError when the name is taken or none, or the server is older than the data."""
        if not database.strip() or len(database) > _LONGEST or database in SYSTEM:
            raise UsageError(f"{database!r} is not a valid database name", "give another name")
        with self._session() as session:
            unfinished(session, self.socket)
            demand_release(session, facts)
            _demand_engines(session, facts)
            taken = _comment(session, database)
        if taken not in (None, MARK):
            raise UsageError(
                f"the database {database!r} already exists; nothing is restored over it",
                "use another name, or --in-place to replace it",
            )

    def begin(self, database: str, facts: MariaDBFacts, companions: Path, *, logins: bool = False) -> Sequence[str]:
        """Make the empty database as the manifest describes it; accounts that are missing are made, none is changed.

        logins: whether the accounts that are made may log in as they could.
        """
        with self._session() as session:
            there = session.ask(_ACCOUNTS)
            shut = (
                session.ask(f"{_ACCOUNTS} join mysql.global_priv using (user, host) where {_LOCKED}") if logins else ()
            )
            if _comment(session, database) == MARK:
                session.tell(f"drop database {name(database)}")
            session.tell(creation(database, facts, f" comment {text(MARK)}"))
        self.awake = [event for event, status in facts.events.items() if status == "ENABLED"]
        strange = PassedOver(accounts.USERS)
        wanted = facts.users if facts.needed is None else facts.needed
        made = accounts.missing(text_of(companions / accounts.USERS), there, strange, wanted, logins=logins)
        self.late = made.sql
        self._give()
        hints = [facts.restore_hint] if facts.restore_hint else []
        shut = sorted({*shut} & {*wanted})
        if shut:
            hints.append(
                f"accounts that were there already are locked: {', '.join(shut)}; ALTER USER ... ACCOUNT UNLOCK"
            )
        return [*strange.sentences(), *made.sentences(), *hints]

    def loader(
        self, database: str, facts: MariaDBFacts, only: Sequence[str], _folder: Path | None = None
    ) -> Sequence[str]:
        """Return a program that reads the dump, all of it or some tables with their triggers, and misses its end."""
        after = [] if only else sleeping(self.awake)
        wanted = [*only, *(sequence for table in only for sequence in (facts.fed_by or {}).get(table, ()))]
        names = Names(facts.database, database, facts.known_names) if database != facts.database else None
        return loading([*self._client(), *LOADING, f"--database={database}"], wanted, after, names)

    def load(
        self, database: str, facts: MariaDBFacts, meant: Meant, companions: Path, material: LoadedMaterial
    ) -> Iterator[str]:
        """Make the empty database and load the dump into it; yield what is to be said of accounts, and what is lacking.

        A table that alone is meant comes with its indexes, constraints and triggers, and the sequences that feed it.
        """
        if absent := [table for table in meant.tables if table not in {*facts.rows, *facts.sequences}]:
            why = (facts.left_out or {}).get(absent[0], "")
            raise UsageError(
                f"the set has no table {', '.join(absent)}{f' ({why})' if why else ''}; nothing was loaded",
                "--only takes the name of a table as it stands in its database, without quotes and the database's name",
            )
        yield from self.begin(database, facts, companions, logins=meant.logins)
        material.fed(self.loader(database, facts, meant.tables))

    def loaded(self, _database: str) -> None:
        """Give the accounts that were missing the rights that they can be given only now."""
        self._give()

    def resume(self, _database: str, facts: MariaDBFacts) -> None:
        """Remember which events are to be awake."""
        self.awake = [event for event, status in facts.events.items() if status == "ENABLED"]

    def identity(self, database: str) -> str:
        """Return a digest of the tables and of when each was made: the server gives databases no numbers."""
        query = (
            "select json_array(table_name, create_time) from information_schema.tables"
            f" where table_schema = {text(database)} and table_type <> 'VIEW' order by binary table_name"
        )
        with self._session() as session:
            if _comment(session, database) is None:
                return ""
            return sha256(repr([*session.ask(query)]).encode()).hexdigest()

    def data_folder(self) -> Path:
        """Return the data directory of the server."""
        with self._session() as session:
            return Path(str(session.one("select json_quote(@@datadir)")))

    def end(self, database: str) -> None:
        """Take the mark away."""
        with self._session() as session:
            session.tell(f"alter database {name(database)} comment ''")
        self._give()

    def replace(self, database: str, live: str) -> str:
        """Move the live tables away and the loaded ones to their place, with all that belongs to them.

        The old data are moved, never copied and never dropped.
        """
        self.end(database)
        kept = f"{live[:40]}_before_{clock.now():%Y%m%dT%H%M%SZ}"
        with self._session() as session, alone(self.socket):
            there = _comment(session, live) is not None
            _demand_alone(session, live)
            if not there:
                session.tell(f"create database {name(live)}")
            lost = put_in_place(session, Wish(self.socket, live, database, kept, (*self.awake,), self.late, there))
        self._give()
        if not there:
            return f"the database {live} did not exist; it is now the restored one"
        without = f", without {', '.join(lost)}, whose text is in {NOTES}" if lost else ""
        return (
            f"the database {live} is now the restored one; the previous one is kept as {kept}, with its events disabled"
            f"{without}"
        )

    def _give(self) -> None:
        """Make missing accounts and give them their rights, those that can be given already."""
        run([*self._client(), *LOADING, "--force"], timeout=600, input=self.late, ok=(0, 1))

    def _client(self) -> list[str]:
        return program("mariadb", self.socket, "root")

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with stream(talking(self._client()), timeout=DAY, talk=True) as client:
            yield Session(client)


def _comment(session: Session, database: str) -> str | None:
    """Return the comment of a database, or None when there is none of that name."""
    query = f"select json_quote(schema_comment) from information_schema.schemata where schema_name = {text(database)}"
    return next((str(comment) for comment in session.ask(query)), None)


def _demand_engines(session: Session, facts: MariaDBFacts) -> None:
    """Raise Unavailable when the server lacks an engine: it would make the tables with another one, and say nothing."""
    has = session.ask("select json_quote(engine) from information_schema.engines where support in ('YES', 'DEFAULT')")
    if missing := {engine for engine in facts.engines.values() if engine and engine not in has}:
        tables = sorted(table for table, engine in facts.engines.items() if engine in missing)
        raise Unavailable(
            f"the server has no engine {', '.join(sorted(missing))}, which {', '.join(tables[:5])} need",
            f"INSTALL SONAME 'ha_{min(missing).lower()}'; some engines are a package of their own",
        )


def _demand_alone(session: Session, database: str) -> None:
    """Raise Unavailable when tables of other databases point to this one's: they would go with the old tables."""
    # The engine's own catalogue: to answer from information_schema's the server opens every table of every database.
    decoded = "cast(cast(substring_index(for_name, '/', 1) as binary) as char character set filename)"
    encoded = f"cast(convert({text(database)} using filename) as binary)"
    query = (
        f"select distinct json_quote(convert({decoded} using utf8mb4)) from information_schema.innodb_sys_foreign"
        " where substring_index(for_name, '/', 1) <> substring_index(ref_name, '/', 1)"
        f" and cast(substring_index(ref_name, '/', 1) as binary) = {encoded}"
    )
    if others := sorted(set(session.ask(query))):
        raise Unavailable(
            f"tables in {json.dumps(others, ensure_ascii=False)} have foreign keys to {database}",
            "restore it next to the live data, and let its administrator copy the rows",
        )
