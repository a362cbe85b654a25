"""What stands in the rows of a MariaDB database, as one digest for each table that does not depend on their order.

A row is digested as the text that the server writes for it. Of a large table a slice is digested: the rows whose key
falls into one of many classes, another class in every set. All rows are counted in the same pass.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ops.sources._shared.row_slices import Counted, RowDigest, Slice, slice_of
from ops.sources.mariadb.session import Session, name

Ask = Callable[[str], list[Any]]

# Columns whose text is not the same wherever it is written; of these the bytes are taken.
_BYTES = (
    "char",
    "text",
    "binary",
    "blob",
    "enum",
    "set",
    "point",
    "line",
    "polygon",
    "geometry",
    "uuid",
    "inet",
    "vector",
)
# Computed columns follow from the others.
_COLUMNS = """
select json_array(c.table_name, c.column_name, c.data_type, c.column_key = 'PRI')
from information_schema.columns c where c.table_schema = database() and c.is_generated = 'NEVER'
  and c.extra not like '%GENERATED%' order by c.table_name, c.ordinal_position
"""
_CHECKS = """
select json_array(table_name, constraint_name, check_clause) from information_schema.check_constraints
where constraint_schema = database() order by table_name, constraint_name
"""
_EVERYTHING = {True: " for system_time all", False: ""}


@dataclass(frozen=True)
class Table:
    """A table: its engine, whether it knows transactions, whether old rows are kept, and its bytes."""

    engine: str
    transactional: bool
    versioned: bool
    bytes: int


class Told(Protocol):
    """What rows are compared by."""

    @property
    def rows(self) -> Mapping[str, int]:
        """How many each table has."""

    @property
    def content(self) -> Mapping[str, RowDigest] | None:
        """The digests, where there are any."""

    @property
    def approximate(self) -> Collection[str]:
        """The tables that were counted nearly."""


def counted(ask: Ask, tables: Mapping[str, Table], known: Mapping[str, RowDigest] | None = None) -> Counted:
    """Return rows and content of tables.

    known: the content as a manifest has it, whose slices are taken again; without one they are chosen anew.
    """
    columns = _columns(ask)
    rows, content = {}, {}
    for table, about in tables.items():
        part = slice_of(table, about.bytes, known)
        digest = _sum([text for text, _ in columns.get(table, ())], _key(columns.get(table, ())), part)
        query = f"select json_array(count(*), {digest}) from {name(table)}{_EVERYTHING[about.versioned]}"
        ((count, total),) = ask(query)
        rows[table] = int(count)
        content[table] = RowDigest(part.slices, part.slice, digest=str(total))
    return Counted(rows, content)


def rows_refused(probe: Session, tables: Collection[str]) -> dict[str, int]:
    """Return how many rows a CHECK of their table refuses, by table and constraint, where there are any.

    A check is not asked about the rows that were there before it, or were written while checks were off.
    """
    found = {}
    for table, constraint, clause in probe.ask(_CHECKS):
        if table in tables:
            answer = probe.ask(f"select count(*) from {name(table)} where not ({clause})")
            if answer and answer[0]:
                found[f"{table}.{constraint}"] = int(answer[0])
    return found


def keys(ask: Ask) -> dict[str, Sequence[str]]:
    """Return of each table what chooses a row's slice."""
    return {table: _key(found) for table, found in _columns(ask).items()}


def _columns(ask: Ask) -> dict[str, list[tuple[str, bool]]]:
    """Return the columns of each table: the expression for a value's text, and whether the key has it."""
    columns: dict[str, list[tuple[str, bool]]] = {}
    for table, column, kind, key in ask(_COLUMNS):
        columns.setdefault(table, []).append((_text(column, kind), bool(key)))
    return columns


def changed(manifest: Told, found: Counted) -> list[str]:
    """Return the tables with as many rows as the manifest has, but other ones."""
    near = {*manifest.approximate}
    return [
        f"{table}: rows differ"
        for table, told in (manifest.content or {}).items()
        if table not in near
        and table in found.rows
        and found.rows[table] == manifest.rows.get(table)
        and found.content[table].digest != told.digest
    ]


def _text(column: str, kind: str) -> str:
    """Return the expression for a value's text; no text of a value is a single minus sign."""
    plain = name(column)
    if kind == "bit":
        return f"ifnull({plain} + 0, '-')"
    return f"ifnull(hex({plain}), '-')" if any(word in kind for word in _BYTES) else f"ifnull({plain}, '-')"


def _key(columns: Sequence[tuple[str, bool]]) -> Sequence[str]:
    """Return what chooses a row's slice: the primary key; without one, all of the row."""
    return [text for text, key in columns if key] or [text for text, _ in columns]


def chosen_rows(key: Sequence[str], part: Slice) -> str:
    """Return the condition for the rows of a slice."""
    return f"crc32(concat_ws('|', {', '.join(key)})) % {part.slices} = {part.slice}" if part.slices > 1 else "true"


def _sum(texts: Sequence[str], key: Sequence[str], part: Slice) -> str:
    row = f"cast(conv(left(md5(concat_ws('|', {', '.join(texts)})), 16), 16, 10) as unsigned)" if texts else "1"
    return f"cast(coalesce(sum(if({chosen_rows(key, part)}, {row}, 0)), 0) as char)"
