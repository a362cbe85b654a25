"""A PostgreSQL cluster as a whole: its files, taken while it runs, from which its write-ahead log goes on.

With `wal: true` the log is archived, too: `seawall restore ASSET --at MOMENT` then recovers it as it was at any
moment since the oldest set. A dump of each database (the kind `postgresql`) is what other major versions can load; this
one needs the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core.errors import Damaged
from ops.core.limits import LAST_PORT
from ops.core.names import AbsolutePath, TreePath
from ops.core.quantity import Percent, Size
from ops.core.verdict import Finding
from ops.interfaces.change_log import ChangeLog
from ops.interfaces.source import Capture, CaptureContext, Completion, FollowUp, Paths, Source, Stored
from ops.sources._shared.exclude import left_out
from ops.sources._shared.file_damage import CONTENT
from ops.sources._shared.file_sample import MAY_LOSE, Sample, choose, compared, known_files, losses
from ops.sources.machine.clusters.locate import SOCKETS, found
from ops.sources.machine.clusters.online_backup import Cluster, completed, taking
from ops.sources.machine.clusters.recovery import completed_in, log_there
from ops.sources.machine.facts import LogFacts
from ops.sources.postgresql_cluster.facts import ClusterFilesFacts
from ops.sources.postgresql_cluster.log import mark
from ops.sources.postgresql_cluster.recover import recover
from ops.sources.postgresql_cluster.replay import REPLAY
from ops.sources.postgresql_cluster.segment_damage import SEGMENTS

_LEAST_SPOOL = Size(256 << 20)


@dataclass(frozen=True)
class Options:
    """Which cluster to back up.

    port: its port.
    wal: whether its write-ahead log is archived, so that each moment can be restored; the RPO of the asset may then be
        minutes.
    spool: how much of the log may wait on the machine's disk to be archived, such as while the repository can't be
        reached; when it is full, PostgreSQL keeps its log itself.
    socket: the folder of its socket.
    may_lose: the share of files, or of their bytes, that may have disappeared since the last good set.
    """

    port: int = 5432
    wal: bool = False
    spool: Size = Size(4 << 30)
    socket: AbsolutePath = AbsolutePath(SOCKETS)
    may_lose: Percent = MAY_LOSE

    def __post_init__(self) -> None:
        if not 0 < self.port <= LAST_PORT:
            raise ValueError(f"port: expected a number from 1 to {LAST_PORT}")
        if self.spool < _LEAST_SPOOL:
            raise ValueError(f"spool: expected {_LEAST_SPOOL} or more, which is sixteen files of the log")


@dataclass
class _Capture(Capture[ClusterFilesFacts]):
    options: Options
    scene: CaptureContext
    cluster: Cluster
    sample: Sample
    exclude: Sequence[str]

    def material(self) -> Paths:
        """Return the data directory, and what of it lies elsewhere."""
        return Paths(sorted({str(folder) for folder in self.cluster.place.folders}), self.exclude)

    def facts(self) -> ClusterFilesFacts:
        """Return what is known before the files are taken."""
        return ClusterFilesFacts(
            engine="postgresql_cluster",
            port=self.options.port,
            cluster=self.cluster.described(),
            spaces=tuple(map(TreePath, map(str, self.cluster.place.spaces))),
            files=0,
            bytes=0,
            sample={},
        )

    def wanted(self) -> Collection[str]:
        """Return the sampled files."""
        return {str(path) for path in self.sample.looks}

    def finish(self, facts: ClusterFilesFacts, stored: Stored) -> ClusterFilesFacts:
        """Add count and bytes, the digests of the sampled files that held still, and what the databases hold."""
        if stored.files == 0:
            raise Damaged("no files of the cluster were found")
        cluster = self.cluster.facts()  # first, for a database that can't be read is known once it is counted
        warnings = [*losses(stored, self.scene, self.options.may_lose), *self.cluster.warnings()]
        return replace(self.sample.settled(facts, stored), cluster=cluster, warnings=tuple(warnings))

    def follow_up(self) -> FollowUp | None:
        """Return the log that makes the files whole."""
        return completed([self.cluster])

    def companions(self) -> Mapping[str, str]:
        """Return where recovery begins."""
        return self.cluster.texts


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Put the cluster into backup mode, and look at a sample of its files."""
    place = found(options.port, Path(options.socket))
    with taking(place) as cluster:
        exclude = [*place.exclude]
        sample = choose([str(folder) for folder in (place.data, *place.spaces)], left_out(exclude))
        yield _Capture(options, scene, cluster, sample, exclude)


def check(folder: Path, facts: ClusterFilesFacts, only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare restored files with the digests of the sample."""
    return [("content", compared(folder, facts, only))]


def complete(root: Path, facts: ClusterFilesFacts, companions: Mapping[str, Path]) -> None:
    """Let a restored cluster recover to the end of its backup when it is started."""
    completed_in(root, str(facts.port), facts.cluster, companions)


KIND = Source(
    options=Options,
    facts=ClusterFilesFacts,
    capture=capture,
    check=check,
    covers=lambda options: [f"postgresql:{options.port}/*"],
    capabilities=("CAP_DAC_READ_SEARCH",),
    known_files=known_files,
    completion=Completion(LogFacts, log_there, complete),
    damages={**CONTENT, **SEGMENTS},
    group=lambda _options: "postgresql_hosts",
    synonyms=("postgres_cluster", "pg_basebackup", "pitr", "wal"),
    log=ChangeLog(
        wanted=lambda options: options.wal,
        limit=lambda options: options.spool.bytes,
        mark=lambda options: mark(options.port, Path(options.socket)),
        data=lambda facts: facts.cluster.data,
        spaces=lambda facts: facts.spaces,
        size=lambda facts: facts.cluster.segment_bytes,
        recover=recover,
        replay=REPLAY,
    ),
)
