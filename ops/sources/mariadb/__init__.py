"""A MariaDB database, or all of a server, with facts from the same instant as the dump.

mariadb-dump and the counting each begin a transaction while nobody can write, for a fraction of a second. The
accounts of the server go with the manifest. The account that reads has no password: the system says who it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ops.core.announce import announce
from ops.core.errors import UsageError
from ops.core.files import write_atomically
from ops.core.limits import demand_between
from ops.core.names import AbsolutePath, AccountName, ContainerName
from ops.core.quantity import Duration
from ops.core.run import stream
from ops.core.schema import spare
from ops.interfaces.source import CaptureContext, Entered, Source, Streamed
from ops.sources._shared.containers import ContainerEngine, entering
from ops.sources._shared.dump import Dump
from ops.sources._shared.labels import labels
from ops.sources.mariadb.accounts import USERS, text_of
from ops.sources.mariadb.damage import DAMAGES
from ops.sources.mariadb.demands import demand_all_rows, demand_client
from ops.sources.mariadb.dumping import dumping
from ops.sources.mariadb.external_dump import EXTERNAL_DUMP
from ops.sources.mariadb.facts import (
    DATABASES,
    STRAYS,
    MariaDBFacts,
    counters,
    facts,
    tables,
    without_transactions,
)
from ops.sources.mariadb.gate import gated
from ops.sources.mariadb.left_out import ending, sound_out
from ops.sources.mariadb.restore import RestoreTarget
from ops.sources.mariadb.rows import rows_refused
from ops.sources.mariadb.session import DAY, HINT, HINT_INSIDE, LARGEST, Session, name, program, talking
from ops.sources.mariadb.snapshot import START_SECONDS, Gate, Instant
from ops.sources.mariadb.structure import names
from ops.sources.mariadb.verify import DATABASE, DUMP, END, check
from ops.sources.mariadb.views import views

_READER = "seawall"
_PROGRAMS = ("mariadb", "mariadb-dump")
_OF_FILE_SYSTEM = "lost+found"  # in the data directory wherever that is a file system of its own: nothing to mend


@dataclass(frozen=True)
class Options:
    """Which database to back up, and how to connect to it.

    database: name of the database; alternatively, use `all`.
    all: back up every database of the server except system databases.
    socket: socket of the server.
    user: the database account that reads; the role mariadb_source creates it.
    lock: block writes for the moment in which dump and counting begin; otherwise rows are counted only
        approximately.
    lock_tables: lock tables without transactions, if there are any, during the whole dump.
    lock_wait: how long to wait for a lock that somebody holds; other sessions may have to wait meanwhile.
    container: name of the container in which the server runs; its own programs are run there.
    engine: what runs that container.
    container_user: the account of the container that the programs run as, and the database account that reads.
    """

    database: str = ""
    all: bool = False
    socket: AbsolutePath = AbsolutePath("/run/mysqld/mysqld.sock")
    user: str = _READER
    lock: bool = True
    lock_tables: bool = False
    lock_wait: Duration = Duration(60)
    container: ContainerName | None = None
    engine: ContainerEngine = spare("podman")
    container_user: AccountName = spare(AccountName("mysql"))

    def __post_init__(self) -> None:
        """Demand what no single key says."""
        if self.database.endswith("*") or self.database != self.database.strip():
            raise ValueError(
                f"database is {self.database!r}; expected the name of one database, or `all: true` instead"
            )
        if bool(self.database) == self.all:
            raise ValueError("use either `database` with a name, or `all: true`")
        if self.lock_tables and not self.lock:
            raise ValueError("`lock_tables` can't be combined with `lock: false`")
        if self.container and (self.user != _READER or self.container_user.isdigit()):
            raise ValueError("in a container the account that reads has the name of `container_user`: use that alone")
        demand_between("lock_wait", self.lock_wait, Duration(1), Duration(86_400))

    @property
    def entered(self) -> Entered | None:
        """The container in which the server's programs are run, where it lies in one."""
        return Entered(self.engine, self.container, self.container_user, _PROGRAMS) if self.container else None

    @property
    def server(self) -> str:
        """The server as `seawall gaps` names it."""
        return f"mariadb:{self.container or self.socket}"

    @property
    def reader(self) -> str:
        """The database account: the server knows it by the account that its program runs as."""
        return self.container_user if self.container else self.user

    def program(self, name: str, *more: str) -> list[str]:
        """Return the words that run one of the server's own programs, wherever it lies, and lead it there."""
        return entering(self.entered, [*program(name, self.socket, self.reader), *more])


