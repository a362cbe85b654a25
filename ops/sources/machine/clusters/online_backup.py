"""The files of PostgreSQL clusters taken while they run, and the facts of the instant to which they recover.

One psql session keeps the log of changes (a replication slot that ends with it) and the cluster's backup mode. When
the files were read, the log up to a restore point is what makes them whole; sessions that see exactly what is there
at that point count for the manifest.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from ops.core.document import decode
from ops.core.errors import Damaged, Unavailable
from ops.core.names import RestorePoint, TreePath
from ops.core.run import stream
from ops.interfaces.source import FollowUp, Paths
from ops.sources.machine.clusters.locate import Place
from ops.sources.machine.clusters.snapshot import Instant, Log, began, fixed, place, segments
from ops.sources.machine.facts import ClusterFacts, LogFacts
from ops.sources.postgresql.facts import ANSWER, DatabaseFacts, facts
from ops.sources.postgresql.sequences import SEQUENCES
from ops.sources.postgresql.session import PATIENT, PSQL, Session, connection, steady

ROLE = "seawall_dump"
LABEL, SPACES = "backup_label", "tablespace_map"
_DAY = 86_400.0
_HINT = "check that the server is running (pg_lsclusters), and run playbooks/site.yml if it was set up recently"

_ABOUT = """
select json_build_object(
  'server_version', current_setting('server_version'),
  'major', current_setting('server_version_num')::int / 10000,
  'standby', pg_catalog.pg_is_in_recovery(),
  'segment_bytes', (select setting::bigint from pg_catalog.pg_settings where name = 'wal_segment_size'))
"""
# Which there are, and whether we may enter them.
_DATABASES = """
select json_object_agg(datname, pg_catalog.has_database_privilege(oid, 'connect') order by datname)
from pg_catalog.pg_database where datallowconn and (not datistemplate or datname not in ('template0', 'template1'))
"""
# A recovery empties them.
_UNLOGGED = """
select coalesce(json_agg(format('%I.%I', n.nspname, c.relname) order by n.nspname, c.relname), '[]')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relpersistence = 'u' and c.relkind in ('r', 'S')
"""
# One that could not keep the log any longer has no beginning.
_SLOTS = """
select coalesce(json_agg(slot_name), '[]') from pg_catalog.pg_replication_slots where restart_lsn is not null
"""
# An answer that nobody waits for any more ends soon, and with it what the server keeps for us.
_WATCHED = "set synchronous_commit = local; set client_connection_check_interval = '10s'"


@dataclass(frozen=True)
class About:
    """What a running cluster is. standby: it only follows another one. segment_bytes: of its log's files."""

    server_version: str
    major: int
    standby: bool
    segment_bytes: int


@dataclass
class Database:
    """A database that is going to be counted: its session, and what no snapshot holds."""

    session: Session
    sequences: Mapping[str, int | None]
    unlogged: Sequence[str]

    def facts(self) -> DatabaseFacts:
        """Return the facts as the session's snapshot sees them, and as a recovery leaves them."""
        kept = {name: value for name, value in self.sequences.items() if name not in self.unlogged}
        found = facts(self.session, kept)
        empty = tuple(table for table in self.unlogged if table in found.rows)
        others = {name: 0 if name in self.unlogged else rows for name, rows in (found.extension_rows or {}).items()}
        rows = {**found.rows, **dict.fromkeys(empty, 0)}
        return replace(found, rows=rows, extension_rows=others, comes_back_empty=empty)


