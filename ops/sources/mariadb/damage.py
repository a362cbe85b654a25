"""Ways to hurt a restored MariaDB database, each of which a drill must notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ops.interfaces.damage import DataDamage, FileDamage
from ops.interfaces.server import Server
from ops.sources._shared.row_damage import Rows, emptied
from ops.sources._shared.row_slices import slice_of
from ops.sources._shared.stream_damage import of_stream
from ops.sources.mariadb.accounts import USERS
from ops.sources.mariadb.facts import MariaDBFacts as Facts
from ops.sources.mariadb.facts import counters
from ops.sources.mariadb.rows import chosen_rows, keys
from ops.sources.mariadb.session import Session, name, text
from ops.sources.mariadb.verify import DUMP, END, talk

_SCHEMA = "information_schema"
_TABLES = f"from {_SCHEMA}.tables t where t.table_schema = database() and t.table_type = 'BASE TABLE'"
_ACCOUNT = "concat(u.user, '@', u.host)"
_QUOTED = "concat(quote(u.user), '@', quote(u.host))"


def _name(column: str) -> str:
    return f"concat('`', replace({column}, '`', '``'), '`')"


_TABLE = _name("t.table_name")
# Of each: what was done, and a query for what it can be done to: the name, and the statement that does it.
_DEFINED = {
    "table_dropped": ("the table was dropped:", f"t.table_name, concat('drop table ', {_TABLE}) {_TABLES}"),
    "table_added": ("a table was added:", "'seawall_added', 'create table seawall_added (one int)'"),
    "column_added": (
        "a column was added:",
        f"t.table_name, concat('alter table ', {_TABLE}, ' add column seawall_added int') {_TABLES}",
    ),
    "default_changed": (
        "the default of a column was changed:",
        f"t.column_name, concat('alter table ', {_TABLE}, ' alter column ', {_name('t.column_name')},"
        f" ' set default ''s''') from {_SCHEMA}.columns t join {_SCHEMA}.tables b using (table_schema, table_name)"
        " where t.table_schema = database() and b.table_type = 'BASE TABLE' and t.data_type = 'varchar'",
    ),
    "index_dropped": (
        "an index was dropped:",
        f"t.index_name, concat('drop index ', {_name('t.index_name')}, ' on ', {_TABLE}) from {_SCHEMA}.statistics t"
        " where t.table_schema = database() and t.index_name <> 'PRIMARY' and t.seq_in_index = 1 and not exists"
        f" (select 1 from {_SCHEMA}.key_column_usage k where k.table_schema = database()"
        " and t.table_name in (k.table_name, k.referenced_table_name) and k.referenced_table_name is not null"
        " and t.column_name in (k.column_name, k.referenced_column_name))",
    ),
    "foreign_key_dropped": (
        "a foreign key was dropped:",
        f"t.constraint_name, concat('alter table ', {_TABLE}, ' drop foreign key ', {_name('t.constraint_name')})"
        f" from {_SCHEMA}.referential_constraints t where t.constraint_schema = database()",
    ),
    "view_changed": (
        "a view was emptied:",
        f"t.table_name, concat('alter view ', {_TABLE}, ' as select * from (', t.view_definition, ') q where false')"
        f" from {_SCHEMA}.views t where t.table_schema = database()",
    ),
    "view_dropped": (
        "a view was dropped:",
        f"t.table_name, concat('drop view ', {_TABLE}) from {_SCHEMA}.views t where t.table_schema = database()",
    ),
    "routine_dropped": (
        "a routine was dropped:",
        f"t.routine_name, concat('drop ', t.routine_type, ' ', {_name('t.routine_name')})"
        f" from {_SCHEMA}.routines t where t.routine_schema = database()",
    ),
    "routine_changed": (
        "a routine was given other privileges:",
        f"t.routine_name, concat('alter ', t.routine_type, ' ', {_name('t.routine_name')}, ' sql security invoker')"
        f" from {_SCHEMA}.routines t where t.routine_schema = database() and t.security_type = 'DEFINER'",
    ),
    "trigger_dropped": (
        "a trigger was dropped:",
        f"t.trigger_name, concat('drop trigger ', {_name('t.trigger_name')})"
        f" from {_SCHEMA}.triggers t where t.trigger_schema = database()",
    ),
    "event_dropped": (
        "an event was dropped:",
        f"t.event_name, concat('drop event ', {_name('t.event_name')})"
        f" from {_SCHEMA}.events t where t.event_schema = database()",
    ),
    "sequence_set_back": (
        "a sequence was set back:",
        f"t.table_name, concat('alter sequence ', {_TABLE}, ' restart 1') from {_SCHEMA}.tables t"
        " where t.table_schema = database() and t.table_type = 'SEQUENCE'",
    ),
    "user_dropped": (
        "an account was dropped:",
        f"{_ACCOUNT}, concat('drop user ', {_QUOTED}) from mysql.user u where {_ACCOUNT} in ({{users}})",
    ),
    "user_made_mighty": (
        "an account was given all privileges:",
        f"{_ACCOUNT}, concat('grant all on *.* to ', {_QUOTED}) from mysql.user u where u.super_priv = 'N'"
        f" and {_ACCOUNT} in ({{users}})",
    ),
}
# Columns of words that nothing refers to.
_COLUMNS = f"""
select json_array(c.table_name, c.column_name)
from {_SCHEMA}.columns c join {_SCHEMA}.tables b using (table_schema, table_name)
where c.table_schema = database() and b.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
  and c.data_type in ('varchar', 'text', 'mediumtext', 'longtext') and c.column_key = ''
