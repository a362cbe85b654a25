"""A SQLite database: one file, copied while programs use it; the copy is checked.

Nothing is ever made where the database lies, not even when it is not there: the program `sqlite3` would make an empty
one. See `copy.py` for how the copy is made, also of a database whose folder may not be written.
"""

from __future__ import annotations

import grp
import pwd
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.files import digest
from ops.core.limits import demand_between
from ops.core.names import AbsolutePath, Digest, FileMode
from ops.core.quantity import Duration
from ops.core.verdict import Finding, judged, not_configured
from ops.interfaces.server import (
    POLICY_SECONDS,
    DatabaseServer,
    Engine,
    ExternalDump,
    ExternalFacts,
    Server,
)
from ops.interfaces.source import Capture, CaptureContext, Source, Stored, Streamed
from ops.sources._shared.comparison import number
from ops.sources.sqlite import facts as known
from ops.sources.sqlite.asking import argv, asked, asking
from ops.sources.sqlite.copy import HEADER, MAGIC, Original, copy
from ops.sources.sqlite.damage import DAMAGES
from ops.sources.sqlite.facts import SQLiteFacts
from ops.sources.sqlite.integrity import integrity

FILE = "database.sqlite"
_LINK = f"/mnt/data/{FILE}"
_DAY = 86_400.0
_LARGEST_PAGE = 65_536


@dataclass(frozen=True)
class Options:
    """Which database to back up.

    path: absolute path of its file.
    busy: how long to wait for a program that has locked the database exclusively.
    """

    path: AbsolutePath
    busy: Duration = Duration(60)

    def __post_init__(self) -> None:
        demand_between("busy", self.busy, Duration(0), Duration(86_400))


@dataclass
class _Capture(Capture[SQLiteFacts]):
    options: Options
    original: Original
    copy: Path
    warnings: list[str] = field(default_factory=list)

    def material(self) -> Streamed:
        """Return the copy."""
        return Streamed(["cat", str(self.copy)], FILE)

    def facts(self) -> SQLiteFacts:
        """Return the facts as the copy has them, and to whom the original belongs."""
        status = self.original.status
        with asked(self.copy) as ask:
            content = known.content(ask)
            if content.uncounted:
                tables = ", ".join(content.uncounted)
                self.warnings.append(f"{self.options.path}: rows can't be counted without its program: {tables}")
            return SQLiteFacts(
                **vars(content),
                engine="sqlite",
                sqlite=sqlite3.sqlite_version,
                path=self.options.path,
                bytes=self.copy.stat().st_size,
                sha256=Digest(digest(self.copy)),
                journal_mode="wal" if self.original.logged else "rollback",
                owner=_name(lambda number: pwd.getpwuid(number).pw_name, status.st_uid),
                group=_name(lambda number: grp.getgrgid(number).gr_name, status.st_gid),
                mode=FileMode(f"{stat.S_IMODE(status.st_mode):04o}"),
                unchecked=self._integrity(),
                strangers=self._strangers(),
                dump_bytes=0,
            )

    def _integrity(self) -> str:
        """Demand that the copy is whole; return why that can't be seen, where it needs the program's own code."""
        with asked(self.copy) as ask:
            seen = integrity(ask)
        if seen.broken:
            raise Damaged(f"{self.options.path} is damaged: {'; '.join(seen.broken)}", "the last good set is kept")
        if seen.rules:
            self.warnings.append(
                f"{self.options.path}: rows violate the rules of their tables: {'; '.join(seen.rules)}"
            )
        if seen.unchecked:
            self.warnings.append(
                f"{self.options.path}: it can't be checked completely without its program: {seen.unchecked}"
            )
        return seen.unchecked

    def _strangers(self) -> Mapping[str, int]:
        """Return the number of rows that point to none, by table: the program's matter, and no fault of the copy."""
        try:
            with asked(self.copy) as ask:
                found: dict[str, int] = ask([known.STRANGERS])[0]
        except Unavailable as error:
            self.warnings.append(f"{self.options.path}: its foreign keys can't be checked: {error.message}")
            return {}
        if found:
            count, tables = sum(found.values()), ", ".join(sorted(found))
            self.warnings.append(f"{self.options.path}: {count} rows violate their foreign keys, in {tables}")
        return found

    def finish(self, facts: SQLiteFacts, stored: Stored) -> SQLiteFacts:
        """Demand that all of the copy was stored."""
        if stored.bytes != (size := self.copy.stat().st_size):
            raise Damaged(f"{stored.bytes} bytes of {self.options.path} were stored, but its copy has {size}")
        return replace(facts, dump_bytes=stored.bytes, warnings=tuple(self.warnings))


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Copy the database to the scratch folder; the copy is gone when the block ends."""
    if not Path(options.path).is_absolute():
        raise UsageError(f"{options.path} is not an absolute path", "write options.path as an absolute path")
    shutil.rmtree(scene.scratch, ignore_errors=True)
    scene.scratch.mkdir(mode=0o700, parents=True)
    try:
        target = scene.scratch / FILE
        yield _Capture(options, copy(Path(options.path), target, options.busy.seconds), target)
    finally:
        shutil.rmtree(scene.scratch)


def _name(find: Callable[[int], str], number: int) -> str:
    try:
        return find(number)
    except KeyError:
        return str(number)


def check(folder: Path, facts: SQLiteFacts, _only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Look at a restored database: its size, itself, its definitions and rows."""
    database = folder / FILE
    size = database.stat().st_size if database.is_file() else 0
    whole = judged([f"{FILE} has {size} bytes, but had {facts.bytes}"] * (size != facts.bytes), f"{size} bytes")
    if size != facts.bytes:
        return [("size", whole)]
    content = known.same_bytes(facts, digest(database) if facts.sha256 else "")
    try:
        with asked(database) as ask:
            return [("size", whole), ("content", content), *known.compared(ask, facts)]
    except SeawallError as error:
        return [("size", whole), ("content", content), ("integrity", judged([f"{FILE} can't be read: {error}"], ""))]


