"""What stands in the rows of a PostgreSQL database, as one digest for each table that does not depend on their order.

Of tables, as earlier builds asked for it; what is taken now is told by COPY (see `copied`). A row is digested as the
text that the server writes for it, in the settings of a steady session; its columns are taken by name where a restore
may bring them in another order. Of a large table a slice is digested: the rows whose key falls into one of many
classes, another class in every set. All rows are counted in the same pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ops.sources._shared.row_slices import Counted, RowDigest, Slice, slice_of
from ops.sources.postgresql.structure.relations import INHERITS

Ask = Callable[[str], Any]

LARGE_OBJECTS = "large objects"

# Of each table its bytes, what is digested of a row, and the columns that choose its slice: the primary key, else what
# is never stored aside.
_KEYS = """
select coalesce(json_object_agg(format('%I.%I', n.nspname, c.relname), json_build_object(
  'bytes', pg_catalog.pg_table_size(c.oid),
  'row', (select 'row(' || string_agg(format('t.%I', a.attname), ', ' order by a.attname) || ')'
    from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and {moves}),
  'key', coalesce(
    (select json_agg(format('t.%I', a.attname) order by {order}) from pg_catalog.pg_index i
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
      where i.indrelid = c.oid and i.indisprimary),
    (select json_agg(format('t.%I', a.attname) order by {order}) from pg_catalog.pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and a.attlen > 0 and not a.attisdropped), '["t.*"]'))), '{{}}')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r'
"""
KEYS = _KEYS.format(moves=INHERITS, order=f"case when not {INHERITS} then a.attnum end, a.attname")
# As earlier builds had it, which took columns in their order everywhere.
_EARLIER_KEYS = _KEYS.format(moves="false", order="a.attnum")
# The tables of extensions whose rows a dump carries, or those of them for which a condition holds.
CONDITIONS = """
select coalesce(json_object_agg(format('%I.%I', n.nspname, c.relname), x.condition), '{}')
from pg_catalog.pg_extension e cross join lateral unnest(e.extconfig, e.extcondition) x(oid, condition)
join pg_catalog.pg_class c on c.oid = x.oid and c.relkind = 'r'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
"""
# Tables to which rows of other servers count, of foreign tables that inherit from them; a dump holds their own alone.
SHARED = """
with recursive below(top, oid) as (
  select inhparent, inhrelid from pg_catalog.pg_inherits
  union select b.top, i.inhrelid from below b join pg_catalog.pg_inherits i on i.inhparent = b.oid)
select coalesce(json_agg(distinct format('%I.%I', n.nspname, c.relname)), '[]') from below b
join pg_catalog.pg_class f on f.oid = b.oid and f.relkind = 'f'
join pg_catalog.pg_class c on c.oid = b.top and c.relkind = 'r'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
"""
_OF_LARGE_OBJECTS = "select pg_catalog.pg_table_size('pg_catalog.pg_largeobject')"
# A page that holds nothing but zeros may be kept or left out; so may zeros at its end.
_PAGES = """
(select l.loid, l.pageno, rtrim(encode(l.data, 'hex'), '0') as data from pg_catalog.pg_largeobject l
 where l.data <> '' and rtrim(encode(l.data, 'hex'), '0') <> '')
"""


class Told(Protocol):
    """What rows are compared by."""

    @property
    def rows(self) -> Mapping[str, int]:
        """How many each table has."""

    @property
    def extension_rows(self) -> Mapping[str, int] | None:
        """How many each table of an extension has that a dump carries, where somebody looked."""

    @property
    def large_objects(self) -> int:
        """How many large objects there are."""

    @property
    def content(self) -> Mapping[str, RowDigest] | None:
        """The digests, where there are any."""


def readable(ask: Ask, tables: Sequence[str]) -> dict[str, str]:
    """Return how each table is read, by name: those to which another server's rows count, without these."""
    shared = {*ask(SHARED)}
    return {table: f"only {table}" if table in shared else table for table in tables}


