"""Loading a database into the machine's own PostgreSQL, beside those that are used.

A database that is not finished carries a mark in its comment, so that an interrupted restore is told from data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import UsageError
from ops.sources._shared.local_server import Local
from ops.sources._shared.statement import PassedOver, text_of
from ops.sources.postgresql.facts import ROLES, PostgreSQLFacts
from ops.sources.postgresql.roles import missing
from ops.sources.postgresql.session import PSQL, Session, connection
from ops.sources.postgresql.sql import identifier, literal, privilege, setting
from ops.sources.postgresql.swap import LONGEST, Swap
from ops.sources.postgresql.verify import GLOBALS

MARK = "seawall: this restore is not finished"
_DAY = 86_400.0


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
        """Raise UsageError when the name is taken or none, or the server is older than the data."""
        if not database.strip() or len(database.encode()) > LONGEST:
            raise UsageError(
                f"{database!r} is not a valid database name: it has more than {LONGEST} bytes, or nothing in it",
                "use another name",
            )
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

    def begin(self, database: str, facts: PostgreSQLFacts, companions: Path) -> Sequence[str]:
        """Make the empty database as the manifest describes it; roles that are missing are made, none is changed."""
        name = identifier(database)
        properties, nature = described(database, facts), _nature(facts)
        strange = PassedOver(GLOBALS)
        with self._session() as session:
            there = frozenset(session.ask(ROLES))
            for statement in missing(text_of(companions / GLOBALS), there, strange):
                session.tell(statement)
            session.tell(f"drop database if exists {name} with (force)")
            session.tell(f"create database {name} {nature}")
            session.tell(f"comment on database {name} is {literal(MARK)}")
            for statement in properties:
                session.tell(statement)
        return strange.sentences()

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
        self._known_to_the_planner(database)
        with self._session() as session:
            session.tell(f"comment on database {identifier(database)} is null")

    def replace(self, database: str, live: str) -> str:
        """Put the loaded database in the place of the live one; that is kept under a new name.

        The mark goes in the same transaction, so that a kill leaves either a marked database beside the live one, which
        the next restore makes anew, or the restored one in its place.
        """
        self._known_to_the_planner(database)
        with self._session(apart=live) as holder, self._session(apart=live) as ender:
            return Swap(holder, ender, database, live).done()

    def _known_to_the_planner(self, database: str) -> None:
        with self._session(database) as session:
            session.tell("analyze")

    @contextmanager
    def _session(self, database: str = "postgres", apart: str = "") -> Iterator[Session]:
        """Open a session as the superuser; apart: a database that it must not be in."""
        within = "template1" if database == apart else database
        argv = [*PSQL, f"--dbname={connection(within, client_encoding='UTF8')}"]
        with self.server.talk(argv, _DAY) as program:
            yield Session(program, "check that the server is running (pg_lsclusters)")

    def _connection(self, database: str) -> str:
        return connection(database, host=self.socket, port=self.port)


def _of(database: str) -> str:
    return f"from pg_database where datname = {literal(database)}"


def _nature(facts: PostgreSQLFacts) -> str:
    """Return what a database can be given only when it is made."""
    words = [
        "template template0",
        f"encoding {literal(facts.encoding)}",
        f"lc_collate {literal(facts.collate)} lc_ctype {literal(facts.ctype)}",
    ]
    if facts.provider == "i":
        words.append(f"locale_provider icu icu_locale {literal(facts.locale or '')}")
    if facts.provider == "b":
        words.append(f"locale_provider builtin builtin_locale {literal(facts.locale or '')}")
    return " ".join([*words, f"owner {identifier(facts.owner)}"] if facts.owner else words)


def described(database: str, facts: PostgreSQLFacts) -> list[str]:
    """Return the statements that give a database its settings and grants, which a dump of its content does not hold.

    Raises Damaged for a setting or a grant that no server keeps.
    """
    name, said = identifier(database), []
    for role, kept in facts.settings:
        word, _, value = kept.partition("=")
        of = f"role {identifier(role)} in database {name}" if role else f"database {name}"
        said.append(f"alter {of} set {setting(word, value)}")
    if not facts.public:
        said.append(f"revoke all on database {name} from public")
    for role, word, grantable in facts.grants:
        option = " with grant option" if grantable else ""
        said.append(f"grant {privilege(word)} on database {name} to {identifier(role) if role else 'public'}{option}")
    return said
