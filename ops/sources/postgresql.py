"""A PostgreSQL database, streamed without a file in between, with the facts of the dump's own instant.

One psql session exports its snapshot and stays; pg_dump and the counting both see that snapshot. Roles and
grants of the cluster go with the manifest. The account is never a superuser, and never asks for a password.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.quantity import Duration
from ops.core.run import Stream, run, stream
from ops.core.verdict import Finding, judged
from ops.sources import Engine, Scene, Server, Source, Stored, Streamed
from ops.sources._postgresql_facts import SEQUENCES, facts, sequences_behind

_END = "seawall-end-of-answer"
_DAY = 86_400.0
GLOBALS = "globals.sql"
DUMP = "database.dump"


@dataclass(frozen=True)
class Options:
    """Which database, and how it is reached.

    database: its name.
    socket: the folder of the server's socket.
    port: the server's port, which names its socket.
    user: the database role that reads; the role postgresql_source makes it.
    lock_wait: how long the dump waits for a table that somebody has locked.
    """

    database: str
    socket: str = "/var/run/postgresql"
    port: int = 5432
    user: str = "seawall_dump"
    lock_wait: Duration = Duration(300)

    @property
    def connection(self) -> str:
        """The connection string; quoted, for a database may be called `a b"c`."""
        name = self.database.replace("\\", "\\\\").replace("'", "\\'")
        return f"host={self.socket} port={self.port} user={self.user} dbname='{name}' connect_timeout=10"


class _Session:
    """A psql that stays: asked in SQL, it answers one JSON document for each query."""

    def __init__(self, program: Stream, hint: str = "") -> None:
        self.program = program
        self.hint = hint
        self.lines = program.lines()

    def tell(self, statement: str) -> list[str]:
        """Run a statement and return the lines of its answer."""
        self.program.write(f"{statement}\n;\n\\echo {_END}\n")
        answer: list[str] = []
        for line in self.lines:
            if line == _END:
                return answer
            answer.append(line)
        raise Unavailable(f"PostgreSQL: {_reason(self.program)}", self.hint)

    def ask(self, query: str) -> Any:
        """Run a query that answers one JSON document, or one number."""
        return json.loads("".join(self.tell(query)))


_HINT = "look whether the server runs (pg_lsclusters), and whether playbooks/site.yml was run since it was set up"


def _reason(program: Stream) -> str:
    """Return what the server or psql said, without the picture of the statement that follows it."""
    program.process.wait(10)
    lines = [line.strip() for line in program.stderr.splitlines() if line.strip()]
    told = [line for line in lines if "ERROR:" in line or "FATAL:" in line or line.startswith("psql: error:")]
    return (told or lines or ["the session ended without a word"])[-1]


@dataclass
class _Capture:
    options: Options
    session: _Session
    snapshot: str
    sequences: Mapping[str, int | None]

    def material(self) -> Streamed:
        """Return the dump: custom format, uncompressed, for restic deduplicates and compresses better than pg_dump."""
        argv = [
            "pg_dump",
            "--no-password",
            "--format=custom",
            "--compress=0",
            f"--snapshot={self.snapshot}",
            f"--lock-wait-timeout={self.options.lock_wait.seconds}s",
            f"--dbname={self.options.connection}",
        ]
        return Streamed(argv, DUMP)

    def facts(self) -> Mapping[str, Any]:
        """Return the facts as the dump's snapshot sees them."""
        return {
            "engine": "postgresql",
            "database": self.options.database,
            "sequences": dict(self.sequences),
            **facts(self.session.ask),
        }

    def wanted(self) -> Collection[str]:
        """Ask for nothing: the dump is one stream."""
        return ()

    def finish(self, stored: Stored) -> Mapping[str, Any]:
        """Demand that there is a dump; an empty database has one, too."""
        if stored.bytes == 0:
            raise Damaged(f"the dump of {self.options.database} is empty")
        return {"dump_bytes": stored.bytes}

    def companions(self) -> Mapping[str, str]:
        """Return the cluster's roles and grants, which a dump of one database does not hold."""
        argv = ["pg_dumpall", "--no-password", "--globals-only", f"--dbname={self.options.connection}"]
        text = run(argv, timeout=600).stdout
        if "PostgreSQL database cluster dump complete" not in text[-400:]:
            raise Damaged("the dump of roles and grants has no end")
        return {GLOBALS: text}


@contextmanager
def capture(options: Options, _scene: Scene) -> Iterator[_Capture]:
    """Start a session, read the sequences, fix the instant, and hold it until the block ends."""
    argv = ["psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1", f"--dbname={options.connection}"]
    with stream(argv, timeout=_DAY, talk=True) as program:
        session = _Session(program, _HINT)
        session.tell("set search_path = ''; set idle_in_transaction_session_timeout = 0; set statement_timeout = 0")
        sequences = session.ask(SEQUENCES)
        session.tell("begin transaction isolation level repeatable read, read only")
        snapshot = session.tell("select pg_catalog.pg_export_snapshot()")[0]
        yield _Capture(options, session, snapshot, sequences)


