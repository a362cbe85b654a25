"""The facts about a PostgreSQL database that its manifest keeps, as SQL.

Every query answers one JSON document in one line, so that names with line ends or separators cannot confuse the
reading. They run with an empty search_path, so that all definitions are written with their schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ops.core.document import decode
from ops.core.errors import Damaged
from ops.core.names import DatabaseName
from ops.core.schema import spare
from ops.interfaces.facts import Facts
from ops.sources._shared.comparison import MOST_NAMED, Definitions
from ops.sources._shared.dump import DumpFacts
from ops.sources._shared.row_slices import RowDigest
from ops.sources.postgresql.copied import copied, copied_of_extensions
from ops.sources.postgresql.rows import readable
from ops.sources.postgresql.sequences import behind
from ops.sources.postgresql.session import Session, wary
from ops.sources.postgresql.shared_letters import NO_LETTER, letters, told
from ops.sources.postgresql.structure import OURS, Ask, Sort, structure

ANSWER = "PostgreSQL's answer"
_LATE = "sequences are behind their columns, so that new rows may be refused: {}; use setval"

TABLES = f"""
select coalesce(json_agg(format('%I.%I', n.nspname, c.relname) order by n.nspname, c.relname), '[]')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and {OURS.format(oid="c.oid")}
"""

SETTING = f"""
select json_build_object(
  'server_version', current_setting('server_version'),
  'major', current_setting('server_version_num')::int / 10000,
  'encoding', pg_catalog.pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
  'provider', d.datlocprovider, 'owner', {told("pg_catalog.pg_get_userbyid(d.datdba)")},
  'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
  'rules', to_jsonb(d) ->> 'daticurules',
  'comment', {told("coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), '')")},
  'connection_limit', d.datconnlimit,
  'labels', (select coalesce(json_agg(json_build_array(provider, {told("label")}) order by provider), '[]')
    from pg_catalog.pg_shseclabel where classoid = 'pg_catalog.pg_database'::regclass and objoid = d.oid),
  'settings', (select coalesce(json_agg(json_build_array(
      {told("coalesce(pg_catalog.pg_get_userbyid(nullif(setrole, 0)), '')")}, {told("config")})), '[]')
    from pg_catalog.pg_db_role_setting, unnest(setconfig) config where setdatabase = d.oid),
  'grants', (select coalesce(json_agg(json_build_array(
    {told("case grantee when 0 then '' else pg_catalog.pg_get_userbyid(grantee) end")}, privilege_type, is_grantable)),
    '[]') from pg_catalog.aclexplode(d.datacl)),
  'public', d.datacl is null,
  'bytes', pg_catalog.pg_database_size(d.oid),
  'large_objects', (select count(*) from pg_catalog.pg_largeobject_metadata))
from pg_catalog.pg_database d where datname = current_database()
"""

EXTENSIONS = """
select coalesce(json_object_agg(extname, extversion order by extname), '{}')
from pg_catalog.pg_extension where extname <> 'plpgsql'
"""

ROLES = f"""
select json_build_object('encoding', getdatabaseencoding(), 'told', coalesce(json_agg({told("rolname")}
  order by rolname), '[]'))
from pg_catalog.pg_roles where rolname !~ '^pg_'
"""

# What a role may do, in words; its password is nobody's matter.
ROLE_ATTRIBUTES = f"""
select json_build_object('encoding', getdatabaseencoding(), 'told', coalesce(json_object_agg({told("r.rolname")}, (
  select coalesce(json_agg({told("word")} order by word), '[]') from (
    select key from jsonb_each_text(to_jsonb(r)) where value = 'true'
    union all select format('connections %s', r.rolconnlimit) where r.rolconnlimit >= 0
    union all select format('until %s', extract(epoch from r.rolvaliduntil)) where r.rolvaliduntil is not null
    union all select 'set ' || setting from unnest(r.rolconfig) setting
    union all select 'member of ' || pg_catalog.pg_get_userbyid(m.roleid) || case when m.admin_option
      then ' with admin option' else '' end from pg_catalog.pg_auth_members m where m.member = r.oid
  ) w(word))), '{{}}'))
