"""The facts about a MariaDB database that its manifest keeps, as SQL.

Every query answers one JSON document in each row, so that names with line ends or separators cannot confuse the
reading. Definitions are digested without the database's own name, for a restore may give it another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ops.core.document import decode
from ops.core.names import DatabaseName
from ops.sources._shared.comparison import Definitions, digested
from ops.sources._shared.dump import DumpFacts
from ops.sources._shared.row_slices import RowDigest
from ops.sources.mariadb.rows import Table, counted
from ops.sources.mariadb.session import name, release, text

Ask = Callable[[str], list[Any]]

SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
# Accounts that a server has by itself.
OWN = ("root", "mysql", "mariadb.sys")

DATABASES = (
    "select json_quote(schema_name) from information_schema.schemata"
    f" where schema_name not in ({', '.join(map(text, SYSTEM))}) order by schema_name"
)
_TABLES = """
select json_array(t.table_name, t.table_type, t.engine, coalesce(e.transactions, 'NO') = 'YES', t.auto_increment,
  coalesce(t.data_length + t.index_length, 0))
from information_schema.tables t left join information_schema.engines e on e.engine = t.engine
where t.table_schema = database() and t.table_type <> 'VIEW' order by t.table_name
"""
_SETTING = """
select json_object('server_version', version(), 'charset', default_character_set_name,
  'collation', default_collation_name)
