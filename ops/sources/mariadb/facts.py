"""The facts about a MariaDB database that its manifest keeps, as SQL.

Every query answers one JSON document in each row, so that names with line ends or separators cannot confuse the
reading. Definitions are digested without the database's own name, for a restore may give it another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ops.core.document import decode
from ops.core.names import DatabaseName
from ops.core.schema import spare
from ops.sources._shared.comparison import Definitions, digested
from ops.sources._shared.dump import DumpFacts
from ops.sources._shared.row_slices import RowDigest
from ops.sources.mariadb.own_name import named_in
from ops.sources.mariadb.rows import Table, counted
from ops.sources.mariadb.session import Session, name, release, text
from ops.sources.mariadb.structure import FORM, structure

Ask = Callable[[str], list[Any]]

SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
# Accounts that a server has by itself.
OWN = ("root", "mysql", "mariadb.sys")

# What the server makes of a folder in its data directory whose name is none that it writes.
_STRAY = "#mysql50#"
DATABASES = (
    "select json_quote(schema_name) from information_schema.schemata"
    f" where schema_name not in ({', '.join(map(text, SYSTEM))}) and schema_name not like '{_STRAY}%'"
    " order by schema_name"
)
STRAYS = f"""
select json_array(substr(s.schema_name, {len(_STRAY) + 1}),
  (select count(*) from information_schema.tables t where t.table_schema = s.schema_name))
from information_schema.schemata s where s.schema_name like '{_STRAY}%' order by s.schema_name
"""
_TABLES = """
select json_array(t.table_name, t.table_type, t.engine, coalesce(e.transactions, 'NO') = 'YES', t.auto_increment,
  coalesce(t.data_length + t.index_length, 0))
from information_schema.tables t left join information_schema.engines e on e.engine = t.engine
where t.table_schema = {database} and t.table_type <> 'VIEW'{more} order by t.table_name
"""
_NAMES = """
select json_quote(table_name) from information_schema.tables
where table_schema = database() and table_type <> 'VIEW' order by table_name
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
# Those that the database names: whoever may do something with it in particular, and in whose name something runs.
_NEEDED = f"""
with own as (
  select g.grantee from information_schema.schema_privileges g where database() like g.table_schema
  union select g.grantee from information_schema.table_privileges g where g.table_schema = database()
  union select g.grantee from information_schema.column_privileges g where g.table_schema = database()
  union select concat('''', p.user, '''@''', p.host, '''') from mysql.procs_priv p where p.db = database()
), named as (
  select definer from information_schema.views where table_schema = database()
  union select definer from information_schema.triggers where trigger_schema = database()
  union select definer from information_schema.routines where routine_schema = database()
  union select definer from information_schema.events where event_schema = database()
)
select distinct json_quote(concat(u.user, '@', u.host)) from mysql.user u
left join mysql.roles_mapping m on m.user = u.user and m.host = u.host
where u.user not in ({", ".join(map(text, OWN))}, 'PUBLIC') and (
  concat('''', u.user, '''@''', u.host, '''') in (select grantee from own)
  or concat('''', m.role, '''@''''') in (select grantee from own)
  or concat(u.user, '@', u.host) in (select definer from named))
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
_DEFAULTS = """
select json_array(table_name, column_default) from information_schema.columns
where table_schema = database() and column_default like '%val(%'
"""
_EVENTS = "select json_array(event_name, status) from information_schema.events where event_schema = database()"


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
    rights: what they may do. events: the state of each. approximate: tables that were counted nearly. needed: the
    accounts without which the database is not whole. form: of the structure. left_out: what is no part of the dump, by
    name, and why. refused: how many rows a CHECK of their table refuses, by table and constraint. fed_by: the
    sequences from which columns of a table take their default.
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
    needed: tuple[str, ...] | None = None
    form: int = spare(1)
    left_out: Mapping[str, str] | None = None
    refused: Mapping[str, int] | None = None
    fed_by: Mapping[str, tuple[str, ...]] | None = None

    def __post_init__(self) -> None:
        """Demand a release that can be compared."""
        if not re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", self.release):
            raise ValueError(f"release: expected two numbers such as 10.11, found {self.release[:40]!r}")

    @property
    def database_name(self) -> str:
        """The name of the database that was taken."""
        return self.database

    @property
    def known_names(self) -> frozenset[str]:
        """The names of all that the database has."""
        defined = {sort: told.objects or {} for sort, told in self.structure.items()}
        routines = {one.partition(".")[2] for one in defined.get("routine", ())}  # it stands behind the sort
        others = {one for sort in ("view", "trigger", "event") for one in defined.get(sort, ())}
        return frozenset({*self.rows, *self.sequences, *(self.left_out or ()), *routines, *others})

    @property
    def restore_hint(self) -> str:
        """What whoever restores has to bring from elsewhere."""
        named = ", ".join(f"{one} ({why})" for one, why in (self.left_out or {}).items())
        return f"not in the dump: {named}; their definitions are comments at its end" if named else ""

    @property
    def loaded_bytes(self) -> int:
        """How much room the tables and indexes took."""
        return self.bytes

    @property
    def row_count(self) -> int:
        """How many rows all tables have."""
        return sum(self.rows.values())


def _listed(ask: Ask, left_out: Collection[str]) -> list[list[Any]]:
    """Return what is told of the tables: to tell their sizes the server opens all, so those left out are not asked."""
    if not left_out:
        return ask(_TABLES.format(database="database()", more=""))
    (database,) = ask("select json_quote(database())")
    kept = [str(table) for table in ask(_NAMES) if table not in left_out]
    one = [_TABLES.format(database=text(database), more=f" and t.table_name = {text(table)}") for table in kept]
    return [row for query in one for row in ask(query)]


def counters(ask: Ask, left_out: Collection[str] = ()) -> Counters:
    """Return where sequences and AUTO_INCREMENT are: outside transactions, so read before the dump's instant."""
    found = _listed(ask, left_out)
    ahead = {row[0]: int(row[4]) for row in found if row[4] is not None}
    sequences = [row[0] for row in found if row[1] == "SEQUENCE"]
    return Counters(ahead, {one: int(ask(f"select next_not_cached_value from {name(one)}")[0]) for one in sequences})


