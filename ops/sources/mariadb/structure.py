"""How a MariaDB database is defined, in a form that a dump and a load do not change.

Of a table that is what SHOW CREATE TABLE says, for that is what a dump writes; information_schema tells some defaults
only once they were written out. Nothing holds the name of the database itself, for a restore may give it another one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from ops.sources._shared.comparison import Definitions, digested
from ops.sources.mariadb.own_name import without
from ops.sources.mariadb.session import Session, name, text

# The form of the definitions that are kept; a set of another one is compared by names alone.
FORM = 2
_TABLES = (
    "select json_array(table_name, table_type) from information_schema.tables"
    " where table_schema = database() and table_type <> 'VIEW'"
)
_KNOWN = " union ".join(
    f"select json_quote({column}) from information_schema.{place} = database()"
    for column, place in (
        ("table_name", "tables where table_schema"),
        ("routine_name", "routines where routine_schema"),
        ("trigger_name", "triggers where trigger_schema"),
        ("event_name", "events where event_schema"),
    )
)
_DATABASE = (
    "select json_array('database', default_character_set_name, default_collation_name)"
    " from information_schema.schemata where schema_name = database()"
)
# Whether an event is awake is no definition: a restore lets them sleep.
_DEFINITIONS = {
    "view": """
      select json_array(table_name, view_definition, check_option, definer, security_type, algorithm,
        collation_connection)
      from information_schema.views where table_schema = database()""",
    "routine": """
      select json_array(r.routine_type, r.routine_name, r.dtd_identifier, r.routine_definition, r.definer,
        r.security_type, r.is_deterministic, r.sql_data_access, r.sql_mode, r.routine_comment,
        r.character_set_client, r.collation_connection)
      from information_schema.routines r where r.routine_schema = database()""",
    "parameter": """
      select json_array(specific_name, routine_type, ordinal_position, parameter_mode, parameter_name, dtd_identifier)
      from information_schema.parameters where specific_schema = database()""",
    "trigger": """
      select json_array(trigger_name, event_object_table, event_manipulation, action_order, action_timing,
        action_statement, definer, sql_mode, character_set_client, collation_connection)
      from information_schema.triggers where trigger_schema = database()""",
    "event": """
      select json_array(event_name, event_definition, definer, time_zone, event_type, execute_at, interval_value,
        interval_field, starts, ends, on_completion, sql_mode, event_comment)
      from information_schema.events where event_schema = database()""",
}
_SEQUENCE = """
select json_array({text}, minimum_value, maximum_value, start_value, increment, cache_size, cycle_option) from {name}
"""
_COUNTER = re.compile(r"^(\) ENGINE=\S+) AUTO_INCREMENT=\d+")
_QUOTED = r"`((?:[^`]|``)*)`"
_LINES = (
    ("column", re.compile(rf"  {_QUOTED} ")),
    ("foreign key", re.compile(rf"  CONSTRAINT {_QUOTED} FOREIGN KEY ")),
    ("check", re.compile(rf"  CONSTRAINT {_QUOTED} CHECK ")),
    ("index", re.compile(rf"  (?:[A-Z]+ )?KEY {_QUOTED} ")),
    ("index", re.compile(r"  (PRIMARY) KEY ")),
)
_OF_TABLES = ("table", "column", "index", "foreign key", "check", "partition")
_NAMED = ("table", "view", "routine", "trigger", "event", "sequence")

Row = Sequence[object]


def structure(session: Session, database: str, left_out: Collection[str] = ()) -> dict[str, Definitions]:
    """Return the number of definitions of each sort, and one digest for each: equal when the schema is equal.

    left_out: the tables and views that are no part of a dump.
    """
    known = names(session)
    rows: dict[str, list[Row]] = {"database": session.ask(_DATABASE), **{sort: [] for sort in _OF_TABLES}}
    rows["sequence"] = []
    for table, kind in session.ask(_TABLES):
        if kind == "SEQUENCE":
            rows["sequence"] += session.ask(_SEQUENCE.format(text=text(table), name=name(table)))
        elif table not in left_out:
            for sort, row in parts_of(table, created(session, table)):
                rows[sort].append(row)
    for sort, query in _DEFINITIONS.items():
        place = 1 if sort == "trigger" else 0  # the table to which it belongs
        found = session.ask(query)
        rows[sort] = [row for row in found if sort not in {"view", "trigger"} or row[place] not in left_out]
    # A routine's name stands behind its sort.
    return {sort: digested(_plain(found, database, known), 1 + (sort == "routine")) for sort, found in rows.items()}


def names(session: Session) -> set[str]:
    """Return the names of all that the database of a session has."""
    return {str(one) for one in session.ask(_KNOWN)}


def created(session: Session, table: str) -> str:
    """Return what SHOW CREATE TABLE says."""
    return "\n".join(session.tell(f"show create table {name(table)}")).partition("\t")[2]


def parts_of(table: str, said: str) -> Iterator[tuple[str, Row]]:
    """Yield from what SHOW CREATE TABLE says each definition: its sort, and what it is, its name first.

    Line ends within texts are written as two letters there, so each line is one definition.
    """
    column = partition = 0
    for line in said.split("\n")[1:]:
        sort, found = next(((sort, found) for sort, look in _LINES if (found := look.match(line))), ("", None))
        words = line.strip().removesuffix(",")
        if found:
            column += sort == "column"
            own = f"{table}.{found[1].replace('``', '`')}"
            yield sort, (own, column, words) if sort == "column" else (own, words)
        elif line.startswith((")", "  ")):
            yield "table", (table, _COUNTER.sub(r"\1", words))
        else:
            partition += 1
            yield "partition", (table, partition, words)


def known_by_name(structure: Mapping[str, Definitions]) -> dict[str, Definitions]:
    """Return of definitions only what they are called: all that can be compared of a set in another form."""
    return {
        sort: digested([(one,) for one in told.objects or ()], 1)
        for sort, told in structure.items()
        if sort in _NAMED and told.objects is not None
    }


def _plain(rows: Sequence[Row], database: str, known: Collection[str]) -> list[Row]:
    return [[without(part, database, known) if isinstance(part, str) else part for part in row] for row in rows]