from information_schema.schemata where schema_name = database()
"""
ACCOUNTS = f"""
select json_array(user, host, is_role = 'Y') from mysql.user
where user not in ({", ".join(map(text, OWN))}) and user <> '' order by user, host
"""
# Those who may do something with the database, by themselves or by a role. Grants are for patterns of names.
_USERS = f"""
with own as (
  select g.grantee from information_schema.user_privileges g where g.privilege_type <> 'USAGE'
  union select g.grantee from information_schema.schema_privileges g where database() like g.table_schema
  union select g.grantee from information_schema.table_privileges g where g.table_schema = database()
  union select concat('''', p.user, '''@''', p.host, '''') from mysql.procs_priv p where p.db = database()
)
select distinct json_quote(concat(u.user, '@', u.host)) from mysql.user u
left join mysql.roles_mapping m on m.user = u.user and m.host = u.host
where u.user not in ({", ".join(map(text, OWN))}, 'PUBLIC') and (
  concat('''', u.user, '''@''', u.host, '''') in (select grantee from own)
  or concat('''', m.role, '''@''''') in (select grantee from own))
"""
# What they may do, with all of the server, the database, or a table of it.
_RIGHTS = f"""
with given as (
  select grantee, '*' place, privilege_type, is_grantable from information_schema.user_privileges
  union all select grantee, '', privilege_type, is_grantable from information_schema.schema_privileges
    where database() like table_schema
  union all select grantee, table_name, privilege_type, is_grantable from information_schema.table_privileges
    where table_schema = database()
)
select json_array(concat(u.user, '@', u.host), g.place, g.privilege_type, g.is_grantable)
from mysql.user u join given g on g.grantee = concat('''', u.user, '''@''', u.host, '''')
where u.user not in ({", ".join(map(text, OWN))}, 'PUBLIC')
"""
_DEFINITIONS = {
    "table": """
      select json_array(table_name, table_type, engine, table_collation, create_options, table_comment)
      from information_schema.tables where table_schema = database() and table_type not in ('VIEW', 'SEQUENCE')""",
    "column": """
      select json_array(c.table_name, c.ordinal_position, c.column_name, c.column_type, c.is_nullable,
        c.column_default, c.extra, c.collation_name, c.generation_expression, c.column_comment)
      from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
      where c.table_schema = database() and t.table_type not in ('VIEW', 'SEQUENCE')""",
    "index": """
      select json_array(table_name, index_name, non_unique, seq_in_index, column_name, collation, sub_part,
        index_type, index_comment)
      from information_schema.statistics where table_schema = database()""",
    "partition": """
      select json_array(table_name, partition_name, subpartition_name, partition_method, subpartition_method,
        partition_expression, subpartition_expression, partition_description)
      from information_schema.partitions where table_schema = database() and partition_name is not null""",
    "foreign key": """
      select json_array(k.table_name, k.constraint_name, k.ordinal_position, k.column_name,
        if(k.referenced_table_schema = database(), '', k.referenced_table_schema), k.referenced_table_name,
        k.referenced_column_name, r.update_rule, r.delete_rule)
      from information_schema.key_column_usage k join information_schema.referential_constraints r
        on r.constraint_schema = k.constraint_schema and r.table_name = k.table_name
        and r.constraint_name = k.constraint_name
      where k.table_schema = database()""",
    "check": """
      select json_array(table_name, constraint_name, level, check_clause)
      from information_schema.check_constraints where constraint_schema = database()""",
    "view": """
      select json_array(table_name, view_definition, check_option, definer, security_type, character_set_client,
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
      select json_array(trigger_name, event_manipulation, event_object_table, action_order, action_timing,
        action_statement, definer, sql_mode, character_set_client, collation_connection)
      from information_schema.triggers where trigger_schema = database()""",
    "event": """
      select json_array(event_name, event_definition, definer, time_zone, event_type, execute_at, interval_value,
        interval_field, starts, ends, on_completion, sql_mode, event_comment)
      from information_schema.events where event_schema = database()""",
}
# Whether an event is awake is no definition: a restore lets them sleep.
_EVENTS = "select json_array(event_name, status) from information_schema.events where event_schema = database()"
_SEQUENCE = """
select json_array({text}, minimum_value, maximum_value, start_value, increment, cache_size, cycle_option) from {name}
"""


@dataclass(frozen=True)
class Setting:
    """What a database is as a whole."""

    server_version: str
    charset: str
    collation: str


@dataclass(frozen=True)
class Counters:
    """Where sequences and AUTO_INCREMENT are, by name of sequence and table."""

    auto_increment: Mapping[str, int]
    sequences: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class MariaDBFacts(DumpFacts):
    """The facts of a dump.

    major, release: of the server, such as 10 and `10.11`. bytes: of tables and indexes. rows: how many, by table;
    content: their digests. engines: of the tables. users: the accounts that may do something with the database;
    rights: what they may do. events: the state of each. approximate: tables that were counted nearly.
    """

    engine: Literal["mariadb"]
    database: DatabaseName
    server_version: str
    charset: str
    collation: str
    major: int
    release: str
    bytes: int
    rows: Mapping[str, int]
    engines: Mapping[str, str | None]
    users: tuple[str, ...]
    events: Mapping[str, str]
    structure: Mapping[str, Definitions]
    auto_increment: Mapping[str, int]
    sequences: Mapping[str, int]
    locked_seconds: float
    content: Mapping[str, RowDigest] | None = None
    rights: Definitions | None = None
    approximate: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Demand a release that can be compared."""
        if not re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", self.release):
            raise ValueError(f"release: expected two numbers such as 10.11, found {self.release[:40]!r}")

    @property
    def database_name(self) -> str:
        """The name of the database that was taken."""
        return self.database

    @property
    def loaded_bytes(self) -> int:
        """How much room the tables and indexes took."""
        return self.bytes

    @property
    def row_count(self) -> int:
        """How many rows all tables have."""
        return sum(self.rows.values())


def structure(ask: Ask, database: str) -> dict[str, Definitions]:
    """Return the number of definitions of each sort, and one digest for each: equal when the schema is equal."""
    # A routine's name stands behind its sort.
    found = {what: _digest(ask(query), database, 1 + (what == "routine")) for what, query in _DEFINITIONS.items()}
    sequences = [ask(_SEQUENCE.format(text=text(one), name=name(one)))[0] for one in _sequences(ask)]
    return {**found, "sequence": _digest(sequences, database)}


def _digest(rows: Iterable[Sequence[object]], database: str, names: int = 1) -> Definitions:
    own = f"{name(database)}."  # how views name what lies in their own database
    plain = [[part.replace(own, "") if isinstance(part, str) else part for part in row] for row in rows]
    return digested(plain, names)


def _sequences(ask: Ask) -> list[str]:
    return [row[0] for row in ask(_TABLES) if row[1] == "SEQUENCE"]


def counters(ask: Ask) -> Counters:
    """Return where sequences and AUTO_INCREMENT are: outside transactions, so read before the dump's instant."""
    ahead = {row[0]: int(row[4]) for row in ask(_TABLES) if row[4] is not None}
    values = {one: int(ask(f"select next_not_cached_value from {name(one)}")[0]) for one in _sequences(ask)}
    return Counters(ahead, values)


def tables(ask: Ask) -> dict[str, Table]:
    """Return the tables by name."""
    return {
        row[0]: Table(row[2], bool(row[3]), "VERSIONED" in row[1], int(row[5]))
        for row in ask(_TABLES)
        if row[1] != "SEQUENCE"
    }


def rows(ask: Ask, found: Mapping[str, Table]) -> dict[str, int]:
    """Return the number of rows of every table, with those that a versioned table keeps of the past."""
    past = {True: " for system_time all", False: ""}
    return {
        table: int(ask(f"select count(*) from {name(table)}{past[about.versioned]}")[0])
        for table, about in found.items()
    }


def facts(ask: Ask, database: str, outside: Counters) -> MariaDBFacts:
    """Return all facts as the session's snapshot sees them; outside: what no transaction holds, read before."""
    setting = decode(Setting, ask(_SETTING)[0], "MariaDB's answer")
    found, users = tables(ask), sorted(ask(_USERS))
    major, minor = release(setting.server_version)
    counts = counted(ask, found)
    return MariaDBFacts(
        **vars(setting),
        **vars(outside),
        engine="mariadb",
        database=DatabaseName(database),
        major=major,
        release=f"{major}.{minor}",
        bytes=sum(about.bytes for about in found.values()),
        rows=counts.rows,
        content=counts.content,
        engines={table: about.engine for table, about in found.items()},
        users=tuple(users),
        rights=rights(ask, users),
        events=dict(ask(_EVENTS)),
        structure=structure(ask, database),
        locked_seconds=0.0,
        dump_bytes=0,
    )


def rights(ask: Ask, users: Collection[str]) -> Definitions:
    """Return what `digested` says of the rights of some accounts."""
    return digested([row for row in ask(_RIGHTS) if row[0] in users], 1)


def without_transactions(found: Mapping[str, Table]) -> dict[str, str]:
    """Return the engines of the tables that no transaction holds still."""
    return {table: str(about.engine) for table, about in found.items() if not about.transactional}