def tables(ask: Ask, left_out: Collection[str] = ()) -> dict[str, Table]:
    """Return the tables by name, but for those that are no part of a dump."""
    return {
        row[0]: Table(row[2], bool(row[3]), "VERSIONED" in row[1], int(row[5]))
        for row in _listed(ask, left_out)
        if row[1] != "SEQUENCE"
    }


def rows(ask: Ask, found: Mapping[str, Table]) -> dict[str, int]:
    """Return the number of rows of every table, with those that a versioned table keeps of the past."""
    past = {True: " for system_time all", False: ""}
    return {
        table: int(ask(f"select count(*) from {name(table)}{past[about.versioned]}")[0])
        for table, about in found.items()
    }


def facts(session: Session, database: str, outside: Counters, left_out: Mapping[str, str]) -> MariaDBFacts:
    """Return all facts as the session's snapshot sees them.

    outside: what no transaction holds, read before. left_out: the tables and views that are no part of the dump.
    """
    ask = session.ask
    setting = decode(Setting, ask(_SETTING)[0], "MariaDB's answer")
    found, users = tables(ask, left_out), sorted(ask(_USERS))
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
        needed=tuple(sorted(set(ask(_NEEDED)))),
        rights=rights(ask, users),
        events=events(ask),
        structure=structure(session, database, left_out),
        form=FORM,
        left_out=left_out or None,
        fed_by=_fed_by(ask, database) or None,
        locked_seconds=0.0,
        dump_bytes=0,
    )


def _fed_by(ask: Ask, database: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for table, default in ask(_DEFAULTS):
        found[table] = (*found.get(table, ()), *sorted(named_in(default, database)))
    return found


def events(ask: Ask) -> dict[str, str]:
    """Return the state of each event."""
    return dict(ask(_EVENTS))


def rights(ask: Ask, users: Collection[str]) -> Definitions:
    """Return what `digested` says of the rights of some accounts."""
    return digested([row for row in ask(_RIGHTS) if row[0] in users], 1)


def without_transactions(found: Mapping[str, Table]) -> dict[str, str]:
    """Return the engines of the tables that no transaction holds still."""
    return {table: str(about.engine) for table, about in found.items() if not about.transactional}