def load(server: Server, material: Path, manifest: Mapping[str, Any]) -> str:
    """Load roles, then the dump, into a fresh cluster; return the database's name."""
    base = ["psql", "-XAtq", "--no-password", "--dbname=postgres"]
    # psql goes on where the cluster has a role already; whether all are there is proved after.
    server.run([*base, f"--file={material / GLOBALS}"], 600)
    server.run(
        [
            "pg_restore",
            "--no-password",
            "--create",
            "--exit-on-error",
            "--jobs=2",
            "--dbname=postgres",
            str(material / DUMP),
        ],
        _DAY,
    )
    return str(manifest["database"])


def prove(server: Server, database: str, manifest: Mapping[str, Any]) -> Sequence[tuple[str, Finding]]:
    """Compare a loaded database with its manifest, rung by rung."""
    with _beside(server, database) as session:
        found = facts(session.ask)
        behind = sequences_behind(session.ask, manifest["sequences"])
    missing = [role for role in manifest["roles"] if role not in found["roles"]]
    return [
        ("structure", _compare("definitions", manifest["structure"], found["structure"], ("count", "sha256"))),
        ("roles", judged([f"{role} is missing" for role in missing], f"{len(manifest['roles'])} roles are there")),
        ("extensions", _same("extensions", manifest["extensions"], found["extensions"])),
        ("volume", _volume(manifest, found)),
        ("sequences", judged(behind, "all sequences are ahead of their columns")),
    ]


def answer(server: Server, database: str, sql: str) -> float:
    """Return the one number that a query of the policy answers; raise SeawallError."""
    with _beside(server, database) as session:
        session.tell("reset search_path")  # the policy's queries are written as the application writes its own
        lines = session.tell(sql)
    try:
        (number,) = lines
        return float(number)
    except ValueError as error:
        raise SeawallError(f"the query answers {len(lines)} lines, not one number") from error


@contextmanager
def _beside(server: Server, database: str) -> Iterator[_Session]:
    name = database.replace("\\", "\\\\").replace("'", "\\'")
    argv = ["psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1", f"--dbname=dbname='{name}'"]
    with server.talk(argv, _DAY) as program:
        session = _Session(program)
        session.tell("set search_path = ''; set default_transaction_read_only = on")
        yield session


def _volume(manifest: Mapping[str, Any], found: Mapping[str, Any]) -> Finding:
    wanted, there = manifest["rows"], found["rows"]
    wrong = [
        f"{table} has {there.get(table, 'no')} rows, had {count}"
        for table, count in wanted.items()
        if there.get(table) != count
    ]
    wrong += [f"{table} was not there" for table in there if table not in wanted]
    if found["large_objects"] != manifest["large_objects"]:
        wrong.append(f"{found['large_objects']} large objects, were {manifest['large_objects']}")
    return judged(wrong, f"{sum(wanted.values()):,} rows in {len(wanted)} tables, as in the manifest")


def _compare(what: str, wanted: Mapping[str, Any], found: Mapping[str, Any], keys: Sequence[str]) -> Finding:
    wrong = [
        f"{sort} {what} differ ({found.get(sort, {}).get('count', 0)} found, {value['count']} in the manifest)"
        for sort, value in wanted.items()
        if any(found.get(sort, {}).get(key) != value[key] for key in keys)
    ]
    return judged(wrong, f"{sum(value['count'] for value in wanted.values())} {what}, as in the manifest")


def _same(what: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Finding:
    differing = [name for name, version in wanted.items() if found.get(name) != version]
    wrong = [f"{name} {wanted[name]} is missing or differs" for name in differing]
    return judged(wrong, f"{len(wanted)} {what}, as in the manifest")


def check(folder: Path, facts: Mapping[str, Any], _only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare the dump's size with the manifest, and read its table of contents."""
    dump = folder / DUMP
    size = dump.stat().st_size if dump.exists() else 0
    if size != facts["dump_bytes"]:
        return [("archive", judged([f"{DUMP} has {size} bytes, had {facts['dump_bytes']}"], ""))]
    listed = run(["pg_restore", "--list", dump], timeout=600).stdout.count("TABLE DATA")
    return [("archive", judged([], f"{DUMP} is whole, with the data of {listed} tables"))]


ENGINE = Engine(
    user="postgres",
    initialise=(
        "/usr/lib/postgresql/{major}/bin/initdb",
        *("--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-D", "/mnt/data"),
    ),
    start=(
        "/usr/lib/postgresql/{major}/bin/postgres",
        *("-D", "/mnt/data", "-c", "listen_addresses=", "-c", "unix_socket_directories=/mnt/socket"),
        *("-c", "archive_mode=off", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB"),
        *("-c", "fsync=off", "-c", "full_page_writes=off"),  # what is thrown away need not survive a power cut
    ),
    environment={"PGHOST": "/mnt/socket", "PGUSER": "postgres"},
    ready=("psql", "-XAtq", "--no-password", "--dbname=postgres", "--command=select 1"),
)

KIND = Source(
    options=Options,
    capture=capture,
    check=check,
    covers=lambda options: [f"postgresql:{options.port}/{options.database}"],
    engine=ENGINE,
    load=load,
    prove=prove,
    answer=answer,
)
