"""A PostgreSQL database, or all of a server, with facts from the same instant as the dump.

One psql session exports its snapshot and stays; pg_dump and the counting both see that snapshot. Roles and
grants of the cluster go with the manifest. The account is never a superuser, and never asks for a password.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ops.core.errors import Damaged
from ops.core.files import demand_room
from ops.core.limits import demand_between, demand_port
from ops.core.names import AbsolutePath, AccountName, ContainerName, DatabaseName
from ops.core.quantity import Duration
from ops.core.run import run, stream
from ops.core.schema import spare
from ops.core.verdict import Finding, judged
from ops.interfaces.source import CaptureContext, Entered, Paths, Source, Streamed
from ops.sources._shared.containers import ContainerEngine, entering
from ops.sources._shared.dump import Dump
from ops.sources._shared.labels import labels
from ops.sources.postgresql.damage import DAMAGES
from ops.sources.postgresql.drilled import DATABASE
from ops.sources.postgresql.external_dump import EXTERNAL_DUMP
from ops.sources.postgresql.facts import PostgreSQLFacts, facts
from ops.sources.postgresql.following import demand_fresh
from ops.sources.postgresql.left_out import left_out
from ops.sources.postgresql.restore import RestoreTarget
from ops.sources.postgresql.sequences import SEQUENCES
from ops.sources.postgresql.session import PATIENT, PSQL, Session, connection, steady
from ops.sources.postgresql.verify import DUMP, GLOBALS

_DAY = 86_400.0
_MOST_JOBS = 32
FOLDER: Literal["database.dir"] = "database.dir"

# All that allow connections; `postgres` only when somebody keeps tables in it, which it is not for. Templates that
# somebody made may hold anything.
DATABASES = """
select coalesce(json_agg(datname order by datname), '[]') from pg_catalog.pg_database
where datallowconn and datconnlimit <> -2 and (not datistemplate or datname not in ('template0', 'template1'))
  and (datname <> 'postgres' or exists (
    select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'))
"""
SHUT = """
select coalesce(json_agg(datname order by datname), '[]')
from pg_catalog.pg_database where (not datistemplate or datname not in ('template0', 'template1'))
  and (not datallowconn or datconnlimit = -2)
"""
_SHUT = (
    "the database {} is not taken, for nobody can be connected to it: ALTER DATABASE ... ALLOW_CONNECTIONS true,"
    " or drop it (one whose DROP DATABASE was interrupted can only be dropped)"
)


@dataclass(frozen=True)
class Options:
    """Which database to back up, and how to connect to it.

    database: name of the database; alternatively, use `all`.
    all: back up every database of the server, each as a part of the set.
    jobs: the number of parallel connections; with more than one, the dump is first written to a private folder on disk.
    socket: folder of the server's socket.
    port: port of the server, which determines its socket.
    user: the database role that reads; the Ansible role postgresql_source creates it.
    lock_wait: how long to wait for a table that somebody has locked.
    container: name of the container in which the server runs; its own programs are run there.
    engine: what runs that container.
    container_user: the account of the container that the programs run as.
    """

    database: str = ""
    all: bool = False
    jobs: int = 1
    socket: AbsolutePath = AbsolutePath("/var/run/postgresql")
    port: int = 5432
    user: str = "seawall_dump"
    lock_wait: Duration = Duration(300)
    container: ContainerName | None = None
    engine: ContainerEngine = spare("podman")
    container_user: AccountName = spare(AccountName("postgres"))

    def __post_init__(self) -> None:
        if self.database.endswith("*") or self.database != self.database.strip():
            raise ValueError(
                f"database is {self.database!r}; expected the name of one database, or `all: true` instead"
            )
        if bool(self.database) == self.all:
            raise ValueError("expected either `database: NAME` or `all: true`")
        if not 1 <= self.jobs <= _MOST_JOBS:
            raise ValueError(f"jobs is {self.jobs}; expected 1 to {_MOST_JOBS}")
        if self.container and self.jobs > 1:
            raise ValueError(f"jobs is {self.jobs}; a dump from a container is a stream, which has one connection")
        demand_port("port", self.port)
        demand_between("lock_wait", self.lock_wait, Duration(1), Duration(86_400))

    @property
    def entered(self) -> Entered | None:
        """The container in which the server's programs are run, where it lies in one."""
        return Entered(self.engine, self.container, self.container_user, _PROGRAMS) if self.container else None

    @property
    def server(self) -> str:
        """The server as `seawall gaps` names it."""
        return f"postgresql:{self.container}:{self.port}" if self.container else f"postgresql:{self.port}"

    @property
    def hint(self) -> str:
        """What to look at when the server can't be reached."""
        return _HINT_INSIDE.format(engine=self.engine, container=self.container) if self.container else _HINT

    def program(self, *argv: str) -> list[str]:
        """Return the words that run one of the server's own programs, wherever it lies."""
        return entering(self.entered, argv)

    def connection(self, **words: object) -> str:
        """Return the connection string to the database, or to the server where all are meant."""
        place = {"host": self.socket, "port": self.port, "user": self.user, "connect_timeout": 10}
        return connection(self.database or "postgres", **place, **words)


_PROGRAMS = ("psql", "pg_dump", "pg_dumpall")
_HINT_INSIDE = (
    "check that the server in the container is running ({engine} logs {container}) and has the role; docs/containers.md"
)
_HINT = "check that the server is running (pg_lsclusters), and run playbooks/site.yml if it was set up recently"


@dataclass
class _Capture(Dump[PostgreSQLFacts]):
    options: Options
    session: Session
    snapshot: str
    sequences: Mapping[str, int | None]
    scratch: Path

    def material(self) -> Streamed | Paths:
        """Return the dump: uncompressed, for restic deduplicates and compresses better than pg_dump."""
        argv = [
            *("pg_dump", "--no-password", "--compress=0", f"--snapshot={self.snapshot}"),
            f"--lock-wait-timeout={self.options.lock_wait.seconds}s",
            f"--dbname={self.options.connection(options=PATIENT)}",
        ]
        if self.options.jobs == 1:
            return Streamed(self.options.program(*argv, "--format=custom"), DUMP)
        return self._dumped(argv)

    def _dumped(self, argv: Sequence[str]) -> Paths:
        """Dump with several connections, which only a folder can take; the snapshot is the same for all."""
        size = int(run([*PSQL, f"--dbname={self.options.connection()}", "-c", _SIZE], timeout=60).stdout)
        demand_room(self.scratch, size + size // 5, f"the parallel dump of {self.options.database}")
        self.scratch.mkdir(mode=0o700)
        words = ["--format=directory", f"--jobs={self.options.jobs}", f"--file={self.scratch / FOLDER}"]
        run([*argv, *words], timeout=_DAY)
        return Paths([str(self.scratch / FOLDER)], root=str(self.scratch))

    def facts(self) -> PostgreSQLFacts:
        """Return the facts as the dump's snapshot sees them."""
        found = facts(self.session, self.sequences)
        warnings = (*found.warnings, *left_out(self.session.ask, self.options.database))
        return PostgreSQLFacts(
            **{**vars(found), "warnings": warnings},
            engine="postgresql",
            database=DatabaseName(self.options.database),
            dump=DUMP if self.options.jobs == 1 else FOLDER,
            dump_bytes=0,
        )

    def companions(self) -> Mapping[str, str]:
        """Return the cluster's roles and grants, which a dump of one database does not hold."""
        argv = ["pg_dumpall", "--no-password", "--globals-only", f"--dbname={self.options.connection(options=PATIENT)}"]
        text = run(self.options.program(*argv), timeout=600).stdout
        if "PostgreSQL database cluster dump complete" not in text[-400:]:
            raise Damaged("the dump of roles and grants is truncated")
        return {GLOBALS: text}


_SIZE = "select pg_catalog.pg_database_size(pg_catalog.current_database())"


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Start a session, read the sequences, fix the instant, and hold it until the block ends."""
    argv = [*PSQL, f"--dbname={options.connection(client_encoding='UTF8', options=PATIENT)}"]
    with stream(options.program(*argv), timeout=_DAY, talk=True) as program:
        session = Session(program, options.hint)
        steady(session)
        demand_fresh(session)
        sequences = session.ask(SEQUENCES)
        session.tell("begin transaction isolation level repeatable read, read only")
        snapshot = session.tell("select pg_catalog.pg_export_snapshot()")[0]
        yield _Capture(options, session, snapshot, sequences, scene.scratch)


def parts(options: Options) -> Mapping[str, Options]:
    """Return the options of each database of the server, where all are meant."""
    if not options.all:
        return {"": options}
    names = _listed(options, DATABASES)
    return {label: replace(options, database=name, all=False) for label, name in labels(names).items()}


def shut(options: Options) -> Sequence[str]:
    """Return a sentence for each database of the server that nobody can be connected to, so that none is taken."""
    return [_SHUT.format(name) for name in _listed(options, SHUT)] if options.all else ()


def _listed(options: Options, query: str) -> Sequence[str]:
    alone = f"{PATIENT} -c search_path="  # nobody's own functions are nearer than the server's
    argv = [*PSQL, f"--dbname={options.connection(client_encoding='UTF8', options=alone)}"]
    with stream(options.program(*argv), timeout=60, talk=True) as program:
        return [*Session(program, options.hint).ask(query)]


def check(folder: Path, facts: PostgreSQLFacts, _only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare the dump's size with the manifest, and read its table of contents."""
    dump = folder / facts.dump
    files = [path for path in dump.iterdir() if path.is_file()] if dump.is_dir() else [dump] if dump.exists() else []
    size = sum(path.stat().st_size for path in files)
    if size != facts.dump_bytes:
        return [("archive", judged([f"{dump.name} has {size} bytes, but had {facts.dump_bytes}"], ""))]
    listed = run(["pg_restore", "--list", dump], timeout=600).stdout.count("TABLE DATA")
    return [("archive", judged([], f"{dump.name} is complete, with the data of {listed} tables"))]


KIND = Source(
    options=Options,
    facts=PostgreSQLFacts,
    capture=capture,
    check=check,
    covers=lambda options: [f"{options.server}/{options.database or '*'}"],
    parts=parts,
    left_out=shut,
    restore_into=lambda options: RestoreTarget(options.socket, options.port, options.entered),
    database=DATABASE,
    damages=DAMAGES,
    external_dump=EXTERNAL_DUMP,
    group=lambda options: "" if options.container else "postgresql_hosts",
    enters=lambda options: options.entered,
    synonyms=("postgres", "pg", "pgsql", "psql", "postgre"),
)
