"""How the machine's own cluster is spoken to over its socket: as its superuser, or as the role that loads rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ops.core.errors import CommandError, Unavailable
from ops.interfaces.source import Entered
from ops.sources._shared.containers import Inside
from ops.sources._shared.local_server import Local
from ops.sources.postgresql import loader
from ops.sources.postgresql.loading import SETTINGS
from ops.sources.postgresql.session import PSQL, RAW, Session, connection, untriggered

_DAY = 86_400.0
_WITHOUT_TRIGGERS = ("postgres", "template1")  # databases in which nobody has to expect one at his login


@dataclass(frozen=True)
class Reach:
    """The cluster behind a socket folder and a port; root alone can become the account that it is spoken to by.

    place: the container in which it lies, where it does.
    """

    socket: str
    port: int
    place: Entered | None = None

    @property
    def server(self) -> Local:
        """The cluster, spoken to as its superuser over the socket."""
        reached = {"PGHOST": self.socket, "PGPORT": str(self.port), "PGOPTIONS": SETTINGS}
        return Inside(self.place.account, reached, place=self.place) if self.place else Local("postgres", reached)

    @contextmanager
    def session(self, database: str = "postgres", apart: str = "", options: str = SETTINGS) -> Iterator[Session]:
        """Open a session as the superuser; apart: a database that it must not be in."""
        within = "template1" if database == apart else database
        if within not in _WITHOUT_TRIGGERS:
            with self.session() as session:
                options += untriggered(release(session))
        with self._talking(connection(within, client_encoding="UTF8", options=options)) as session:
            yield session

    @contextmanager
    def loaders(self, database: str) -> Iterator[Session]:
        """Open a session in a database as the role that loads rows."""
        words = connection(database, client_encoding="UTF8", options=loader.OPTIONS, user=loader.LOADER)
        with self._talking(words) as session:
            yield session

    @contextmanager
    def _talking(self, target: str) -> Iterator[Session]:
        with self.server.talk([*PSQL, f"--dbname={target}"], _DAY) as program:
            session = Session(program, "check that the server is running (pg_lsclusters)")
            session.tell(RAW)
            yield session

    def target(self, database: str, role: str = "") -> str:
        """Return the connection string to a database for programs that run beside the server."""
        return connection(database, host=self.socket, port=self.port, **({"user": role} if role else {}))

    def attempt(self, database: str, statements: Sequence[str]) -> bool:
        """Run statements in a transaction of their own, without triggers; return whether they went well."""
        no_hash_in_its_log = "set log_statement = none; set log_min_error_statement = panic"
        quiet = ("set session_replication_role = replica", no_hash_in_its_log)
        try:
            with self.session(database) as session:
                _run(session, quiet, statements)
        except (Unavailable, CommandError):
            return False
        return True

    def attempt_as_loader(self, database: str, statements: Sequence[str]) -> bool:
        """Run statements in a transaction of their own, as the role that loads rows; return whether they went well."""
        try:
            with self.loaders(database) as session:
                _run(session, (), statements)
        except (Unavailable, CommandError):
            return False
        return True


def release(session: Session) -> int:
    """Return of which major version the server is."""
    return int(session.tell("show server_version_num")[0]) // 10_000


def _run(session: Session, before: Sequence[str], statements: Sequence[str]) -> None:
    for statement in (*before, "begin", *statements, "commit"):
        session.tell(statement)
