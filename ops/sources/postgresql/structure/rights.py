"""Schemas, rights, comments, and what belongs to the database as a whole, as SQL; see `relations`."""

from __future__ import annotations

from ops.sources.postgresql.structure.ours import ADDED, OURS


def _sorted(array: str) -> str:
    return f"(select jsonb_agg(o order by o) from unnest({array}) o)"


def _rights(acl: str, kind: str, owner: str) -> str:
    """Return who may do what by a list of rights, or by the default one of that kind of object where there is none.

    Whoever may do all that an owner may has `ALL`, as in a dump: a later release knows more.
    """
    return f"(select jsonb_agg(w order by w) from ({_each_right(acl, kind, owner)}) g(w))"


def _each_right(acl: str, kind: str, owner: str, among: str = "") -> str:
    """Return the query for `_rights`, one row for everybody who may do something. among: a condition of it."""
    whole = f"acldefault({kind}, {owner})"
    return f"""
      select jsonb_build_array(case x.grantee when 0 then '' else pg_get_userbyid(x.grantee) end, x.is_grantable,
        case count(distinct x.privilege_type)
          when (select count(*) from aclexplode({whole}) own where own.grantee = {owner})
          then '["ALL"]' else jsonb_agg(distinct x.privilege_type) end)
      from aclexplode(coalesce({acl}, {whole})) x {among} group by x.grantee, x.is_grantable"""


_DEFAULT = """(case a.defaclobjtype when 'S' then 's' else a.defaclobjtype end)::"char\""""
_RELATION = """(case c.relkind when 'S' then 's' else 'r' end)::"char\""""
# All that may have rights, with the letter by which the server knows the rights that such a thing has at first.
_WITH_RIGHTS = f"""
  select 'pg_class'::regclass, c.oid, 0, {_RELATION}, c.relacl, c.relowner, c.relnamespace from pg_class c
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all select 'pg_class'::regclass, c.oid, a.attnum, 'c', a.attacl, c.relowner, c.relnamespace
    from pg_attribute a join pg_class c on c.oid = a.attrelid where a.attnum > 0 and not a.attisdropped
  union all select 'pg_proc'::regclass, oid, 0, 'f', proacl, proowner, pronamespace from pg_proc
  union all select 'pg_type'::regclass, oid, 0, 'T', typacl, typowner, typnamespace from pg_type
  union all select 'pg_namespace'::regclass, oid, 0, 'n', nspacl, nspowner, oid from pg_namespace
  union all select 'pg_language'::regclass, oid, 0, 'l', lanacl, lanowner, 0 from pg_language where lanispl
  union all select 'pg_foreign_data_wrapper'::regclass, oid, 0, 'F', fdwacl, fdwowner, 0 from pg_foreign_data_wrapper
  union all select 'pg_foreign_server'::regclass, oid, 0, 'S', srvacl, srvowner, 0 from pg_foreign_server"""
# Whoever makes an extension owns what is in it, and that is the restore's superuser where it was another's.
_OTHERS = "where x.grantee not in (o.owner, 10)"
_NOW, _FIRST = (_each_right(acl, "o.kind", "o.owner", _OTHERS) for acl in ("o.acl", "p.initprivs"))
_CHANGED = "select jsonb_agg(w order by w) from (({one}) except ({other})) g(w)"
_TOLD = """
      from (select o.*, i.type, coalesce(i.schema, '') as schema, i.identity from {catalogue} o
        cross join pg_identify_object(o.classoid, o.objoid, o.objsubid) i) o
      where (o.objoid >= 16384 or o.classoid = 'pg_namespace'::regclass and o.objoid = to_regnamespace('public'))
        and o.identity is not null and o.schema !~ '^pg_' and o.schema <> 'information_schema'
        and not exists (select from pg_depend d where d.classid = o.classoid and d.objid = o.objoid and d.deptype = 'e')
        and not exists (select from pg_constraint k where o.classoid = 'pg_constraint'::regclass
          and k.oid = o.objoid and k.contype = 'f' and k.conparentid <> 0)"""

_OF_TYPE = _rights("t.typacl", "'T'", "t.typowner")
_NEW_TYPE = _rights("null", "'T'", "t.typowner")
# Rights that were granted and revoked again, so that they are as in the beginning, are in no dump.
TYPE_GRANT = f"""
      select format('%I.%I', n.nspname, t.typname), jsonb_build_array({_OF_TYPE}), null::jsonb
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where {{told}} and {OURS.format(oid="t.oid")}"""

