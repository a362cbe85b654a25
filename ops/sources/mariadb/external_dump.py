"""MariaDB and MySQL dumps that Seawall did not make: SQL, loaded as it is, and proven in itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.core.errors import Damaged, UsageError
from ops.core.verdict import Finding, not_configured
from ops.interfaces.server import TABLE_SECONDS, DatabaseServer, ExternalDump, ExternalFacts, Server
from ops.sources._shared.comparison import number_of
from ops.sources.mariadb.facts import DATABASES, rows, tables
from ops.sources.mariadb.session import DAY, name
from ops.sources.mariadb.verify import DUMP, ENGINE, answer, beside, read_by_root, sound, whole

DATABASE = "dump"
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"PK\x03\x04")


def examine(dump: Path, _tree: Path) -> ExternalFacts:
    """Return what loading needs to know; raise UsageError for what is no text."""
    if dump.is_dir():
        raise UsageError(f"{dump} is a folder", "a MariaDB dump is a single SQL file")
    with dump.open("rb") as file:
        if file.read(8).startswith(_COMPRESSED):
            raise UsageError(f"{dump} is compressed", "unpack it first")
    return ExternalFacts(file=DUMP)


def load(server: Server, material: Path, _known: ExternalFacts) -> str:
    """Load the dump into a fresh server; return the database that it made, or filled."""
    path = material / DUMP
    whole(server.run(["tail", "-c", "200", str(path)], 60))
    with beside(server) as session:
        session.tell(f"create database {name(DATABASE)} character set utf8mb4")
    server.run(read_by_root(path, DATABASE), DAY)
    with beside(server) as session:
        others = [found for found in session.ask(DATABASES) if found != DATABASE]
    if len(others) > 1:
        raise Damaged(f"the dump holds {len(others)} databases", "drill a dump of a single database")
    return others[0] if others else DATABASE


def prove(
    server: Server, database: str, _known: ExternalFacts, _only: Sequence[str] = ()
) -> Iterator[tuple[str, Finding]]:
    """Look whether the database is sound in itself; there is nothing to compare it with."""
    for rung in ("structure", "users", "content", "sequences"):
        yield rung, not_configured("a dump that Seawall did not make has no manifest")
    with beside(server, database) as session:
        there = tables(session.ask)
        session.patience = TABLE_SECONDS
        yield "volume", not_configured(f"no manifest; {number_of(rows(session.ask, there))}")
        yield "integrity", sound(session, there)


EXTERNAL_DUMP = ExternalDump(examine, DatabaseServer(lambda _known: ENGINE, load, prove, answer))