@dataclass
class Cluster:
    """A cluster whose files are being taken."""

    place: Place
    name: str
    session: Session
    stack: ExitStack
    about: About
    texts: Mapping[str, str] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)
    uncounted: dict[str, str] = field(default_factory=dict)
    timeline: int = 0
    instant: Instant = field(default_factory=lambda: Instant("", 0, exact=False))

    def stop(self) -> dict[str, int]:
        """End the backup mode, fix the instant, and return the log's files from the backup's beginning to there."""
        since = place(self.session.tell("select pg_catalog.pg_current_wal_insert_lsn()")[0])
        said = self.session.ask(
            "select json_build_object('label', labelfile, 'spaces', spcmapfile)"
            " from pg_catalog.pg_backup_stop(wait_for_archive => false)"
        )
        self.texts = {f"{LABEL}-{self.place.port}": said["label"]}
        if said["spaces"]:
            self.texts |= {f"{SPACES}-{self.place.port}": said["spaces"]}
        start = began(said["label"])
        self.timeline = start.timeline
        for name, ours in self.session.ask(_DATABASES).items():
            self._enter(name, ours=ours)
        log = Log(self.place, self.about.major, self.timeline, since)
        sessions = [database.session for database in self.databases.values()]
        self.instant = fixed(self.session, sessions, log, self.name)
        return self._log(start.place)

    def _enter(self, name: str, *, ours: bool) -> None:
        """Open a database; one that can't be entered comes along uncounted, and ends no backup of the others.

        ours: whether the role that dumps may connect to it.
        """
        if not ours:
            self.uncounted[name] = f"{ROLE} may not connect to it; run playbooks/site.yml, which grants that"
            return
        try:
            session = self.stack.enter_context(opened(self.place, name))
            self.databases[name] = Database(session, session.ask(SEQUENCES), session.ask(_UNLOGGED))
        except Unavailable as error:
            self.uncounted[name] = error.message

    def described(self) -> ClusterFacts:
        """Return what is known of it before anything is counted."""
        return ClusterFacts(
            server_version=self.about.server_version,
            major=self.about.major,
            segment_bytes=self.about.segment_bytes,
            data=TreePath(self.place.data),
            target=RestorePoint(self.instant.name or self.name),
            approximate=not self.instant.exact,
            databases={},
        )

    def _log(self, start: int) -> dict[str, int]:
        """Return the sizes of the log's files by path; raise Damaged when one is not there any more."""
        size = self.about.segment_bytes
        names = segments(self.timeline, size, start, self.instant.place)
        found = {path: path.stat().st_size for name in names if (path := self.place.log / name).is_file()}
        if list(found.values()) != [size] * len(names):
            raise Damaged(
                f"the write-ahead log of the cluster at port {self.place.port} is incomplete: "
                f"only {len(found)} of {len(names)} files are there",
                "max_slot_wal_keep_size may be too small for the amount written during a backup",
            )
        # Where the cluster was promoted or restored before; without them recovery may not find its way.
        found |= {path: path.stat().st_size for path in sorted(self.place.log.glob("*.history"))}
        return {str(path): size for path, size in found.items()}

    def facts(self) -> ClusterFacts:
        """Count in the held sessions; return what the manifest keeps of the cluster."""
        told = {}
        for name, database in self.databases.items():
            try:
                told[name] = database.facts()
            except (Unavailable, Damaged) as error:
                self.uncounted[name] = error.message
        if self.slot not in self.session.ask(_SLOTS):
            raise Damaged(f"the cluster at port {self.place.port} removed part of its log before it was backed up")
        return replace(self.described(), databases=told, uncounted=tuple(self.uncounted))

    def warnings(self) -> list[str]:
        """Return what a person is to know of the cluster in this set."""
        port = self.place.port
        said = [f"{port}/{name} is in the set, but was not counted: {why}" for name, why in self.uncounted.items()]
        if not self.instant.exact:
            said.append(f"port {port} was too busy for exact counts; they are approximate")
        return said

    @property
    def slot(self) -> str:
        """The name of the slot that keeps the log."""
        return self.name.replace("-", "_")


@contextmanager
def opened(one: Place, database: str = "postgres") -> Iterator[Session]:
    """Open a session of the role that dumps, without limits of time."""
    words = {
        "host": one.sockets,
        "port": one.port,
        "user": ROLE,
        "connect_timeout": 10,
        "client_encoding": "UTF8",
        "options": PATIENT,
    }
    argv = [*PSQL, f"--dbname={connection(database, **words)}"]
    # An error is heard by whoever asked, and told of one database only.
    with stream(argv, timeout=_DAY, ok=range(4), talk=True) as program:
        session = Session(program, _HINT)
        session.tell(_WATCHED)
        steady(session)
        yield session


@contextmanager
def taking(one: Place) -> Iterator[Cluster]:
    """Keep a cluster's log, and put it into backup mode, until the block ends."""
    with ExitStack() as stack:
        session = stack.enter_context(opened(one))
        about = decode(About, session.ask(_ABOUT), ANSWER)
        if about.standby:
            raise Unavailable(
                f"the cluster at port {one.port} is a standby", "back up its primary instead, and leave it out here"
            )
        cluster = Cluster(one, f"seawall-{uuid.uuid4().hex}", session, stack, about)
        session.tell(f"select pg_catalog.pg_create_physical_replication_slot('{cluster.slot}', true, true)")
        session.tell(f"select pg_catalog.pg_backup_start('{cluster.name}', fast => true)")
        yield cluster


def completed(clusters: Sequence[Cluster]) -> FollowUp | None:
    """Stop all, and return the logs that make what was taken whole."""
    logs = {path: size for cluster in clusters for path, size in cluster.stop().items()}
    if not logs:
        return None
    files, size = len(logs), sum(logs.values())
    told = LogFacts(log={TreePath(path): size for path, size in logs.items()}, files=files, bytes=size)
    return FollowUp(Paths(list(logs)), files, size, told)