def load(server: Server, material: Path, _facts: object) -> str:
    """Return the restored file: it is the database; reached by a link, in whose place a copy can be put."""
    server.run(["ln", "-s", "--", str(material / FILE), _LINK], 60)
    return _LINK


def prove(
    server: Server, database: str, facts: SQLiteFacts, _only: Sequence[str] = ()
) -> Iterator[tuple[str, Finding]]:
    """Compare a restored database with its manifest; it is opened inside the tree only, for it may be hostile."""
    found = server.run(["sha256sum", "--", database], _DAY).lstrip("\\").partition(" ")[0] if facts.sha256 else ""
    yield "content", known.same_bytes(facts, found)
    try:
        yield from known.compared(asking(server, database), facts)
    except (SeawallError, ValueError) as error:
        yield "integrity", judged([f"{FILE} can't be read: {error}"], "")


@dataclass(frozen=True, kw_only=True)
class Found(ExternalFacts):
    """A file that Seawall did not copy. whole: whether its last page is all there."""

    whole: bool


def examine(dump: Path, _tree: Path) -> Found:
    """Return the facts of a file that Seawall did not copy; raise UsageError when it is none of SQLite's."""
    with dump.open("rb") if dump.is_file() else nullcontext(BytesIO()) as file:
        head = file.read(HEADER)
    if len(head) < HEADER or not head.startswith(MAGIC):
        raise UsageError(f"{dump} is not a SQLite database", "a database is a single, unencrypted file")
    page = int.from_bytes(head[16:18], "big")  # as SQLite's file format says; 1 stands for 65536
    size = dump.stat().st_size
    whole = size % (page if page > 1 else _LARGEST_PAGE) == 0
    return Found(file=FILE, whole=whole)


def load_external(server: Server, material: Path, facts: Found) -> str:
    """Return the file, unless its last page is not all there: SQLite would read zeros in its place."""
    if not facts.whole:
        raise Damaged(f"{FILE} is truncated: its last page is incomplete")
    return load(server, material, facts)


def prove_external(
    server: Server, database: str, _facts: Found, _only: Sequence[str] = ()
) -> Iterator[tuple[str, Finding]]:
    """Look whether the database is sound in itself; there is nothing to compare it with."""
    for rung in ("structure", "volume", "content", "sequences"):
        yield rung, not_configured("a file that Seawall did not copy has no manifest")
    try:
        yield "integrity", known.sound(asking(server, database), "", {})
    except (SeawallError, ValueError) as error:
        yield "integrity", judged([f"{FILE} can't be read: {error}"], "")


def answer(server: Server, database: str, sql: str) -> float:
    """Return the one number that a query of the policy answers; raise SeawallError."""
    return number(server.run(argv(database, sql), POLICY_SECONDS).splitlines())


# A SQLite database has no server: what the drill starts does nothing, under an account that every tree has.
ENGINE = Engine(
    name="SQLite", user="daemon", initialise=("true",), start=("sleep", "infinity"), environment={}, ready=("true",)
)

KIND = Source(
    options=Options,
    facts=SQLiteFacts,
    capture=capture,
    check=check,
    covers=lambda options: [f"sqlite:{options.path}"],
    capabilities=("CAP_DAC_READ_SEARCH",),
    in_place_paths=lambda options: {FILE: Path(options.path)},
    database=DatabaseServer(lambda _facts: ENGINE, load, prove, answer),
    damages=DAMAGES,
    synonyms=("sqlite3", "db3"),
    external_dump=ExternalDump(examine, DatabaseServer(lambda _facts: ENGINE, load_external, prove_external, answer)),
)