@dataclass
class _Capture(Dump[MariaDBFacts]):
    options: Options
    instant: Instant
    probe: Session
    scene: CaptureContext

    def __post_init__(self) -> None:
        holder, database = self.instant.holder, self.options.database
        self.views = views(holder, database, names(holder))
        self.out = sound_out(self.probe, self.views)
        self.tables = tables(holder.ask, self.out.tables)
        self.counters = counters(holder.ask, self.out.tables)

    def material(self) -> Streamed:
        """Return the dump: without the database's name in it, so that it can be loaded under another one."""
        addition = self.scene.scratch / "addition.sql"
        write_atomically(addition, ending(self.instant.holder, self.views, self.out))
        database = self.options.database
        words = [
            *(f"--ignore-table={database}.{one}" for one in (*self.views, *self.out.tables)),
            # A table that is locked could not take its default from a sequence, which is not.
            *(
                "--skip-add-locks",
                "--single-transaction",
                "--quick",
                "--routines",
                "--events",
                "--triggers",
                "--hex-blob",
            ),
            *("--default-character-set=utf8mb4", LARGEST, "--no-tablespaces", "--skip-dump-date"),
            *(["--dump-history"] if any(about.versioned for about in self.tables.values()) else []),
        ]
        dump = self.options.program("mariadb-dump", *words, "--", database)
        whole = dumping(dump, END, str(addition))
        return Streamed(gated(str(self.instant.gate.fifo), START_SECONDS, whole), DUMP)

    def facts(self) -> MariaDBFacts:
        """Fix the instant as soon as the dump's program is there, count, and watch until it has ended."""
        self.instant.gate.meet()
        try:
            seconds = self.instant.fix()
            found = facts(self.instant.counter, self.options.database, self.counters, self.out.reasons)
            refused = rows_refused(self.probe, self.tables)
            self.instant.follow()
        except BaseException as error:
            self.instant.stop(str(error).partition("\n")[0])
            raise
        kept = without_transactions(self.tables)
        moving = {} if self.instant.through else kept
        return replace(
            found,
            locked_seconds=seconds if self.options.lock else 0.0,
            approximate=tuple(sorted(moving if self.options.lock else found.rows)),
            refused=refused or None,
            warnings=(
                *([_warning(moving)] if moving else []),
                *self.out.warnings(),
                *(_violated(named, rows) for named, rows in refused.items()),
            ),
        )

    def companions(self) -> Mapping[str, str]:
        """Return the server's accounts and their rights, which a dump of one database does not hold."""
        with _session(self.options) as session:
            return {USERS: text_of(session)}


def _warning(moving: Mapping[str, str]) -> str:
    named = ", ".join(f"{table} ({engine})" for table, engine in sorted(moving.items()))
    return (
        f"tables without transactions were dumped while others could write to them: {named}; "
        f"convert them to InnoDB, or use `lock_tables: true`"
    )


def _violated(named: str, rows: int) -> str:
    table, _, constraint = named.partition(".")
    violate, them = ("row", "violates"), "it"
    if rows > 1:
        violate, them = ("rows", "violate"), "them"
    return (
        f"{rows} {violate[0]} of {table} {violate[1]} the check {constraint};"
        f" a restore loads {them} with check_constraint_checks = 0"
    )


@contextmanager
def _session(options: Options, database: str = "", *, force: bool = False) -> Iterator[Session]:
    argv = talking(options.program("mariadb"), database, force=force)
    with stream(argv, timeout=DAY, talk=True) as client:
        hint = HINT_INSIDE if options.container else HINT
        yield Session(client, hint, seconds=options.lock_wait.seconds)


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Start both sessions, read what is outside transactions, and hold all until the block ends."""
    scene.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    gate = Gate(scene.scratch / "gate", scene.over)
    os.mkfifo(gate.fifo, 0o600)
    try:
        with (
            _session(options, options.database) as holder,
            _session(options, options.database) as counter,
            _session(options, options.database, force=True) as probe,
        ):
            demand_client(holder, options.entered)
            demand_all_rows(holder)
            instant = Instant(gate, holder, counter, options.reader, options.lock_wait.seconds, options.lock)
            taken = _Capture(options, instant, probe, scene)
            instant.through = options.lock_tables and bool(without_transactions(taken.tables))
            yield taken
    finally:
        gate.close()
        gate.fifo.unlink()


def parts(options: Options) -> Mapping[str, Options]:
    """Return the options of each database that is meant."""
    if not options.all:
        return {"": options}
    with _session(options) as session:
        found = labels(session.ask(DATABASES))
    return {label: replace(options, database=database, all=False) for label, database in found.items()}


def left_out(options: Options) -> Sequence[str]:
    """Return a sentence for each folder in the data directory that the server takes for a database and is none."""
    if not options.all:
        return ()
    with _session(options) as session:
        strays = {folder: _stray(folder, count) for folder, count in session.ask(STRAYS)}
    if word := strays.pop(_OF_FILE_SYSTEM, None):
        announce(word)
    return [*strays.values()]


def _stray(folder: str, count: int) -> str:
    if not count:
        return f"the folder {folder} in the server's data directory is no database, and is passed over"
    return (
        f"the folder {folder} in the server's data directory has {count} tables but no name that can be used; they are"
        f" not taken: ALTER DATABASE {name(f'#mysql50#{folder}')} UPGRADE DATA DIRECTORY NAME makes it a database"
    )


def _restored_into(options: Options) -> RestoreTarget:
    """Return the machine's own server; raise UsageError where the server lies in a container."""
    if options.container:
        raise UsageError(
            f"nothing is restored into the container {options.container}: its root may have a password",
            "restore into a folder with --to, and load it by hand: docs/containers.md",
        )
    return RestoreTarget(options.socket)


KIND = Source(
    options=Options,
    facts=MariaDBFacts,
    capture=capture,
    check=check,
    covers=lambda options: [f"{options.server}/{options.database or '*'}"],
    parts=parts,
    left_out=left_out,
    restore_into=_restored_into,
    database=DATABASE,
    damages=DAMAGES,
    external_dump=EXTERNAL_DUMP,
    group=lambda options: "" if options.container else "mariadb_hosts",
    enters=lambda options: options.entered,
    synonyms=("mysql", "maria", "percona", "galera"),
)
