"""A MariaDB database, streamed without a file in between, with the facts of the dump's own instant.

mariadb-dump and the counting each begin a transaction while nobody can write, for a fraction of a second. The
accounts of the server go with the manifest. The account that reads has no password: the system says who it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ops.core.errors import Unavailable
from ops.core.quantity import Duration
from ops.core.run import run, stream
from ops.interfaces.source import CaptureContext, Source, Streamed
from ops.sources._shared.dump import Dump
from ops.sources._shared.labels import labels
from ops.sources._shared.stream_guard import watched
from ops.sources.mariadb.accounts import USERS, text_of
from ops.sources.mariadb.damage import DAMAGES
from ops.sources.mariadb.external_dump import FOREIGN
from ops.sources.mariadb.facts import DATABASES, counters, facts, tables, without_transactions
from ops.sources.mariadb.gate import gated
from ops.sources.mariadb.restore import RestoreTarget
from ops.sources.mariadb.session import DAY, LARGEST, Session, program, release, talking
from ops.sources.mariadb.snapshot import START_SECONDS, Gate, Instant
from ops.sources.mariadb.verify import DUMP, END, ENGINE, answer, check, load, prove


@dataclass(frozen=True)
class Options:
    """Which database, and how it is reached.

    database: its name.
    all: every database of the server but its own; one of the two is given.
    socket: the server's socket.
    user: the database account that reads; the role mariadb_source makes it.
    lock: whether nobody may write for the moment in which dump and counting begin; without it rows are counted
        nearly, not exactly.
    lock_tables: whether tables that know no transactions, where there are any, are locked for the whole dump.
    lock_wait: how long is waited for a lock that somebody has; others may have to wait behind.
    """

    database: str = ""
    all: bool = False
    socket: str = "/run/mysqld/mysqld.sock"
    user: str = "seawall"
    lock: bool = True
    lock_tables: bool = False
    lock_wait: Duration = Duration(60)

    def __post_init__(self) -> None:
        """Demand what no single key says."""
        if bool(self.database) == self.all:
            raise ValueError("give either `database`, the name of one, or `all: true`")
        if self.lock_tables and not self.lock:
            raise ValueError("`lock_tables` locks, and `lock: false` forbids that")

    @property
    def client(self) -> list[str]:
        """The mariadb client with the words that lead to this server."""
        return program("mariadb", self.socket, self.user)


@dataclass
class _Capture(Dump):
    options: Options
    instant: Instant
    counters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.tables = tables(self.instant.holder.ask)

    def material(self) -> Streamed:
        """Return the dump: without the database's name in it, so that it can be loaded under another one."""
        words = [
            *("--single-transaction", "--quick", "--routines", "--events", "--triggers", "--hex-blob"),
            *("--default-character-set=utf8mb4", LARGEST, "--no-tablespaces", "--skip-dump-date"),
            *(["--dump-history"] if any(about["versioned"] for about in self.tables.values()) else []),
        ]
        dump = [*program("mariadb-dump", self.options.socket, self.options.user), *words, "--", self.options.database]
        return Streamed(gated(str(self.instant.gate.fifo), START_SECONDS, watched(dump, end=END)), DUMP)

    def facts(self) -> Mapping[str, Any]:
        """Fix the instant as soon as the dump's program is there, count, and watch until it has ended."""
        self.instant.gate.meet()
        try:
            seconds = self.instant.fix()
            found = facts(self.instant.counter.ask, self.options.database)
            self.instant.follow()
        except BaseException as error:
            self.instant.stop(str(error).partition("\n")[0])
            raise
        kept = without_transactions(self.tables)
        moving = {} if self.instant.through else kept
        return {
            "engine": "mariadb",
            "database": self.options.database,
            **self.counters,
            **found,
            "locked_seconds": seconds if self.options.lock else 0,
            "approximate": sorted(moving if self.options.lock else found["rows"]),
            "warnings": [_warning(moving)] if moving else [],
        }

    def companions(self) -> Mapping[str, str]:
        """Return the server's accounts and their rights, which a dump of one database does not hold."""
        with _session(self.options) as session:
            return {USERS: text_of(session)}


def _warning(moving: Mapping[str, str]) -> str:
    named = ", ".join(f"{table} ({engine})" for table, engine in sorted(moving.items()))
    return (
        f"tables that know no transactions were taken while others could write to them: {named};"
        " make them InnoDB, or say `lock_tables: true`"
    )


@contextmanager
def _session(options: Options, database: str = "") -> Iterator[Session]:
    with stream(talking(options.client, database), timeout=DAY, talk=True) as client:
        yield Session(client, seconds=options.lock_wait.seconds)


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Start both sessions, read what is outside transactions, and hold all until the block ends."""
    scene.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    gate = Gate(scene.scratch / "gate", scene.over)
    os.mkfifo(gate.fifo, 0o600)
    try:
        with _session(options, options.database) as holder, _session(options, options.database) as counter:
            _demand_client(holder)
            through = options.lock_tables and bool(without_transactions(tables(holder.ask)))
            patience = options.lock_wait.seconds
            instant = Instant(gate, holder, counter, options.user, patience, options.lock, through)
            yield _Capture(options, instant, counters(holder.ask))
    finally:
        gate.close()


def _demand_client(session: Session) -> None:
    """Demand a mariadb-dump that knows what the server knows."""
    server = release(session.one("select json_quote(version())"))
    ours = release(run(["mariadb-dump", "--version"], timeout=20).stdout)
    if server > ours:
        versions = [".".join(map(str, version)) for version in (server, ours)]
        raise Unavailable(
            f"the server is MariaDB {versions[0]}, and mariadb-dump is {versions[1]}: it may leave things out",
            "install mariadb-client of the server's version",
        )


def parts(options: Options) -> Mapping[str, Options]:
    """Return the options of each database that is meant."""
    if not options.all:
        return {"": options}
    with _session(options) as session:
        found = labels(session.ask(DATABASES))
    return {label: replace(options, database=database, all=False) for label, database in found.items()}


KIND = Source(
    options=Options,
    capture=capture,
    check=check,
    covers=lambda options: [f"mariadb:{options.socket}/{options.database or '*'}"],
    parts=parts,
    land=lambda options: RestoreTarget(options.socket),
    engine=ENGINE,
    load=load,
    prove=prove,
    answer=answer,
    damages=DAMAGES,
    foreign=FOREIGN,
)
