"""The facts about a SQLite database that its manifest keeps, as SQL.

Every query answers one JSON document in one row, so that Python's driver and the program `sqlite3` in a drill's tree
are asked the same, and names with line ends or separators confuse neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ops.core.verdict import Finding, judged, not_configured
from ops.sources._shared.comparison import defined_alike, digested, total

# Given queries, returns what each one answers.
Ask = Callable[[Sequence[str]], list[Any]]

SORTS = ("table", "index", "view", "trigger")
MOST_TOLD = 5

SETTING = """
select json_object(
  'encoding', (select encoding from pragma_encoding),
  'page_size', (select page_size from pragma_page_size),
  'user_version', (select user_version from pragma_user_version),
  'application_id', (select application_id from pragma_application_id))
"""
# Tables of SQLite's own are left out; a virtual table's rows lie in tables that are listed, too.
TABLES = """
select json_group_array(name) from (
  select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'
    and sql not like 'create virtual table%' order by name)
"""
SEQUENCED = "select json_group_array(name) from sqlite_master where name = 'sqlite_sequence'"
SEQUENCES = "select json_group_object(name, seq) from sqlite_sequence"
INTEGRITY = (
    f"select json_group_array(line) from (select integrity_check as line from pragma_integrity_check limit {MOST_TOLD})"
)
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


def facts(ask: Ask) -> dict[str, Any]:
    """Return setting, structure, rows and sequences."""
    setting, tables, sequenced, *found = ask([SETTING, TABLES, SEQUENCED, *map(definitions, SORTS)])
    counts = ask([counting(table) for table in tables])
    return {
        **setting,
        "structure": {sort: digested(rows, 1) for sort, rows in zip(SORTS, found, strict=True)},
        "rows": dict(zip(tables, counts, strict=True)),
        "sequences": ask([SEQUENCES])[0] if sequenced else {},
    }


def integrity(ask: Ask) -> list[str]:
    """Return what is broken inside the database, the first few; nothing when it is whole."""
    return [str(line) for line in ask([INTEGRITY])[0] if line != "ok"]


def same_bytes(manifest: Mapping[str, Any], found: str) -> Finding:
    """Compare the digest of the whole file: what is restored is what was copied, byte for byte."""
    if "sha256" not in manifest:
        return not_configured("the set was made before the file was digested")
    wrong = [] if found == manifest["sha256"] else ["the file has not the bytes that it had"]
    return judged(wrong, "the file is the same, byte for byte")


def compared(ask: Ask, manifest: Mapping[str, Any]) -> list[tuple[str, Finding]]:
    """Compare a database with its manifest, rung by rung."""
    found = facts(ask)
    return [
        ("integrity", sound(ask, manifest)),
        ("structure", defined_alike(manifest["structure"], found["structure"])),
        ("volume", _volume(manifest["rows"], found["rows"])),
        ("sequences", _sequences(manifest["sequences"], found["sequences"])),
    ]


def sound(ask: Ask, manifest: Mapping[str, Any]) -> Finding:
    """Look into pages and indexes, and whether more rows point to none than did."""
    if manifest["unchecked"]:
        return judged([], f"not judged: {manifest['unchecked']}")
    broken = integrity(ask)
    if not broken and "strangers" in manifest:
        (strangers,) = ask([STRANGERS])
        wrong = {table: count for table, count in strangers.items() if count > manifest["strangers"].get(table, 0)}
        broken = [f"{count} rows of {table} break their foreign keys" for table, count in wrong.items()]
    return judged(broken, "whole in itself")


def _volume(wanted: Mapping[str, int], found: Mapping[str, int]) -> Finding:
    names = [*wanted, *(table for table in found if table not in wanted)]
    wrong = [
        f"{table} has {found.get(table, 'no')} rows, had {wanted.get(table, 'none')}"
        for table in names
        if found.get(table) != wanted.get(table)
    ]
    return judged(wrong, total(wanted))


def _sequences(wanted: Mapping[str, int], found: Mapping[str, int]) -> Finding:
    wrong = [
        f"{name} is at {found.get(name)}, was at {value}" for name, value in wanted.items() if found.get(name) != value
    ]
    return judged(wrong, f"{len(wanted)} sequences, as in the manifest")
