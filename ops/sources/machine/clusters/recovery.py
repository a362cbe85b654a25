"""A restored machine's PostgreSQL clusters: made to recover to their restore point, and proven once they run.

The restored tree may come from a machine that somebody broke into: nothing is written through a link, and from the
manifest nothing but plain words goes into a file of settings.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Damaged, UsageError
from ops.core.run import Stream
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict, judged
from ops.interfaces.server import Server
from ops.sources.machine.clusters.online_backup import LABEL, SPACES
from ops.sources.machine.facts import ClusterFacts, LogFacts, MachineFacts
from ops.sources.postgresql.listed import rows as rows_of
from ops.sources.postgresql.verify import answer as answered
from ops.sources.postgresql.verify import beside, prove

SETTINGS = "postgresql.auto.conf"
SIGNAL = "recovery.signal"
LARGEST_TEXT = 1 << 20
_UNCOUNTED = "it was not counted at its backup, so what it holds is not proven"
_NAMES = "select json_agg(datname) from pg_catalog.pg_database"


def log_there(folder: Path, facts: LogFacts) -> Sequence[tuple[str, Finding]]:
    """Look whether all files of the log were restored, each with its size."""
    wrong = []
    for path, size in facts.log.items():
        try:
            seen = (folder / path.lstrip("/")).lstat()
        except OSError:
            wrong.append(f"{Path(path).name} is missing")
            continue
        if not stat.S_ISREG(seen.st_mode) or seen.st_size != size:
            wrong.append(f"{Path(path).name} has {seen.st_size} bytes, but had {size}")
    return [("log", judged(wrong, f"{len(facts.log)} files of the databases' log, as in the manifest"))]


def complete(root: Path, facts: MachineFacts, companions: Mapping[str, Path]) -> None:
    """Let the clusters in a restored tree, over which their log was restored, recover when they are started.

    facts: the manifest's, of the machine. companions: the texts kept beside the manifest, by name. Raise Damaged for
    a tree or a manifest that is not as it must be, or when a cluster in it was started already.
    """
    for port, cluster in facts.clusters.items():
        completed_in(root, port, cluster, companions)


def completed_in(root: Path, port: str, cluster: ClusterFacts, companions: Mapping[str, Path]) -> None:
    """Let one cluster of a restored tree recover when it is started; raise Damaged."""
    settings = recovery(cluster)
    with _folder(root, cluster.data) as data:
        if _there(data, f"{LABEL}.old"):
            raise Damaged(f"{cluster.data} was already started in {root}", "restore into a new folder")
        for name in (LABEL, SPACES):
            if text := companions.get(f"{name}-{port}"):
                _write(data, name, text.read_bytes())
        before = _read(data, SETTINGS).removesuffix(settings)
        _write(data, SETTINGS, before + (b"" if before.endswith(b"\n") or not before else b"\n") + settings)
        _write(data, SIGNAL, b"")
        os.fsync(data)


def lay(root: Path, path: str, texts: Mapping[str, bytes], aside: Collection[str]) -> None:
    """Write texts into the data directory at a path below a root, and put files of some names aside; raise Damaged."""
    with _folder(root, path) as data:
        if _there(data, f"{LABEL}.old"):
            raise Damaged(f"the cluster in {root} was already started", "restore into a new folder")
        for name in aside:
            if _there(data, name):
                os.rename(name, f"{name}.restored", src_dir_fd=data, dst_dir_fd=data)
        for name, content in texts.items():
            _write(data, name, content)
        os.fsync(data)


def recovery(cluster: ClusterFacts) -> bytes:
    """Return the settings by which a cluster recovers to its restore point, and to nothing else."""
    words = {
        "restore_command": "/bin/false",
        "recovery_target_name": cluster.target,
        "recovery_target_action": "promote",
    }
    return "".join(f"{name} = '{value}'\n" for name, value in words.items()).encode()


@contextmanager
def _folder(root: Path, path: str) -> Iterator[int]:
    """Open a folder below the root; raise Damaged where a link stands in the way."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in Path(path).parts[1:]:
            try:
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            except OSError as error:
                raise Damaged(f"{path} is not a folder in the restored machine: {error.strerror}") from error
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _there(folder: int, name: str) -> bool:
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _read(folder: int, name: str) -> bytes:
    """Return what a small plain file holds, nothing when it is not there; raise Damaged for anything else."""
    if not _there(folder, name):
        return b""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        raise Damaged(f"{name} of a restored cluster can't be read: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Damaged(f"{name} of a restored cluster is not a file")
        found = file.read(LARGEST_TEXT)
        if file.read(1):
            raise Damaged(f"{name} of a restored cluster is implausibly large")
        return found


def _write(folder: int, name: str, content: bytes) -> None:
    """Write a new file that belongs to whom the folder belongs; what has that name is taken away before."""
    owner = os.fstat(folder)
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    with os.fdopen(handle, "wb") as file:
        os.fchown(handle, owner.st_uid, owner.st_gid)
        os.fchmod(handle, 0o600 | owner.st_mode & 0o040)
        file.write(content)
        file.flush()
        os.fsync(handle)


@dataclass(frozen=True)
class Inside:
    """A cluster of a machine that runs its own: programs are run as its administrator, with the cluster's port."""

    server: Server
    port: int

    def _argv(self, argv: Sequence[str]) -> list[str]:
        return ["runuser", "-u", "postgres", "--", "env", f"PGPORT={self.port}", *argv]

    def run(self, argv: Sequence[str], timeout: float) -> str:
        """Run a program to its end and return its output; raise CommandError."""
        return self.server.run(self._argv(argv), timeout)

    def talk(self, argv: Sequence[str], timeout: float) -> AbstractContextManager[Stream]:
        """Run a program that the block talks with."""
        return self.server.talk(self._argv(argv), timeout)


def inside(server: Server, facts: MachineFacts) -> Sequence[tuple[str, Finding]]:
    """Compare the databases of a restored machine that runs with its manifest; server: programs inside it."""
    found: list[tuple[str, Finding]] = []
    for port, cluster in facts.clusters.items():
        here = Inside(server, int(port))
        with beside(here, "postgres") as session:
            there = session.ask(_NAMES)
        names = [*cluster.databases, *cluster.uncounted]
        missing = [f"{name} is missing" for name in names if name not in there]
        found.append((f"{port} databases", judged(missing, f"{len(names)} databases are there")))
        found += [(f"{port}/{name} volume", Finding(Verdict.WARN, _UNCOUNTED)) for name in cluster.uncounted]
        for name, database in cluster.databases.items():
            if name in there:
                rungs = prove(here, name, database)
                found += [(f"{port}/{name} {rung}", _fair(rung, seen, cluster)) for rung, seen in rungs]
    return found


def _fair(rung: str, finding: Finding, cluster: ClusterFacts) -> Finding:
    """Return what a rung says; counts of about that instant can't be held against the database."""
    if (
        rung not in {"volume", "content"}
        or finding.verdict is Verdict.PASS
        or not (finding.configured and cluster.approximate)
    ):
        return finding
    return Finding(
        Verdict.WARN,
        f"{finding.message}; the manifest's counts are only approximately of that instant",
        finding.figures,
    )


def answer(server: Server, database: str, sql: str) -> float:
    """Return the one number that a query answers; database: the cluster's port, `/`, and the database's name."""
    here, name = _meant(server, database)
    return answered(here, name, sql)


def rows(server: Server, database: str, sql: str) -> Iterator[Mapping[str, Plain]]:
    """Yield the rows that a query answers; database: as in `answer`."""
    here, name = _meant(server, database)
    return rows_of(here, name, sql)


def _meant(server: Server, database: str) -> tuple[Inside, str]:
    port, _, name = database.partition("/")
    if not (port.isdigit() and name):
        raise UsageError(
            f"{database!r} is not a database of a machine", "use the cluster's port and the name: 5432/his"
        )
    return Inside(server, int(port)), name
