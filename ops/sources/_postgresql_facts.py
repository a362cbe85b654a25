"""The facts about a PostgreSQL database that its manifest keeps, as SQL.

Every query answers one JSON document in one line, so that names with line ends or separators cannot confuse the
reading. They run with an empty search_path, so that all definitions are written with their schemas.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

Ask = Callable[[str], Any]

# Relations that a dump carries: no system schemas, nothing that an extension made.
_OURS = """
  n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend d where d.objid = {oid} and d.deptype = 'e')
"""

TABLES = f"""
select coalesce(json_agg(format('%I.%I', n.nspname, c.relname) order by n.nspname, c.relname), '[]')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and {_OURS.format(oid="c.oid")}
"""

# Outside MVCC: read before the dump's snapshot is made, so a later state can only be ahead.
SEQUENCES = """
select coalesce(json_object_agg(format('%I.%I', schemaname, sequencename), last_value), '{}')
from pg_catalog.pg_sequences where schemaname !~ '^pg_'
"""

SETTING = """
select json_build_object(
  'server_version', current_setting('server_version'),
  'major', current_setting('server_version_num')::int / 10000,
  'encoding', pg_catalog.pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
  'provider', d.datlocprovider, 'owner', pg_catalog.pg_get_userbyid(d.datdba),
  'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
  'settings', (select coalesce(json_agg(json_build_array(coalesce(pg_catalog.pg_get_userbyid(nullif(setrole, 0)), ''),
    config)), '[]') from pg_catalog.pg_db_role_setting, unnest(setconfig) config where setdatabase = d.oid),
  'grants', (select coalesce(json_agg(json_build_array(
    case grantee when 0 then '' else pg_catalog.pg_get_userbyid(grantee) end, privilege_type, is_grantable)), '[]')
    from pg_catalog.aclexplode(d.datacl)),
  'public', d.datacl is null,
  'bytes', pg_catalog.pg_database_size(d.oid),
  'large_objects', (select count(*) from pg_catalog.pg_largeobject_metadata))
from pg_catalog.pg_database d where datname = current_database()
"""

EXTENSIONS = """
select coalesce(json_object_agg(extname, extversion order by extname), '{}')
from pg_catalog.pg_extension where extname <> 'plpgsql'
"""

ROLES = """
select coalesce(json_agg(rolname order by rolname), '[]') from pg_catalog.pg_roles where rolname !~ '^pg_'
"""

# How far each sequence must be: the greatest value in the column that it feeds.
OWNED = """
select coalesce(json_agg(json_build_array(
  format('%I.%I', sn.nspname, s.relname), format('%I.%I', tn.nspname, t.relname), format('%I', a.attname))), '[]')
from pg_catalog.pg_depend d
join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
join pg_catalog.pg_class t on t.oid = d.refobjid
join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
where d.deptype in ('a', 'i') and d.classid = 'pg_catalog.pg_class'::regclass
"""

_DEFINITIONS = {
    "column": f"""
      select n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner), a.attname,
        format_type(a.atttypid, a.atttypmod), a.attnotnull::text, a.attidentity::text, a.attgenerated::text,
        coalesce(pg_get_expr(e.adbin, e.adrelid), ''),
        (row_number() over (partition by c.oid order by a.attnum))::text
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      left join pg_attrdef e on e.adrelid = c.oid and e.adnum = a.attnum
      where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and {_OURS.format(oid="c.oid")}""",
    "constraint": f"""
      select n.nspname, r.relname, k.conname, pg_get_constraintdef(k.oid)
      from pg_constraint k join pg_class r on r.oid = k.conrelid join pg_namespace n on n.oid = r.relnamespace
      where {_OURS.format(oid="r.oid")}""",
    "index": f"""
      select n.nspname, c.relname, pg_get_indexdef(c.oid)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_index i on i.indexrelid = c.oid
      where {_OURS.format(oid="i.indrelid")}""",
    "view": f"""
      select n.nspname, c.relname, pg_get_viewdef(c.oid)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('v', 'm') and {_OURS.format(oid="c.oid")}""",
    "function": f"""
      select n.nspname, p.proname, pg_get_functiondef(p.oid)
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prokind in ('f', 'p') and {_OURS.format(oid="p.oid")}""",
    "trigger": f"""
      select n.nspname, c.relname, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid)
      from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
      where not t.tgisinternal and {_OURS.format(oid="c.oid")}""",
    "sequence": """
      select schemaname, sequencename, data_type::text, start_value::text, min_value::text, max_value::text,
        increment_by::text, cycle::text
      from pg_sequences where schemaname !~ '^pg_'""",
    "enum": f"""
      select n.nspname, t.typname, e.enumlabel,
        (row_number() over (partition by t.oid order by e.enumsortorder))::text
      from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace n on n.oid = t.typnamespace
      where {_OURS.format(oid="t.oid")}""",
    "policy": """
      select schemaname, tablename, policyname, cmd, coalesce(qual, ''), coalesce(with_check, '')
      from pg_policies""",
    "grant": f"""
      select n.nspname, c.relname, pg_get_userbyid(x.grantee), x.privilege_type, x.is_grantable::text
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      cross join aclexplode(coalesce(
        c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner))) x
      where c.relkind in ('r', 'p', 'v', 'm', 'S') and {_OURS.format(oid="c.oid")}""",
}


def definitions(what: str) -> str:
    """Return the query for one sort of definitions, one JSON array of rows."""
    rows = f"select array[{_columns(what)}] from ({_DEFINITIONS[what]}) q({_names(what)})"
    return f"select coalesce(json_agg(d), '[]') from ({rows}) w(d)"


def _names(what: str) -> str:
    width = {
        "column": 11,
        "constraint": 4,
        "index": 3,
        "view": 3,
        "function": 3,
        "trigger": 5,
        "sequence": 8,
        "enum": 4,
        "policy": 6,
        "grant": 5,
    }[what]
    return ", ".join(f"c{number}" for number in range(width))


def _columns(what: str) -> str:
    return ", ".join(f"{name}::text" for name in _names(what).split(", "))


def structure(ask: Ask) -> dict[str, Any]:
    """Return the number of definitions of each sort, and one digest for each: equal when the schema is equal."""
    found = {}
    for what in _DEFINITIONS:
        rows = sorted(json.dumps(row, ensure_ascii=False) for row in ask(definitions(what)))
        total = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        found[what] = {"count": len(rows), "sha256": total}
    return found


def rows(ask: Ask) -> dict[str, int]:
    """Return the number of rows of every table."""
    return {table: int(ask(f"select count(*) from {table}")) for table in ask(TABLES)}


def facts(ask: Ask) -> dict[str, Any]:
    """Return all facts but the sequences, as the session's snapshot sees them."""
    return {
        **ask(SETTING),
        "rows": rows(ask),
        "extensions": ask(EXTENSIONS),
        "roles": ask(ROLES),
        "structure": structure(ask),
    }


def sequences_behind(ask: Ask, wanted: Mapping[str, int | None]) -> list[str]:
    """Return what is wrong with the sequences: set back against the manifest, or behind the column they feed."""
    found = ask(SEQUENCES)
    wrong = []
    for name, value in wanted.items():
        if name not in found:
            wrong.append(f"{name} is missing")
        elif value is not None and (found[name] or 0) < value:
            wrong.append(f"{name} is at {found[name]}, was at {value}")
    for sequence, table, column in ask(OWNED):
        highest = ask(f"select coalesce(max({column}), 0) from {table}")
        if sequence in found and (found[sequence] or 0) < highest:
            wrong.append(f"{sequence} is at {found[sequence]}, {table}.{column} goes up to {highest}")
    return wrong
