"""Ways to hurt the rows of a restored PostgreSQL database; of a large table, a row of the slice that is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ops.interfaces.damage import DataDamage
from ops.interfaces.server import Server
from ops.sources._shared.row_damage import Rows, emptied
from ops.sources._shared.row_slices import slice_of
from ops.sources.postgresql.copied import chosen_lines
from ops.sources.postgresql.facts import PostgreSQLFacts as Facts
from ops.sources.postgresql.rows import KEYS, chosen_rows
from ops.sources.postgresql.session import PSQL, Session, connection
from ops.sources.postgresql.structure import OURS

_DAY = 86_400.0
# Columns of words that nothing refers to, and of their tables whether a row may stand there twice.
_COLUMNS = f"""
select coalesce(json_agg(json_build_array(format('%I.%I', n.nspname, c.relname), format('%I', a.attname),
  not exists (select from pg_index i where i.indrelid = c.oid and i.indisunique)
  and not exists (select from pg_inherits h where c.oid in (h.inhrelid, h.inhparent)),
  (select i.indexrelid from pg_index i where i.indrelid = c.oid and i.indisvalid limit 1),
  exists (select from pg_attribute g where g.attrelid = c.oid and g.attgenerated <> ''))
  order by n.nspname, c.relname, a.attnum), '[]')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind = 'r' and a.atttypid in ('text'::regtype, 'varchar'::regtype) and a.attgenerated = ''
  and (a.atttypid = 'text'::regtype or a.atttypmod = -1)
  and not exists (select from pg_constraint k where k.conrelid = c.oid and a.attnum = any(k.conkey))
  and {OURS.format(oid="c.oid")}
"""


@dataclass(frozen=True)
class Column:
    """A column that can be changed. chosen: the condition for the rows that are compared; the table is `t`.

    twice: whether the table takes a row twice. index: one of its indexes. computed: whether it has computed columns.
    """

    table: str
    name: str
    twice: bool
    index: int | None
    computed: bool
    chosen: str

    @property
    def row(self) -> str:
        """The first of the rows that are compared and hold a word."""
        return f"(select t.ctid from {self.table} t where {self.chosen} and t.{self.name} <> '' limit 1)"


@contextmanager
def writing(server: Server, database: str) -> Iterator[Session]:
    """Open a session that may write anything, and wakes no trigger."""
    with server.talk([*PSQL, f"--dbname={connection(database, client_encoding='UTF8')}"], _DAY) as program:
        session = Session(program)
        session.tell("set search_path = ''; set session_replication_role = replica")
        yield session


def _columns(session: Session, facts: Facts) -> list[Column]:
    keys, chosen = session.ask(KEYS), dict[str, str]()
    found = []
    for table, name, twice, index, computed in session.ask(_COLUMNS):
        if facts.rows.get(table, 0) <= 1:
            continue
        if table not in chosen:
            part, key = slice_of(table, 0, facts.content or {}), keys[table]["key"]
            chosen[table] = chosen_lines(session, table, part) if facts.copied else chosen_rows(key, part)
        found.append(Column(table, name, twice, index, computed, chosen[table]))
    return found


_ROWS = Rows(writing, _columns)


def _rows(
    words: str, statement: Callable[[Column], str], fits: Callable[[Column], bool] = lambda _: True
) -> DataDamage[Facts]:
    """Return the damage that a statement does to rows; it must return at least one, or nothing was hurt."""
    return _ROWS.hurt(words, lambda session, one: bool(session.tell(f"{statement(one)} returning 1")), fits)


def _swapped(column: Column) -> str:
    ends = " , ".join(
        f"(select t.ctid as place, t.{column.name} as word from {column.table} t where {column.chosen}"
        f" and t.{column.name} <> '' order by 2 {order} limit 1) {name}"
        for name, order in (("a", "asc"), ("b", "desc"))
    )
    both = f"with p as (select a.place as one, a.word as first, b.place as two, b.word as last from {ends}"
    return (
        f"{both} where a.word <> b.word) update {column.table} t set {column.name} ="
        " case t.ctid when p.one then p.last else p.first end from p where t.ctid in (p.one, p.two)"
    )


def _doubled(column: Column) -> str:
    """Put a row in the place of another one, so that as many are there as before."""
    other = column.row.replace("limit 1", "offset 1 limit 1")
    return (
        f"with gone as (delete from {column.table} where ctid = {column.row} returning 1)"
        f" insert into {column.table} select t.* from {column.table} t, gone where t.ctid = {other}"
    )


def _unindexed(session: Session, column: Column) -> bool:
    """Write a row anew while an index does not look: rows and definitions are as before, the index lacks one."""
    flag = "update pg_catalog.pg_index set indisready = {} where indexrelid = " + str(column.index)
    again = (
        f"with gone as (delete from {column.table} where ctid = {column.row} returning *)"
        f" insert into {column.table} overriding system value select * from gone returning 1"
    )
    session.tell(flag.format("false"))
    done = session.tell(again)
    session.tell(flag.format("true"))
    return bool(done)


ROWS: dict[str, DataDamage[Facts]] = {
    "table_emptied": emptied(writing, lambda facts: facts.rows, str),
    "row_deleted": _rows("a row was deleted from", lambda one: f"delete from {one.table} where ctid = {one.row}"),
    "row_added": _rows(
        "a row was duplicated in",
        lambda one: f"insert into {one.table} select t.* from {one.table} t where t.ctid = {one.row}",
        lambda one: one.twice and not one.computed,
    ),
    "row_replaced": _rows("a row was replaced by another one in", _doubled, lambda one: one.twice and not one.computed),
    "value_changed": _rows(
        "a value was changed in",
        lambda one: f"update {one.table} set {one.name} = {one.name} || '.' where ctid = {one.row}",
    ),
    "value_lost": _rows(
        "a value was emptied in", lambda one: f"update {one.table} set {one.name} = '' where ctid = {one.row}"
    ),
    "values_swapped": _rows("two rows had their values swapped in", _swapped),
    "many_rows_changed": _rows(
        "a column was changed in all rows of",
        lambda one: (
            f"update {one.table} t set {one.name} = {one.name} || '.' where {one.chosen} and {one.name} is not null"
        ),
    ),
    "index_behind": _ROWS.hurt(
        "an index was made to lack a row of", _unindexed, lambda one: bool(one.index) and not one.computed
    ),
}
