"""What a test does with the databases of a throwaway PostgreSQL: it copies them, and compares."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from throwaway_postgresql import PROGRAMS, cluster

from ops.core.schema import decode, encode
from ops.core.verdict import Finding
from ops.sources._shared.local_server import Local
from ops.sources.postgresql.facts import DatabaseFacts, facts, setting
from ops.sources.postgresql.nature import commented, described, granted
from ops.sources.postgresql.sequences import SEQUENCES
from ops.sources.postgresql.session import PATIENT, PSQL, Session, connection, steady
from ops.sources.postgresql.sql import identifier
from ops.sources.postgresql.verify import prove

MINUTE = 60.0


@dataclass(frozen=True)
class Throwaway:
    """A cluster that nobody else uses; folder: its own, open to its account."""

    folder: Path

    @property
    def server(self) -> Local:
        return Local("postgres", {"PATH": f"{PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin", "PGHOST": str(self.folder)})

    def run(self, *argv: str) -> str:
        return self.server.run(argv, MINUTE)

    def create(self, database: str, sql: str) -> None:
        """Make a database, and run a script in it."""
        self.run("createdb", "--template=template0", "--locale=C.UTF-8", database)
        script = self.folder / "script.sql"
        script.write_text(sql, "utf-8")
        script.chmod(0o644)
        self.run("psql", "-Xq", "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--file={script}", database)

    def give(self, database: str, settings: Sequence[str]) -> None:
        """Give a database settings of its own."""
        self.say("postgres", *(f'alter database "{database}" set {setting}' for setting in settings))

    def say(self, database: str, *statements: str) -> list[str]:
        """Run some statements, and return the lines of their answers."""
        words = [f"--command={statement}" for statement in statements]
        return self.run("psql", "-XAtq", "--set=ON_ERROR_STOP=1", *words, database).splitlines() if words else []

    @contextmanager
    def session(self, database: str, role: str = "postgres") -> Iterator[Session]:
        words = connection(database, client_encoding="UTF8", options=PATIENT, user=role)
        with self.server.talk([*PSQL, f"--dbname={words}"], 10 * MINUTE) as program:
            session = Session(program, seconds=MINUTE)
            steady(session)
            yield session
            program.dismiss()

    def facts(self, database: str, role: str = "dumper") -> DatabaseFacts:
        """Return the facts as a manifest keeps them, read by a role that may only read."""
        with self.session(database, role) as session:
            sequences = session.ask(SEQUENCES)
            session.tell("begin transaction isolation level repeatable read, read only")
            return decode(DatabaseFacts, encode(facts(session, sequences)), "facts")

    def copy(self, database: str, new: str) -> None:
        """Dump a database and restore it under another name, with what it is as a whole."""
        self.run("pg_dump", "--format=custom", "--compress=0", f"--file={self.folder / 'dump'}", database)
        self.run("createdb", "--template=template0", "--locale=C.UTF-8", new)
        self.run("pg_restore", "--exit-on-error", f"--dbname={new}", str(self.folder / "dump"))
        with self.session(database) as session:
            told = setting(session.ask)
        statements = [one.statement for one in (*granted(new, told), *described(new, told))]
        owner = f"alter database {identifier(new)} owner to {identifier(told.owner or '')}"
        self.say("postgres", owner, *statements, commented(new, told.comment or ""))

    def proven(self, database: str, told: DatabaseFacts) -> dict[str, Finding]:
        """Return what each rung of the proof says."""
        return dict(prove(self.server, database, told))


@contextmanager
def throwaway() -> Iterator[Throwaway]:
    """Make a cluster with a role that may only read, and remove it when the block ends."""
    with cluster() as made:
        one = Throwaway(Path(made.socket))
        one.say("postgres", "create role dumper login bypassrls in role pg_read_all_data")
        one.say("postgres", "alter role dumper set lo_compat_privileges = on")
        yield one