RIGHTS = {
    "schema": f"""
      select format('%I', n.nspname), jsonb_build_array(pg_get_userbyid(n.nspowner),
        {_rights("n.nspacl", "'n'", "n.nspowner")}), null::jsonb
      from pg_namespace n where {OURS.format(oid="n.oid")}""",
    "grant": f"""
      select format('%I.%I', n.nspname, c.relname), jsonb_build_array({_rights("c.relacl", _RELATION, "c.relowner")}),
        null::jsonb
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and {OURS.format(oid="c.oid")}""",
    "column grant": f"""
      select format('%I.%I.%I', n.nspname, c.relname, a.attname), {_rights("a.attacl", "'c'", "c.relowner")},
        null::jsonb
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where a.attnum > 0 and not a.attisdropped and cardinality(a.attacl) > 0 and {OURS.format(oid="c.oid")}""",
    "function grant": f"""
      select p.oid::regprocedure::text, jsonb_build_array({_rights("p.proacl", "'f'", "p.proowner")}), null::jsonb
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {OURS.format(oid="p.oid")}""",
    "type grant": TYPE_GRANT.format(told=f"{_OF_TYPE} is distinct from {_NEW_TYPE}"),
    "large object": f"""
      select o.oid::text, jsonb_build_array(pg_get_userbyid(o.lomowner), {_rights("o.lomacl", "'L'", "o.lomowner")}),
        null::jsonb
      from pg_largeobject_metadata o""",
    # On what came with the server or an extension: what was granted since, and what was revoked. A dump carries that.
    "built-in grant": f"""
      select i.type || ' ' || i.identity, jsonb_build_array(d.granted, d.revoked), null::jsonb
      from ({_WITH_RIGHTS}) o(class, oid, part, kind, acl, owner, space)
      left join pg_init_privs p on p.classoid = o.class and p.objoid = o.oid and p.objsubid = o.part
      cross join lateral (select ({_CHANGED.format(one=_NOW, other=_FIRST)}),
        ({_CHANGED.format(one=_FIRST, other=_NOW)})) d(granted, revoked)
      cross join lateral pg_identify_object(o.class, o.oid, o.part) i
      where o.acl is distinct from p.initprivs and coalesce(d.granted, d.revoked) is not null
        and (o.space = 'pg_catalog'::regnamespace or exists (select from pg_depend e
          where e.classid = o.class and e.objid = o.oid and e.deptype = 'e'))""",
    "default privilege": f"""
      select format('%s for %s%s', a.defaclobjtype, pg_get_userbyid(a.defaclrole),
        coalesce(' in ' || nullif(a.defaclnamespace, 0)::regnamespace::text, '')),
        jsonb_build_array({_rights("a.defaclacl", _DEFAULT, "a.defaclrole")}), null::jsonb
      from pg_default_acl a""",
    "language": f"""
      select format('%I', l.lanname), jsonb_build_array(pg_get_userbyid(l.lanowner), l.lanpltrusted,
        nullif(l.lanplcallfoid, 0)::regprocedure::text, nullif(l.laninline, 0)::regprocedure::text,
        nullif(l.lanvalidator, 0)::regprocedure::text, {_rights("l.lanacl", "'l'", "l.lanowner")}), null::jsonb
      from pg_language l where {ADDED.format(oid="l.oid")}""",
    "transform": f"""
      select format('%s language %I', f.trftype::regtype, l.lanname), jsonb_build_array(
        nullif(f.trffromsql::oid, 0)::regprocedure::text, nullif(f.trftosql::oid, 0)::regprocedure::text), null::jsonb
      from pg_transform f join pg_language l on l.oid = f.trflang where {ADDED.format(oid="f.oid")}""",
    "access method": f"""
      select format('%I', m.amname), jsonb_build_array(m.amtype, m.amhandler::oid::regprocedure::text), null::jsonb
      from pg_am m where {ADDED.format(oid="m.oid")}""",
    "foreign data wrapper": f"""
      select format('%I', w.fdwname), jsonb_build_array(pg_get_userbyid(w.fdwowner),
        nullif(w.fdwhandler, 0)::regprocedure::text, nullif(w.fdwvalidator, 0)::regprocedure::text,
        {_sorted("w.fdwoptions")}, {_rights("w.fdwacl", "'F'", "w.fdwowner")}), null::jsonb
      from pg_foreign_data_wrapper w where {ADDED.format(oid="w.oid")}""",
    "foreign server": f"""
      select format('%I', s.srvname), jsonb_build_array(pg_get_userbyid(s.srvowner), w.fdwname, s.srvtype, s.srvversion,
        {_sorted("s.srvoptions")}, {_rights("s.srvacl", "'S'", "s.srvowner")}), null::jsonb
      from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw where {ADDED.format(oid="s.oid")}""",
    # Without its options, which hold passwords: the role that dumps may not read them.
    "user mapping": """
      select format('%s on %I', u.usename, u.srvname), '[]'::jsonb, null::jsonb from pg_user_mappings u""",
    "event trigger": f"""
      select format('%I', e.evtname), jsonb_build_array(pg_get_userbyid(e.evtowner), e.evtevent, e.evtenabled,
        e.evtfoid::regprocedure::text, {_sorted("e.evttags")}), null::jsonb
      from pg_event_trigger e where {ADDED.format(oid="e.oid")}""",
    "publication": f"""
      select format('%I', p.pubname), jsonb_build_array(pg_get_userbyid(p.pubowner), p.puballtables, p.pubinsert,
        p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
        (select jsonb_agg(s.pnnspid::regnamespace::text order by s.pnnspid::regnamespace::text)
          from pg_publication_namespace s where s.pnpubid = p.oid),
        (select jsonb_agg(jsonb_build_array(r.prrelid::regclass::text,
            (select jsonb_agg(a.attname order by a.attname) from unnest(r.prattrs::int2[]) k(no)
              join pg_attribute a on a.attrelid = r.prrelid and a.attnum = k.no)) order by r.prrelid::regclass::text)
          from pg_publication_rel r where r.prpubid = p.oid)),
        (select jsonb_object_agg(format('where %s', r.prrelid::regclass), pg_get_expr(r.prqual, r.prrelid))
          from pg_publication_rel r where r.prpubid = p.oid)
      from pg_publication p where {ADDED.format(oid="p.oid")}""",
    "extension": """
      select format('%I', e.extname), jsonb_build_array(n.nspname), null::jsonb
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql'""",
    "comment": "select o.type || ' ' || o.identity, jsonb_build_array(o.description), null::jsonb"
    + _TOLD.format(catalogue="pg_description"),
    "security label": "select o.type || ' ' || o.identity, jsonb_build_array(o.provider, o.label), null::jsonb"
    + _TOLD.format(catalogue="pg_seclabel"),
}
