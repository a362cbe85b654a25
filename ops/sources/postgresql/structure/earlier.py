"""What manifests of earlier builds keep of the definitions: digests of the server's own words, of 18 sorts.

They are asked for so that such a manifest can still be compared; a query never changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ops.sources._shared.comparison import Definitions, digested
from ops.sources.postgresql.structure.ours import OURS

Ask = Callable[[str], Any]

DEFINITIONS = {
    "column": f"""
      select n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner), a.attname,
        format_type(a.atttypid, a.atttypmod), a.attnotnull::text, a.attidentity::text, a.attgenerated::text,
        coalesce(pg_get_expr(e.adbin, e.adrelid), ''),
        (row_number() over (partition by c.oid order by a.attnum))::text
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      left join pg_attrdef e on e.adrelid = c.oid and e.adnum = a.attnum
      where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and {OURS.format(oid="c.oid")}""",
    "constraint": f"""
      select n.nspname, r.relname, k.conname, pg_get_constraintdef(k.oid)
      from pg_constraint k join pg_class r on r.oid = k.conrelid join pg_namespace n on n.oid = r.relnamespace
      where {OURS.format(oid="r.oid")}""",
    "index": f"""
      select n.nspname, c.relname, pg_get_indexdef(c.oid)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_index i on i.indexrelid = c.oid
      where {OURS.format(oid="i.indrelid")}""",
    "view": f"""
      select n.nspname, c.relname, pg_get_viewdef(c.oid)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('v', 'm') and {OURS.format(oid="c.oid")}""",
    "function": f"""
      select n.nspname, p.proname, pg_get_functiondef(p.oid)
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prokind in ('f', 'p') and {OURS.format(oid="p.oid")}""",
    "trigger": f"""
      select n.nspname, c.relname, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid)
      from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
      where not t.tgisinternal and {OURS.format(oid="c.oid")}""",
    "sequence": """
      select schemaname, sequencename, data_type::text, start_value::text, min_value::text, max_value::text,
        increment_by::text, cycle::text
      from pg_sequences where schemaname !~ '^pg_'""",
    "enum": f"""
      select n.nspname, t.typname, e.enumlabel,
        (row_number() over (partition by t.oid order by e.enumsortorder))::text
      from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace n on n.oid = t.typnamespace
      where {OURS.format(oid="t.oid")}""",
    "policy": """
      select schemaname, tablename, policyname, cmd, coalesce(qual, ''), coalesce(with_check, '')
      from pg_policies""",
    "grant": f"""
      select n.nspname, c.relname, pg_get_userbyid(x.grantee), x.privilege_type, x.is_grantable::text
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      cross join aclexplode(coalesce(
        c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner))) x
      where c.relkind in ('r', 'p', 'v', 'm', 'S') and {OURS.format(oid="c.oid")}""",
    "table": f"""
      select n.nspname, c.relname, c.relkind::text, c.relpersistence::text, c.relrowsecurity::text,
        c.relforcerowsecurity::text, c.relispopulated::text,
        (select coalesce(string_agg(o, ',' order by o), '') from unnest(c.reloptions) o)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f') and {OURS.format(oid="c.oid")}""",
    "schema": f"""
      select n.nspname, pg_get_userbyid(n.nspowner), pg_get_userbyid(x.grantee), x.privilege_type, x.is_grantable::text
      from pg_namespace n cross join aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
      where {OURS.format(oid="n.oid")}""",
    "function grant": f"""
      select n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), pg_get_userbyid(p.proowner),
        pg_get_userbyid(x.grantee), x.privilege_type
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
      where {OURS.format(oid="p.oid")}""",
    "column grant": f"""
      select n.nspname, c.relname, a.attname, pg_get_userbyid(x.grantee), x.privilege_type
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      cross join aclexplode(a.attacl) x
      where a.attnum > 0 and not a.attisdropped and {OURS.format(oid="c.oid")}""",
    "policy role": """
      select schemaname, tablename, policyname, permissive, roles::text
      from pg_policies""",
    "domain": f"""
      select n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod), t.typnotnull::text,
        coalesce(t.typdefault, ''),
        (select coalesce(string_agg(k.conname || ' ' || pg_get_constraintdef(k.oid), ', ' order by k.conname), '')
          from pg_constraint k where k.contypid = t.oid)
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where t.typtype = 'd' and {OURS.format(oid="t.oid")}""",
    "rule": """
      select schemaname, tablename, rulename, definition
      from pg_rules where schemaname !~ '^pg_' and schemaname <> 'information_schema'""",
    "event trigger": """
      select evtname, evtevent, evtenabled::text, evtfoid::regproc::text
      from pg_event_trigger e
      where not exists (select from pg_depend d where d.objid = e.oid and d.deptype = 'e')""",
}
_WIDTHS = {
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
    "table": 8,
    "schema": 5,
    "function grant": 6,
    "column grant": 5,
    "policy role": 5,
    "domain": 6,
    "rule": 4,
    "event trigger": 4,
}
# Where an object's name is not its first two columns.
_NAMED = {"constraint": 3, "trigger": 3, "policy": 3, "policy role": 3, "rule": 3, "schema": 1, "event trigger": 1}


def definitions(what: str) -> str:
    """Return the query for one sort of definitions, one JSON array of rows."""
    rows = f"select array[{_columns(what)}] from ({DEFINITIONS[what]}) q({_names(what)})"
    return f"select coalesce(json_agg(d), '[]') from ({rows}) w(d)"


def _names(what: str) -> str:
    return ", ".join(f"c{number}" for number in range(_WIDTHS[what]))


def _columns(what: str) -> str:
    return ", ".join(f"{name}::text" for name in _names(what).split(", "))


def earlier(ask: Ask) -> dict[str, Definitions]:
    """Return of each sort of definitions what `digested` says: equal when the schema is equal."""
    return {what: digested(ask(definitions(what)), _NAMED.get(what, 2)) for what in DEFINITIONS}