from pg_catalog.pg_roles r where r.rolname !~ '^pg_'
"""

# Indexes that are not complete; a dump leaves them out, but for those of tables with partitions.
INVALID = f"""
select coalesce(json_agg(format('%I.%I', n.nspname, c.relname) order by n.nspname, c.relname), '[]')
from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where not (i.indisvalid and i.indisready) and {OURS.format(oid="i.indrelid")}
"""


@dataclass(frozen=True, kw_only=True)
class Setting(Facts):
    """What a database is as a whole.

    major: of the server's version. provider, locale, rules: of the database's order: `c`, `i` or `b`, a name, and rules
    of its own. settings: of the database by role, empty for all, as `name=value`. grants: on the database itself: to
    whom (empty: everybody), what, and whether it may be handed on. public: whether these are a new database's.
    comment (none: its letters can't be told), connection_limit, labels (by provider): earlier builds did not look.
    """

    server_version: str
    major: int
    encoding: str
    collate: str
    ctype: str
    bytes: int
    large_objects: int
    provider: str | None = None
    owner: str | None = None
    locale: str | None = None
    rules: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    grants: tuple[tuple[str, str, bool], ...] = ()
    public: bool = True
    comment: str | None = None
    connection_limit: int | None = None
    labels: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts(Setting):
    """What a database holds.

    rows: how many, by table; extension_rows: of extensions' tables, those that a dump carries. content: their digests.
    sequences: where each is; none that was never used. roles: of the cluster; role_attributes: what they may do.
    comes_back_empty: tables that a recovery empties. definitions: what is defined, by sort; structure: what earlier
    builds kept of it. behind: sequences that had not come as far as the column that they feed. copied: whether
    rows were counted and digested as COPY tells them; earlier builds asked queries, and did not look at extension_rows
    and behind.
    """

    rows: Mapping[str, int]
    extensions: Mapping[str, str]
    roles: tuple[str, ...]
    sequences: Mapping[str, int | None]
    structure: Mapping[str, Definitions] = field(default_factory=dict)
    definitions: Mapping[str, Sort] | None = None
    behind: tuple[str, ...] | None = None
    content: Mapping[str, RowDigest] | None = None
    extension_rows: Mapping[str, int] | None = None
    role_attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    invalid_indexes: tuple[str, ...] = ()
    comes_back_empty: tuple[str, ...] = spare(())
    copied: bool = spare(False)

    @property
    def row_count(self) -> int:
        """How many rows all tables have."""
        return sum(self.rows.values())


@dataclass(frozen=True, kw_only=True)
class PostgreSQLFacts(DatabaseFacts, DumpFacts):
    """The facts of a dump. dump: the file that it is, or the folder."""

    engine: Literal["postgresql"]
    database: DatabaseName
    dump: Literal["database.dump", "database.dir"] = "database.dump"

    @property
    def database_name(self) -> str:
        """The name of the database that was taken."""
        return self.database

    @property
    def loaded_bytes(self) -> int:
        """How much room the database took."""
        return self.bytes


def setting(ask: Ask) -> Setting:
    """Return what the session's database is as a whole."""
    answer = ask(SETTING)
    found = decode(Setting, letters(answer, answer["encoding"]), ANSWER)
    return replace(found, comment=None) if NO_LETTER in (found.comment or "") else found


def shared(ask: Ask, query: str) -> Any:
    """Return the answer to a query about what all databases share, which tells the encoding that it is in."""
    answer = ask(query)
    return letters(answer["told"], answer["encoding"])


def rows(ask: Ask) -> dict[str, int]:
    """Return the number of rows of every table."""
    return {table: int(ask(f"select count(*) from {read}")) for table, read in readable(ask, ask(TABLES)).items()}


def facts(session: Session, sequences: Mapping[str, int | None]) -> DatabaseFacts:
    """Return all facts as the session's snapshot sees them; sequences: read before it was made.

    No query of a table is planned, for that could run its owner's code with the rights of whoever asks.
    """
    ask = session.ask
    wary(session)
    here, tables = setting(ask), ask(TABLES)
    _demand_readable(here, [*tables, *sequences])
    found, of_others = copied(session, tables), copied_of_extensions(session)
    late = behind(ask, found.furthest)
    return DatabaseFacts(
        **{**vars(here), "warnings": _warned([*late.values()])},
        rows=found.rows,
        content={**found.content, **of_others.content},
        extension_rows=of_others.rows,
        copied=True,
        extensions=ask(EXTENSIONS),
        roles=tuple(shared(ask, ROLES)),
        role_attributes={role: tuple(words) for role, words in shared(ask, ROLE_ATTRIBUTES).items()},
        invalid_indexes=tuple(ask(INVALID)),
        definitions=structure(ask),
        sequences=sequences,
        behind=tuple(late),
    )


def _demand_readable(here: Setting, names: Sequence[str]) -> None:
    """Raise Damaged for a name whose bytes are no UTF-8: nobody could ask for it, nor tell it from another one."""
    if here.encoding == "SQL_ASCII" and (strange := [name for name in names if NO_LETTER in name]):
        raise Damaged(
            f"the name of the table or sequence {strange[0]} holds bytes that are no UTF-8",
            "rename it; its rows, columns and definitions may hold letters of any encoding",
        )


def _warned(late: list[str]) -> tuple[str, ...]:
    """Return the warning of sequences that are behind, where there are any."""
    more = f" and {len(late) - MOST_NAMED} more" if len(late) > MOST_NAMED else ""
    return (_LATE.format("; ".join(late[:MOST_NAMED]) + more),) if late else ()
