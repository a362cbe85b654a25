"""What a database of a MariaDB server is made of, and what is done with all of it around a move of its tables."""

from __future__ import annotations

from collections.abc import Sequence

from ops.sources.mariadb.own_name import renamed
from ops.sources.mariadb.session import Session, name, text


def move_tables(session: Session, moves: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    """Move tables, given as (from, to, names), in one statement: all of them, or none when it fails."""
    words = [
        f"{name(source)}.{name(table)} to {name(target)}.{name(table)}"
        for source, target, tables in moves
        for table in tables
    ]
    if words:
        session.tell(f"rename table {', '.join(words)}")


def drop_triggers(session: Session, database: str) -> None:
    """Drop all triggers: a table that has one can't be moved."""
    for trigger in _names(session, "trigger_name", "triggers", "trigger_schema", database):
        session.tell(f"drop trigger {name(database)}.{name(trigger)}")


def drop_unmoved(session: Session, database: str) -> None:
    """Drop what is not moved and is made anew: no table is among it."""
    own = name(database)
    for view in _names(session, "table_name", "views", "table_schema", database):
        session.tell(f"drop view {own}.{name(view)}")
    for sort in ("FUNCTION", "PROCEDURE", "PACKAGE"):
        for routine in _names(
            session, "routine_name", f"routines where routine_type = '{sort}'", "routine_schema", database
        ):
            session.tell(f"drop {sort} {own}.{name(routine)}")
    for event in _names(session, "event_name", "events", "event_schema", database):
        session.tell(f"drop event {own}.{name(event)}")


def wake(session: Session, database: str, events: Sequence[str]) -> None:
    """Let these events happen, and no other one."""
    for event in _names(session, "event_name", "events", "event_schema", database):
        status = "enable" if event in events else "disable"
        session.tell(f"alter event {name(database)}.{name(event)} {status}")


def follow_sequences(session: Session, before: str, database: str) -> None:
    """Let columns that take their default from a sequence take it from the one that moved with them."""
    sequences = set(_names(session, "table_name", "tables where table_type = 'SEQUENCE'", "table_schema", database))
    query = (
        "select json_array(table_name, column_name, column_default) from information_schema.columns"
        f" where table_schema = {text(database)} and column_default like '%nextval(%'"
    )
    tables = tables_of(session, database)  # a view's columns tell the same default
    for table, column, default in session.ask(query) if sequences else ():
        if table not in tables:
            continue
        other = renamed(default, before, database, sequences, plain=True)
        if other != default:
            place = f"{name(database)}.{name(table)} alter column {name(column)}"
            session.tell(f"alter table {place} set default {other}")


def tables_of(session: Session, database: str) -> list[str]:
    """Return the names of its tables and sequences."""
    return _names(session, "table_name", "tables where table_type <> 'VIEW'", "table_schema", database)


def nature_of(session: Session, database: str) -> str:
    """Return its character set and collation, as CREATE DATABASE wants them."""
    query = "select json_array(default_character_set_name, default_collation_name) from information_schema.schemata"
    charset, collation = session.one(f"{query} where schema_name = {text(database)}")
    return f"character set {charset} collate {collation}"


def _names(session: Session, column: str, where: str, schema: str, database: str) -> list[str]:
    """Return names of one sort in a database."""
    table, _, condition = where.partition(" where ")
    more = f" and {condition}" if condition else ""
    query = f"select json_quote({column}) from information_schema.{table} where {schema} = {text(database)}"
    return [str(found) for found in session.ask(f"{query}{more}")]
