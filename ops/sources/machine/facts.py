"""What the manifest keeps of a machine, of the clusters whose files came with it, and of their log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ops.core.names import Digest, RestorePoint, TreePath
from ops.core.schema import spare
from ops.interfaces.facts import Facts
from ops.sources._shared.file_sample import SampleFacts
from ops.sources.postgresql.facts import DatabaseFacts

_LAST_PORT = 65_535


@dataclass(frozen=True)
class FileSystem:
    """A file system of the machine: its type, what is mounted there, its bytes and how many are used."""

    type: str
    source: str
    bytes: int
    used_bytes: int


@dataclass(frozen=True)
class PackageList:
    """How many packages are installed, and the digest of their list."""

    count: int
    sha256: Digest


@dataclass(frozen=True)
class ClusterFacts:
    """A PostgreSQL cluster whose files were taken while it ran.

    segment_bytes: of its log's files. data: its data directory. target: the restore point to which it recovers.
    approximate: whether what was counted is about what is there then. databases: what they hold, by name. uncounted:
    databases that came along, but could not be read.
    """

    server_version: str
    major: int
    segment_bytes: int
    data: TreePath
    target: RestorePoint
    approximate: bool
    databases: Mapping[str, DatabaseFacts]
    uncounted: tuple[str, ...] = spare(())


@dataclass(frozen=True, kw_only=True)
class MachineFacts(SampleFacts):
    """The facts of a machine.

    restored_from_dump: folders of databases that were left out. not_taken: file systems that are not in the set.
    enabled_units: what others ask for at its boot. clusters: by port.
    """

    engine: Literal["machine"]
    restored_from_dump: tuple[str, ...]
    not_taken: tuple[str, ...]
    release: str
    codename: str
    architecture: str
    kernel: str
    hostname: str
    filesystems: Mapping[str, FileSystem]
    packages: PackageList
    enabled_units: tuple[str, ...] = ()
    clusters: Mapping[str, ClusterFacts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Demand that clusters are named by their ports."""
        for port in self.clusters:
            if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _LAST_PORT):
                raise ValueError(f"clusters: expected the number of a port, found {port[:40]!r}")


@dataclass(frozen=True, kw_only=True)
class LogFacts(Facts):
    """The facts of the log of changes that makes clusters whole. log: the sizes of its files, by path."""

    log: Mapping[TreePath, int]
    files: int
    bytes: int

    @property
    def file_count(self) -> int:
        """How many files were taken."""
        return self.files


def databases(facts: MachineFacts) -> Sequence[str]:
    """Return the names of all databases, as questions name them: the cluster's port, and the database's name."""
    return [
        f"{port}/{name}"
        for port, cluster in facts.clusters.items()
        for name in (*cluster.databases, *cluster.uncounted)
    ]
