"""PostgreSQL dumps that Seawall did not make: loaded without their owners, and proven in themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Damaged, UsageError
from ops.core.verdict import Finding, judged, not_configured
from ops.interfaces.server import TABLE_SECONDS, DatabaseServer, ExternalDump, ExternalFacts, Server
from ops.sources._shared.comparison import number_of
from ops.sources.postgresql.facts import INVALID, rows, setting
from ops.sources.postgresql.integrity import sound
from ops.sources.postgresql.sequences import behind
from ops.sources.postgresql.verify import DUMP, answer, beside, engine, newest_in

_DAY = 86_400.0
FOLDER, SCRIPT, DATABASE = "database.dir", "database.sql", "dump"
END = "PostgreSQL database dump complete"
_HEAD = 512
_TAR_BLOCK, _TAR_END = 512, 1024
_CUSTOM, _TAR = b"PGDMP", b"toc.dat\0"
_ROLE = re.compile(r'(?:OWNER TO|^GRANT .* TO|^SET ROLE|FOR ROLE) ("(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_$]*)')


@dataclass(frozen=True, kw_only=True)
class Found(ExternalFacts):
    """A dump. major: of the server that loads it. jobs: how many load at once. whole: whether its end is there.

    roles: what a script names as owners and in grants, quoted as it has them.
    """

    major: int
    jobs: int = 1
    whole: bool = True
    roles: tuple[str, ...] = ()


def examine(dump: Path, tree: Path) -> Found:
    """Return which sort of dump it is, and the newest server that the tree has; raise UsageError."""
    major = newest_in(tree)
    if dump.is_dir():
        if not (dump / "toc.dat").is_file():
            raise UsageError(f"{dump} is not a dump: it has no toc.dat", "create one with pg_dump --format=directory")
        return Found(file=FOLDER, major=major, jobs=2)
    with dump.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_CUSTOM):
        return Found(file=DUMP, major=major, jobs=2)
    if head.startswith(_TAR):
        return Found(file=DUMP, major=major, whole=_ended(dump))
    return Found(file=SCRIPT, major=major, roles=tuple(_roles(dump)))


def _ended(archive: Path) -> bool:
    """Return whether a tar archive has its end; pg_restore does not read so far."""
    size = archive.stat().st_size
    with archive.open("rb") as file:
        file.seek(max(0, size - _TAR_END))
        return size % _TAR_BLOCK == 0 and file.read() == bytes(_TAR_END)


def _roles(script: Path) -> list[str]:
    """Return the roles that a script names as owners and in grants, quoted as it has them."""
    found: set[str] = set()
    with script.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if len(line) < 4 * _HEAD:  # longer lines are data
                found.update(_ROLE.findall(line))
    return sorted(found - {"CURRENT_USER", "SESSION_USER", "PUBLIC", "postgres"})


def load(server: Server, material: Path, known: Found) -> str:
    """Load the dump into a fresh cluster; return the database's name. Whose the tables are is not kept."""
    path = str(material / known.file)
    server.run(["createdb", "--template=template0", "--encoding=UTF8", DATABASE], 600)
    if not known.whole:
        raise Damaged("the dump is truncated: the archive has no end")
    if known.file != SCRIPT:
        words = ["pg_restore", "--no-password", "--exit-on-error", "--no-owner", "--no-privileges"]
        server.run([*words, f"--jobs={known.jobs}", f"--dbname={DATABASE}", path], _DAY)
        return DATABASE
    if END not in server.run(["tail", "-c", "4096", path], 60):
        raise Damaged("the dump is truncated: its last lines have no completion mark")
    psql = ["psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1", f"--dbname={DATABASE}"]
    if known.roles:
        made = [word for role in known.roles for word in ("--command", f"create role {role}")]
        server.run([*psql, *made], 600)
    server.run([*psql, "--output=/dev/null", f"--file={path}"], _DAY)
    return DATABASE


def prove(server: Server, database: str, known: Found, _only: Sequence[str] = ()) -> Iterator[tuple[str, Finding]]:
    """Look whether the database is sound in itself; there is nothing to compare it with."""
    for rung in ("structure", "roles", "extensions", "content"):
        yield rung, not_configured("a dump that Seawall did not make has no manifest")
    with beside(server, database, known.major) as session:
        session.seconds = TABLE_SECONDS
        yield "volume", not_configured(f"no manifest; {number_of(rows(session.ask))}")
        yield "sequences", judged([*behind(session.ask).values()], "all sequences are ahead of their columns")
        yield "integrity", sound(session, (), session.ask(INVALID), setting(session.ask).major)


EXTERNAL_DUMP = ExternalDump(examine, DatabaseServer(lambda known: engine(known.major), load, prove, answer))
