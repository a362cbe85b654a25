"""What stands in the rows of a MariaDB database, as one digest for each table that does not depend on their order.

A row is digested as the text that the server writes for it. Of a large table a slice is digested: the rows whose key
falls into one of many classes, another class in every set. All rows are counted in the same pass.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops.sources.mariadb.session import name

Ask = Callable[[str], list[Any]]

# What is digested of one table: less than two seconds beside a dump that reads all of it anyhow.
DIGESTED = 64 << 20
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
_EVERYTHING = {True: " for system_time all", False: ""}


def counted(
    ask: Ask, tables: Mapping[str, Mapping[str, Any]], known: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return rows and content of tables.

    known: the content as a manifest has it, whose slices are taken again; without one they are chosen anew.
    """
    columns = _columns(ask)
    rows, content = {}, {}
    for table, about in tables.items():
        slices = _slices(table, int(about["bytes"]), known)
        digest = _sum([text for text, _ in columns.get(table, ())], _key(columns.get(table, ())), slices)
        query = f"select json_array(count(*), {digest}) from {name(table)}{_EVERYTHING[about['versioned']]}"
        ((count, total),) = ask(query)
        rows[table] = int(count)
        content[table] = {"digest": str(total)} | ({"slices": slices[0], "slice": slices[1]} if slices[0] > 1 else {})
    return {"rows": rows, "content": content}


def keys(ask: Ask) -> dict[str, Sequence[str]]:
    """Return of each table what chooses a row's slice."""
    return {table: _key(found) for table, found in _columns(ask).items()}


def _columns(ask: Ask) -> dict[str, list[tuple[str, bool]]]:
    """Return the columns of each table: the expression for a value's text, and whether the key has it."""
    columns: dict[str, list[tuple[str, bool]]] = {}
    for table, column, kind, key in ask(_COLUMNS):
        columns.setdefault(table, []).append((_text(column, kind), bool(key)))
    return columns


def changed(manifest: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return the tables with as many rows as the manifest has, but other ones."""
    near = manifest.get("approximate", ())
    return [
        f"{table}: rows differ"
        for table, told in manifest["content"].items()
        if table not in near
        and found["rows"].get(table) == manifest["rows"].get(table)
        and found["content"][table]["digest"] != told["digest"]
    ]


def _slices(table: str, size: int, known: Mapping[str, Any] | None) -> tuple[int, int]:
    """Return in how many slices a table is cut, and which one is digested."""
    if known is not None:
        told = known.get(table, {})
        return int(told.get("slices", 1)), int(told.get("slice", 0))
    count = -(-size // DIGESTED) or 1
    return count, random.randrange(count)  # noqa: S311 -- a sample, not a secret


def _text(column: str, kind: str) -> str:
    """Return the expression for a value's text; no text of a value is a single minus sign."""
    plain = name(column)
    if kind == "bit":
        return f"ifnull({plain} + 0, '-')"
    return f"ifnull(hex({plain}), '-')" if any(word in kind for word in _BYTES) else f"ifnull({plain}, '-')"


def _key(columns: Sequence[tuple[str, bool]]) -> Sequence[str]:
    """Return what chooses a row's slice: the primary key; without one, all of the row."""
    return [text for text, key in columns if key] or [text for text, _ in columns]


def chosen_rows(key: Sequence[str], slices: tuple[int, int]) -> str:
    """Return the condition for the rows of a slice."""
    return f"crc32(concat_ws('|', {', '.join(key)})) % {slices[0]} = {slices[1]}" if slices[0] > 1 else "true"


def _sum(texts: Sequence[str], key: Sequence[str], slices: tuple[int, int]) -> str:
    row = f"cast(conv(left(md5(concat_ws('|', {', '.join(texts)})), 16), 16, 10) as unsigned)" if texts else "1"
    return f"cast(coalesce(sum(if({chosen_rows(key, slices)}, {row}, 0)), 0) as char)"
