"""Where the sequences of a PostgreSQL database are, and whether that is far enough.

They stand outside MVCC: they are read before the dump's snapshot is made, so that a later state can only be further on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from ops.sources.postgresql.structure.ours import OURS

Ask = Callable[[str], Any]


class Furthest(Protocol):
    """Where a column is that a sequence feeds."""

    def __call__(self, table: str, column: str, *, upwards: bool) -> int | None:
        """Return its largest number, or its least; None when it has none."""


# A dump carries where a sequence is, also of an extension that says so.
_CARRIED = f"""(
  c.oid in (select unnest(e.extconfig) from pg_catalog.pg_extension e) or {OURS.format(oid="c.oid")})
"""
SEQUENCES = f"""
select coalesce(json_object_agg(format('%I.%I', n.nspname, c.relname), s.last_value), '{{}}')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_sequences s on s.schemaname = n.nspname and s.sequencename = c.relname
where c.relkind = 'S' and c.relpersistence <> 't' and {_CARRIED}
"""
# How each counts: by how much, and whether from its other end again; and whether a dump carries where it is.
_COUNTS = f"""
select coalesce(json_object_agg(format('%I.%I', n.nspname, c.relname),
  json_build_array(s.seqincrement, s.seqcycle, {_CARRIED})), '{{}}')
from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
"""
# Which column each feeds, where that holds whole numbers and no row of its table is another server's.
OWNED = f"""
select coalesce(json_agg(json_build_array(
  format('%I.%I', n.nspname, c.relname), format('%I.%I', tn.nspname, t.relname), format('%I', a.attname))), '[]')
from pg_catalog.pg_depend d
join pg_catalog.pg_class c on c.oid = d.objid and c.relkind = 'S'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class t on t.oid = d.refobjid and t.relkind in ('r', 'p')
join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
join pg_catalog.pg_type y on y.oid = a.atttypid
where d.deptype in ('a', 'i') and d.classid = 'pg_catalog.pg_class'::regclass
  and coalesce(nullif(y.typbasetype, 0), y.oid) in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
  and {OURS.format(oid="c.oid")}
  and not exists (
    with recursive below(oid) as (select t.oid union select i.inhrelid
      from pg_catalog.pg_inherits i join below on i.inhparent = below.oid)
    select from below join pg_catalog.pg_class f on f.oid = below.oid where f.relkind = 'f')
"""


def set_back(ask: Ask, wanted: Mapping[str, int | None]) -> list[str]:
    """Return which sequences of a manifest are missing, or not as far as they were."""
    found, counts = ask(SEQUENCES), ask(_COUNTS)
    wrong = []
    for name, value in wanted.items():
        if name not in counts:
            wrong.append(f"{name} is missing")
            continue
        increment, cycle, carried = counts[name]
        at = found.get(name)
        if carried and value is not None and (at is None or (not cycle and _before(at, value, increment))):
            wrong.append(f"{name} {_place(at)}, but was at {value}")
    return wrong


def behind(ask: Ask, furthest: Furthest | None = None) -> dict[str, str]:
    """Return the sequences that will give a number which the column that they feed has passed, each with words for it.

    One that begins again at its other end may, and a column without whole numbers tells nothing. furthest: where the
    columns are; by default the server is asked, which runs what their tables' owners want of whoever asks.
    """
    furthest = furthest or partial(_furthest, ask)
    found, counts = ask(SEQUENCES), ask(_COUNTS)
    wrong = {}
    for name, table, column in ask(OWNED):
        increment, cycle, _ = counts[name]
        if cycle:
            continue
        if (passed := furthest(table, column, upwards=increment > 0)) is None:
            continue
        last, called = ask(f"select json_build_array(last_value, is_called) from {name}")
        if _before(last if called else last - increment, passed, increment):
            way = "up" if increment > 0 else "down"
            wrong[name] = f"{name} {_place(found.get(name))}, {table}.{column} goes {way} to {passed}"
    return wrong


def _furthest(ask: Ask, table: str, column: str, *, upwards: bool) -> int | None:
    end = "max" if upwards else "min"
    number: int | None = ask(f"select json_build_array(pg_catalog.{end}({column})) from {table}")[0]
    return number


def _place(at: int | None) -> str:
    return "was never called" if at is None else f"is at {at}"


def _before(one: int, other: int, increment: int) -> bool:
    return one < other if increment > 0 else one > other