def counted(
    ask: Ask, tables: Sequence[str], known: Mapping[str, RowDigest] | None = None, *, earlier: bool = False
) -> Counted:
    """Return rows and content of some tables and of the large objects, in a steady session.

    known: the content as a manifest has it, whose slices are taken again; without one they are chosen anew.
    earlier: whether an earlier build made that manifest.
    """
    about = ask(_EARLIER_KEYS if earlier else KEYS)
    rows, content = {}, {}
    for table, read in readable(ask, tables).items():
        part = slice_of(table, about[table]["bytes"], known)
        rows[table], content[table] = _read(ask, read, about[table], part)
    return Counted(rows, {**content, **large_objects(ask, known)})


def large_objects(ask: Ask, known: Mapping[str, RowDigest] | None) -> dict[str, RowDigest]:
    """Return the content of the large objects, which lie in a catalogue of the server's own; see `counted`."""
    part = slice_of(LARGE_OBJECTS, int(ask(_OF_LARGE_OBJECTS)), known)
    return {LARGE_OBJECTS: _read(ask, _PAGES, {"row": None, "key": ["t.loid", "t.pageno"]}, part)[1]}


def of_extensions(ask: Ask, known: Mapping[str, RowDigest] | None = None) -> Counted:
    """Return rows and content of the tables of extensions, of what a dump carries of them; see `counted`."""
    conditions, rows, content = ask(CONDITIONS), {}, {}
    about = ask(KEYS) if conditions else {}
    for table, condition in sorted(conditions.items()):
        part = slice_of(table, about[table]["bytes"], known)
        # In its own words, which may name the table.
        rows[table], content[table] = _read(ask, f"(select * from {table} {condition})", about[table], part)
    return Counted(rows, content)


def _read(ask: Ask, table: str, about: Mapping[str, Any], part: Slice) -> tuple[int, RowDigest]:
    """Read a table once: count all its rows, digest those of its slice.

    As a record of no type, for one that is the table's may have a cast to text, which is a function of its owner's.
    """
    row, chosen = about["row"] or "row(t.*)", chosen_rows(about["key"], part)
    digest = f"coalesce(sum({_digest(row)}::numeric) filter (where {chosen}), 0)::text"
    rows, digest = ask(f"select json_build_array(count(*), {digest}) from {table} t")
    return int(rows), RowDigest(part.slices, part.slice, digest=digest)


def chosen_rows(key: Sequence[str], part: Slice) -> str:
    """Return the condition for the rows of a slice; the table is `t`."""
    count, chosen = part.slices, part.slice
    if count == 1:
        return "true"
    # The remainder of a negative number is negative.
    return f"mod({_digest('row(' + ', '.join(key) + ')')}, {count}) in ({chosen}, {chosen - count})"


def _digest(row: str) -> str:
    return f'pg_catalog.hashtextextended({row}::text collate pg_catalog."C", 0)'


def changed(manifest: Told, found: Counted, large_objects: int) -> list[str]:
    """Return the tables with as many rows as the manifest has, but other ones; large_objects: how many were found."""
    wanted, rows = manifest.content or {}, {**manifest.rows, **(manifest.extension_rows or {})}
    same = [table for table, count in rows.items() if count and found.rows.get(table) == count]
    if manifest.large_objects and manifest.large_objects == large_objects:
        same.append(LARGE_OBJECTS)
    return [
        f"{table}: rows differ" if table in rows else "large objects differ"
        for table in same
        if table in wanted and found.content[table].digest != wanted[table].digest
    ]


def compared(manifest: Told) -> str:
    """Return in words what was compared."""
    sliced = sorted(name for name, told in (manifest.content or {}).items() if told.slices > 1)
    part = f"; a slice of {len(sliced)} large ones: {', '.join(sliced[:5])}" if sliced else ""
    count = len(manifest.rows) + len(manifest.extension_rows or {})
    return f"the rows of {count} tables and the large objects match the manifest{part}"