"""


@dataclass(frozen=True)
class Column:
    """A column that can be changed; `chosen`: the condition for the rows that are compared."""

    table: str
    name: str
    chosen: str


@contextmanager
def _writing(server: Server, database: str) -> Iterator[Session]:
    """Open a session that may write anything; foreign keys hold nothing back."""
    with talk(server, database) as session:
        session.tell("set session foreign_key_checks = 0, check_constraint_checks = 0")
        yield session


def _defined(words: str, query: str) -> DataDamage[Facts]:
    """Return the damage that a statement does to one of those that a query finds."""

    def hurt(server: Server, database: str, facts: Facts, chance: Random) -> str:
        users = ", ".join(map(text, facts.users)) or "null"
        with _writing(server, database) as session:
            columns = "select '' as one, '' as act from dual where false"  # the server can't name them otherwise
            query_of = f"{columns} union all select {query.replace('{users}', users)}"
            found = sorted(session.ask(f"select json_array(one, act) from ({query_of}) q"))
            if not found:
                return ""
            one, statement = chance.choice(found)
            session.tell(statement)
        return f"{words} {one}"

    return DataDamage(hurt)


def _columns(session: Session, facts: Facts) -> list[Column]:
    known, found = keys(session.ask), []
    for table, column in sorted(session.ask(_COLUMNS)):
        part = slice_of(table, 0, facts.content or {})
        if facts.rows.get(table, 0) > 1 and table not in facts.approximate:
            found.append(Column(name(table), name(column), chosen_rows(known[table], part)))
    return found


_ROWS = Rows(_writing, _columns)


def _rows(words: str, statement: Callable[[Column], str]) -> DataDamage[Facts]:
    """Return the damage that a statement does to rows of the slice that is compared, of one table by chance."""
    return _ROWS.hurt(words, lambda session, one: int(session.tell(f"{statement(one)}; select row_count()")[-1]) > 0)


def _counter_set_back(server: Server, database: str, _facts: Facts, _chance: Random) -> str:
    """Set AUTO_INCREMENT back as far as the server does: behind the last row."""
    with _writing(server, database) as session:
        before = counters(session.ask).auto_increment
        for table, value in sorted(before.items()):
            session.tell(f"alter table {name(table)} auto_increment = 1")
            if counters(session.ask).auto_increment.get(table, 0) < value:
                return f"AUTO_INCREMENT was set back: {table}"
    return ""


def _users_lost(folder: Path, facts: Facts, _chance: Random) -> str:
    if not facts.users or not (folder / USERS).is_file():
        return ""
    (folder / USERS).write_text("", encoding="ascii")
    return "the accounts were removed"


def _other_dump(folder: Path, _facts: Facts, _chance: Random) -> str:
    """Put another database's dump in the place of this one, as long and as whole as it."""
    dump = folder / DUMP
    size = dump.stat().st_size if dump.is_file() else 0
    head, tail = "CREATE TABLE other (one INT);\n-- ", f"\n{END} --\n"
    filler = size - len(head) - len(tail)
    if filler < 0:
        return ""
    dump.write_text(f"{head}{' ' * filler}{tail}", encoding="ascii")
    return "the dump was replaced by that of another database"


_FILLED = "where {0.chosen} and {0.name} <> '' limit 1"
DAMAGES: dict[str, DataDamage[Facts] | FileDamage[Facts]] = {
    **{label: _defined(words, query) for label, (words, query) in _DEFINED.items()},
    "table_emptied": emptied(_writing, lambda facts: facts.rows, name),
    "row_deleted": _rows("a row was deleted from", lambda one: f"delete from {one.table} {_FILLED.format(one)}"),
    "value_changed": _rows(
        "a value was changed in",
        lambda one: f"update {one.table} set {one.name} = reverse(concat({one.name}, '.')) {_FILLED.format(one)}",
    ),
    "value_lost": _rows(
        "a value was emptied in", lambda one: f"update {one.table} set {one.name} = '' {_FILLED.format(one)}"
    ),
    "many_rows_changed": _rows(
        "a column was changed in all rows of",
        lambda one: f"update {one.table} set {one.name} = upper(concat({one.name}, 'x')) where {one.chosen}",
    ),
    "counter_set_back": DataDamage(_counter_set_back),
    "users_lost": FileDamage("material", _users_lost),
    "other_dump": FileDamage("material", _other_dump),
    **of_stream(lambda folder, _facts: folder / DUMP),
}
