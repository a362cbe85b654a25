"""Loading a database into the machine's own PostgreSQL, beside those that are used.

A database that is not finished carries a mark in its comment, so that an interrupted restore is told from data.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.core import clock
from ops.core.errors import UsageError
from ops.sources._shared.local_server import Local
from ops.sources.postgresql.facts import ROLES, PostgreSQLFacts
from ops.sources.postgresql.session import PSQL, Session, connection
from ops.sources.postgresql.verify import GLOBALS

MARK = "seawall: this restore is not finished"
LISTS = ("search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries")
_DAY = 86_400.0
_ROLE = r'("(?:[^"]|"")*"|[^\s;]+)'
_OF_ROLE = re.compile(rf"(?:CREATE|ALTER) ROLE {_ROLE}|GRANT .* TO {_ROLE}|COMMENT ON ROLE {_ROLE}")


@dataclass(frozen=True)
class RestoreTarget:
    """The cluster behind a socket folder and a port."""

    socket: str
    port: int

    @property
    def server(self) -> Local:
        """The cluster, spoken to as its superuser over the socket."""
        return Local("postgres", {"PGHOST": self.socket, "PGPORT": str(self.port)})

    def demand(self, database: str, facts: PostgreSQLFacts) -> None:
        """Raise UsageError when the name is taken, or the server is older than the data."""
        with self._session() as session:
            major = int(session.tell("show server_version_num")[0]) // 10_000
            taken = session.tell(f"select shobj_description(oid, 'pg_database') {_of(database)}")
        if major < facts.major:
            raise UsageError(
                f"this server is PostgreSQL {major}, but the data are from {facts.major}",
                "restore on a server of that version or newer",
            )
        if taken and taken[0] != MARK:
            raise UsageError(
                f"the database {database!r} already exists; nothing is restored over it",
                "use another name, or --in-place to replace it",
            )

    def begin(self, database: str, facts: PostgreSQLFacts, companions: Path) -> None:
        """Make the empty database as the manifest describes it; roles that are missing are made, none is changed."""
        name = _identifier(database)
        with self._session() as session:
            there = set(session.ask(ROLES))
            for line in statements(companions / GLOBALS, there):
                session.tell(line.rstrip().rstrip(";"))
            session.tell(f"drop database if exists {name} with (force)")
            session.tell(f"create database {name} {_nature(facts)}")
            session.tell(f"comment on database {name} is {_literal(MARK)}")
            for statement in _properties(name, facts):
                session.tell(statement)

    def loader(
        self, database: str, facts: PostgreSQLFacts, only: Sequence[str], folder: Path | None = None
    ) -> Sequence[str]:
        """Return pg_restore, reading its standard input, or the folder with the material of a parallel dump."""
        chosen = [f"--table={table.split('.')[-1].strip(chr(34))}" for table in only]
        words = ["pg_restore", "--no-password", "--exit-on-error", *chosen, f"--dbname={self._connection(database)}"]
        if folder is not None:
            words += ["--jobs=2", str(folder / facts.dump)]
        return self.server.argv(words)

    def end(self, database: str) -> None:
        """Take the mark away, and let the planner know the tables."""
        with self._session(database) as session:
            session.tell("analyze")
            session.tell(f"comment on database {_identifier(database)} is null")

    def replace(self, database: str, live: str) -> str:
        """Swap names: nobody may be connected for that moment; the old database is kept under a new name."""
        kept = f"{live[:40]}_before_{clock.now():%Y%m%d_%H%M%S}"
        with self._session() as session:
            there = bool(session.tell(f"select 1 {_of(live)}"))
            if there:
                session.tell(f"alter database {_identifier(live)} allow_connections false")
            session.tell(
                "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity "
                f"where datname in ({_literal(live)}, {_literal(database)})"
            )
            session.tell("begin")
            if there:
                session.tell(f"alter database {_identifier(live)} rename to {_identifier(kept)}")
            session.tell(f"alter database {_identifier(database)} rename to {_identifier(live)}")
            session.tell("commit")
            if there:
                session.tell(f"alter database {_identifier(kept)} allow_connections true")
        return (
            f"the database {live} is now the restored one; the previous one is kept as {kept}"
            if there
            else (f"the database {live} did not exist; it is now the restored one")
        )

    @contextmanager
    def _session(self, database: str = "postgres") -> Iterator[Session]:
        argv = [*PSQL, f"--dbname={connection(database, client_encoding='UTF8')}"]
        with self.server.talk(argv, _DAY) as program:
            yield Session(program, "check that the server is running (pg_lsclusters)")

    def _connection(self, database: str) -> str:
        return connection(database, host=self.socket, port=self.port)


def statements(file: Path, there: Collection[str]) -> Iterator[str]:
    """Yield the statements of a dump of roles that make roles which are not there; those that are stay as they are."""
    for line in file.read_text(encoding="utf-8").splitlines():
        found = _OF_ROLE.match(line)
        name = next((word for word in found.groups() if word), "") if found else ""
        if name and _plain(name) not in there:
            # Who granted it may be missing here, too; the superuser grants it anew.
            yield re.sub(r" GRANTED BY .*", "", line) if line.startswith("GRANT") else line


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _of(database: str) -> str:
    return f"from pg_database where datname = {_literal(database)}"


def _nature(facts: PostgreSQLFacts) -> str:
    """Return what a database can be given only when it is made."""
    words = [
        "template template0",
        f"encoding {_literal(facts.encoding)}",
        f"lc_collate {_literal(facts.collate)} lc_ctype {_literal(facts.ctype)}",
    ]
    if facts.provider == "i":
        words.append(f"locale_provider icu icu_locale {_literal(facts.locale or '')}")
    if facts.provider == "b":
        words.append(f"locale_provider builtin builtin_locale {_literal(facts.locale or '')}")
    return " ".join([*words, f"owner {_identifier(facts.owner)}"] if facts.owner else words)


def _properties(name: str, facts: PostgreSQLFacts) -> Iterator[str]:
    """Yield the settings and grants of the database itself, which a dump of its content does not hold."""
    for role, setting in facts.settings:
        word, _, value = setting.partition("=")
        of = f"role {_identifier(role)} in database {name}" if role else f"database {name}"
        # A list of names is stored as it was written; quoted as a whole it would be one odd name.
        yield f"alter {of} set {_identifier(word)} to {value if word in LISTS else _literal(value)}"
    if not facts.public:
        yield f"revoke all on database {name} from public"
    for role, privilege, grantable in facts.grants:
        option = " with grant option" if grantable else ""
        yield f"grant {privilege} on database {name} to {_identifier(role) if role else 'public'}{option}"
