"""Where a running PostgreSQL cluster keeps its files, and which of them are taken with the machine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Unavailable
from ops.sources._shared.exclude import literally

SOCKETS = Path("/var/run/postgresql")
# What PostgreSQL makes anew at its start, or what recovery must not find; the folders themselves are kept.
MADE_ANEW = (
    *("postmaster.pid", "postmaster.opts", "backup_label*", "tablespace_map*"),
    *("pg_replslot/*", "pg_dynshmem/*", "pg_notify/*", "pg_serial/*", "pg_snapshots/*", "pg_stat_tmp/*"),
    *("pg_subtrans/*", "**/pgsql_tmp*"),
)


@dataclass(frozen=True)
class Place:
    """Where a cluster is.

    port: names its socket. data: its data directory. log: the folder of its log of changes. spaces: of its tables,
    outside the data directory. sockets: the folder of its socket.
    """

    port: int
    data: Path
    log: Path
    spaces: tuple[Path, ...]
    sockets: Path = SOCKETS

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders with files of the cluster."""
        return (self.data, self.log, *self.spaces)

    @property
    def exclude(self) -> Iterator[str]:
        """The patterns of what of it is not taken with the machine; the log is taken after it."""
        yield f"{literally(self.log)}/*"
        yield from (f"{literally(self.data)}/{name}" for name in MADE_ANEW)
        yield from (f"{literally(space)}/**/pgsql_tmp*" for space in self.spaces)


def found(port: int, sockets: Path = SOCKETS) -> Place:
    """Return where the cluster of a port is, as its server wrote it beside its socket; raise Unavailable."""
    # By SQL only a superuser or a reader of all settings may ask for it.
    lock = sockets / f".s.PGSQL.{port}.lock"
    hint = "check that the server is running (pg_lsclusters) and that options.clusters has its port"
    try:
        process, folder = lock.read_text(encoding="utf-8").splitlines()[:2]
        data = Path(folder).resolve(strict=True)
        known = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
    except (OSError, ValueError, IndexError) as error:
        raise Unavailable(f"no PostgreSQL server was found at port {port}: {error}", hint) from error
    if known != process:
        raise Unavailable(
            f"{data} does not belong to the server at port {port}",
            "back up a server in a container with a source of its own",
        )
    # A table space inside the data directory is a plain folder.
    spaces = (link.resolve() for link in sorted((data / "pg_tblspc").iterdir()) if link.is_symlink())
    return Place(port, data, (data / "pg_wal").resolve(), tuple(spaces), sockets)


def demand_taken(places: Sequence[Place], filesystems: Collection[str], passed: Callable[[str], bool]) -> None:
    """Raise Unavailable unless all files of the clusters lie in the file systems that are taken."""
    devices = {Path(filesystem).stat().st_dev for filesystem in filesystems}
    outside = [
        f"{folder} (port {one.port})"
        for one in places
        for folder in one.folders
        if folder.stat().st_dev not in devices or passed(str(folder))
    ]
    if outside:
        raise Unavailable(
            f"files of a cluster would not be backed up: {', '.join(outside)}",
            "add their file system to options.filesystems, or leave the cluster out and dump its databases",
        )
