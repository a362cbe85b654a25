"""The facts about a SQLite database that its manifest keeps, as SQL.

Every query answers one JSON document in one row, so that Python's driver and the program `sqlite3` in a drill's tree
are asked the same, and names with line ends or separators confuse neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from ops.core.document import decode
from ops.core.names import Digest, FileMode
from ops.core.schema import spare
from ops.core.verdict import Finding, judged, not_configured
from ops.interfaces.facts import Ownership
from ops.sources._shared.comparison import Definitions, defined_alike, digested, total
from ops.sources._shared.dump import DumpFacts
from ops.sources.sqlite.integrity import TABLES, Ask, Strange, integrity

SORTS = ("table", "index", "view", "trigger")

SETTING = """
select json_object(
  'encoding', (select encoding from pragma_encoding),
  'page_size', (select page_size from pragma_page_size),
  'user_version', (select user_version from pragma_user_version),
  'application_id', (select application_id from pragma_application_id))
"""
SEQUENCED = "select json_group_array(name) from sqlite_master where name = 'sqlite_sequence'"
SEQUENCES = """
select json_group_object(name, seq) from sqlite_sequence where typeof(name) = 'text' and typeof(seq) = 'integer'
"""
STRANGERS = (
    "select json_group_object(t, n) from (select [table] t, count(*) n from pragma_foreign_key_check group by 1)"
)


def definitions(sort: str) -> str:
    """Return the query for the definitions of one sort; what SQLite makes by itself has no text."""
    return f"""
      select json_group_array(json_array(name, tbl_name, sql)) from sqlite_master
      where type = '{sort}' and sql is not null and name not like 'sqlite\\_%' escape '\\'
    """


def counting(table: str) -> str:
    """Return the query for the number of rows of a table; an index may need its program's own order of words."""
    name = table.replace('"', '""')
    return f'select cast(count(*) as text) from "{name}" not indexed'


@dataclass(frozen=True)
class Setting:
    """What a database is as a whole."""

    encoding: str
    page_size: int
    user_version: int
    application_id: int

    def __post_init__(self) -> None:
        """Demand a size that pages may have."""
        if self.page_size < 1:
            raise ValueError(f"page_size: expected 1 or more, found {self.page_size}")


@dataclass(frozen=True)
class Content(Setting):
    """What a database holds: rows by table, sequences by table, definitions by sort.

    uncounted: the tables whose rows SQLite can't count without what only the program of the database has.
    """

    structure: Mapping[str, Definitions]
    rows: Mapping[str, int]
    sequences: Mapping[str, int]
    uncounted: tuple[str, ...] = spare(())


@dataclass(frozen=True, kw_only=True)
class SQLiteFacts(Content, DumpFacts):
    """The facts of a copy.

    sqlite: the version that copied. path, owner, group, mode, journal_mode: of the original. bytes, sha256: of the
    copy. unchecked: why it can't be seen whether it is whole. strangers: rows that point to none, by table.
    """

    engine: Literal["sqlite"]
    sqlite: str
    path: str
    bytes: int
    journal_mode: str
    owner: str
    group: str
    mode: FileMode
    unchecked: str
    strangers: Mapping[str, int] | None = None
    sha256: Digest | None = None

    @property
    def row_count(self) -> int:
        """How many rows all tables have."""
        return sum(self.rows.values())

    @property
    def ownership(self) -> Ownership:
        """To whom the original belonged."""
        return Ownership(self.owner, self.group, self.mode)


def content(ask: Ask, uncounted: Sequence[str] | None = None) -> Content:
    """Return setting, structure, rows and sequences; uncounted: the tables not to count, where that is known."""
    setting, tables, sequenced, *found = ask([SETTING, TABLES, SEQUENCED, *map(definitions, SORTS)])
    rows = counted(ask, [table for table in tables if table not in (uncounted or ())], every=uncounted is not None)
    return Content(
        **vars(decode(Setting, setting, "SQLite's answer")),
        structure={sort: digested(rows, 1) for sort, rows in zip(SORTS, found, strict=True)},
        rows=rows,
        sequences=ask([SEQUENCES])[0] if sequenced else {},
        uncounted=tuple(table for table in tables if table not in rows),
    )


def counted(ask: Ask, tables: Sequence[str], *, every: bool) -> dict[str, int]:
    """Return the rows of each table; one that can't be counted raises Strange, or is passed over."""
    try:
        return dict(zip(tables, ask([counting(table) for table in tables]), strict=True))
    except Strange:
        if every:
            raise
    rows: dict[str, int] = {}
    for table in tables:
        with suppress(Strange):
            (rows[table],) = ask([counting(table)])
    return rows


def same_bytes(known: SQLiteFacts, found: str) -> Finding:
    """Compare the digest of the whole file: what is restored is what was copied, byte for byte."""
    if known.sha256 is None:
        return not_configured("the set has no digest of the file")
    wrong = [] if found == known.sha256 else ["the file does not have the same content"]
    return judged(wrong, "the file is the same, byte for byte")


def compared(ask: Ask, known: SQLiteFacts) -> list[tuple[str, Finding]]:
    """Compare a database with its manifest, rung by rung."""
    found = content(ask, known.uncounted)
    return [
        ("integrity", sound(ask, known.unchecked, known.strangers)),
        ("structure", defined_alike(known.structure, found.structure)),
        ("volume", _volume(known.rows, found.rows)),
        ("sequences", _sequences(known.sequences, found.sequences)),
    ]


def sound(ask: Ask, unchecked: str, known: Mapping[str, int] | None) -> Finding:
    """Look into pages and indexes, and whether more rows point to none than did.

    unchecked: why that could not be seen when it was taken. known: how many rows pointed to none then, by table; None:
    nobody looked.
    """
    if unchecked:
        return judged([], f"not checked: {unchecked}")
    seen = integrity(ask)
    broken = [*seen.broken]
    if not broken and not seen.unchecked and known is not None:
        (strangers,) = ask([STRANGERS])
        wrong = {table: count for table, count in strangers.items() if count > known.get(table, 0)}
        broken = [f"{count} rows of {table} violate their foreign keys" for table, count in wrong.items()]
    return judged(broken, f"not checked: {seen.unchecked}" if seen.unchecked else "internally consistent")


def _volume(wanted: Mapping[str, int], found: Mapping[str, int]) -> Finding:
    names = [*wanted, *(table for table in found if table not in wanted)]
    wrong = [
        f"{table} has {found.get(table, 'no')} rows, but had {wanted.get(table, 'none')}"
        for table in names
        if found.get(table) != wanted.get(table)
    ]
    return judged(wrong, total(wanted))


def _sequences(wanted: Mapping[str, int], found: Mapping[str, int]) -> Finding:
    wrong = [
        f"{name} is at {found.get(name)}, but was at {value}"
        for name, value in wanted.items()
        if found.get(name) != value
    ]
    return judged(wrong, f"{len(wanted)} sequences, as in the manifest")
