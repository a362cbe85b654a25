"""Relations and what hangs on them, as SQL: of each object its name, all that is told exactly, and its expressions.

A query answers three columns: the object's name, an array of what must be equal to the letter, and an object of the
texts that the server may write in other words once they were dumped and read again.
"""

from __future__ import annotations

from ops.sources.postgresql.structure.ours import OURS

_TABLE = "format('%I.%I', n.nspname, c.relname)"
_KINDS = "c.relkind in ('r', 'p', 'v', 'm', 'f')"
# Columns of a table that inherits stand in another order once it was restored: those of its parents first.
INHERITS = "(not c.relispartition and exists (select from pg_inherits h where h.inhrelid = c.oid))"


def _sorted(array: str) -> str:
    """Return options in one order, without those in which the server keeps its own books, which no dump carries."""
    return f"(select jsonb_agg(o order by o) from unnest({array}) o where o !~ '^pg_')"


def _columns(numbers: str, relation: str) -> str:
    """Return the names of the columns that an array of numbers stands for, in its order."""
    return (
        f"(select jsonb_agg(coalesce(of.attname, '') order by u.place)"
        f" from unnest({numbers}) with ordinality u(no, place)"
        f" left join pg_attribute of on of.attrelid = {relation} and of.attnum = u.no)"
    )


# The server keeps their columns in the order in which the table has them.
STATISTICS = f"""
      select format('%I.%I', n.nspname, s.stxname), jsonb_build_array(s.stxrelid::regclass::text,
        pg_get_userbyid(s.stxowner), {_sorted("s.stxkind")},
        (select jsonb_agg(a.attname order by case when not {{moves}} then u.place end, a.attname)
          from unnest(s.stxkeys::int2[]) with ordinality u(no, place) join pg_class c on c.oid = s.stxrelid
          join pg_attribute a on a.attrelid = c.oid and a.attnum = u.no),
        nullif(s.stxstattarget, -1)),
        (select coalesce(jsonb_object_agg(format('expression %s', e.place), e.said), '{{{{}}}}')
          from unnest(pg_get_statisticsobjdef_expressions(s.oid)) with ordinality e(said, place))
      from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where {OURS.format(oid="s.oid")}"""

RELATIONS = {
    "table": f"""
      select {_TABLE}, jsonb_build_array(c.relkind, c.relpersistence, pg_get_userbyid(c.relowner), c.relrowsecurity,
        c.relforcerowsecurity, c.relispopulated, {_sorted("c.reloptions")},
        (select {_sorted("t.reloptions")} from pg_class t where t.oid = c.reltoastrelid), c.relreplident,
        (select x.relname from pg_index i join pg_class x on x.oid = i.indexrelid
          where i.indrelid = c.oid and i.indisreplident),
        (select m.amname from pg_am m where m.oid = c.relam), nullif(c.reloftype, 0)::regtype::text,
        (select jsonb_build_array(s.srvname, {_sorted("f.ftoptions")}) from pg_foreign_table f
          join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid),
        (select jsonb_agg(h.inhparent::regclass::text order by h.inhseqno) from pg_inherits h where h.inhrelid = c.oid),
        pg_get_expr(c.relpartbound, c.oid),
        (select jsonb_build_array(p.partstrat, {_columns("p.partattrs", "c.oid")},
            (select jsonb_agg(o.opcname order by k.place) from unnest(p.partclass) with ordinality k(class, place)
              join pg_opclass o on o.oid = k.class),
            (select jsonb_agg(coalesce(l.collname, '') order by k.place)
              from unnest(p.partcollation) with ordinality k(rule, place)
              left join pg_collation l on l.oid = k.rule), p.partdefid <> 0)
          from pg_partitioned_table p where p.partrelid = c.oid),
        (select jsonb_agg(a.attname order by case when not {INHERITS} then a.attnum end, a.attname)
          from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)),
        jsonb_build_object('partition key',
          (select pg_get_expr(p.partexprs, c.oid) from pg_partitioned_table p where p.partrelid = c.oid))
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where {_KINDS} and {OURS.format(oid="c.oid")}""",
    "column": f"""
      select {_TABLE} || format('.%I', a.attname), jsonb_build_array(format_type(a.atttypid, a.atttypmod), a.attnotnull,
        a.attidentity, a.attgenerated, nullif(a.attcollation, 0)::regcollation::text,
        a.attstorage, a.attcompression, nullif(a.attstattarget, -1), {_sorted("a.attoptions")},
        {_sorted("a.attfdwoptions")}),
        jsonb_build_object('default', pg_get_expr(e.adbin, e.adrelid))
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      left join pg_attrdef e on e.adrelid = c.oid and e.adnum = a.attnum
      where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
        and {OURS.format(oid="case c.relkind when 'c' then c.reltype else c.oid end")}""",
    # The server names the foreign keys that it makes for partitions by itself, and other ones after a restore.
    "constraint": f"""
      select {_TABLE} || format('.%I', k.conname), jsonb_build_array(k.contype, k.condeferrable, k.condeferred,
        k.convalidated, k.contype = 'c' and k.connoinherit, {_columns("k.conkey", "k.conrelid")},
        nullif(k.confrelid, 0)::regclass::text,
        {_columns("k.confkey", "k.confrelid")}, k.confupdtype, k.confdeltype, k.confmatchtype,
        {_columns("k.confdelsetcols", "k.conrelid")},
        (select jsonb_agg(o::regoperator::text order by place) from unnest(k.conexclop) with ordinality x(o, place))),
        jsonb_build_object('check', pg_get_expr(k.conbin, k.conrelid))
      from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      where k.contype in ('c', 'f', 'p', 'u', 'x', 't') and not (k.contype = 'f' and k.conparentid <> 0)
        and {OURS.format(oid="c.oid")}""",
    "index": f"""
      select {_TABLE}, jsonb_build_array(i.indrelid::regclass::text, m.amname, i.indisunique,
        i.indnullsnotdistinct, i.indisprimary, i.indisexclusion, i.indimmediate, i.indisclustered, i.indnkeyatts,
        {_sorted("c.reloptions")},
        (select h.inhparent::regclass::text from pg_inherits h where h.inhrelid = c.oid),
        (select jsonb_agg(jsonb_build_array(
            (select a.attname from pg_attribute a where a.attrelid = i.indrelid and a.attnum = k.no),
            (select format('%I.%I', s.nspname, o.opcname) from pg_opclass o
              join pg_namespace s on s.oid = o.opcnamespace where o.oid = i.indclass[k.place - 1]),
            nullif(i.indcollation[k.place - 1], 0)::regcollation::text,
            i.indoption[k.place - 1],
            (select jsonb_build_array({_sorted("a.attoptions")}, nullif(a.attstattarget, -1)) from pg_attribute a
              where a.attrelid = c.oid and a.attnum = k.place)) order by k.place)
          from unnest(i.indkey) with ordinality k(no, place))),
        (select coalesce(jsonb_object_agg(format('expression %s', k.place),
            pg_get_indexdef(c.oid, k.place::int, false)), '{{}}')
          from unnest(i.indkey) with ordinality k(no, place) where k.no = 0)
        || jsonb_build_object('predicate', pg_get_expr(i.indpred, i.indrelid))
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_index i on i.indexrelid = c.oid
      join pg_am m on m.oid = c.relam where {OURS.format(oid="i.indrelid")}""",
    "view": f"""
      select {_TABLE}, jsonb_build_array(c.relkind), jsonb_build_object('query', pg_get_viewdef(c.oid))
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('v', 'm') and {OURS.format(oid="c.oid")}""",
    "rule": f"""
      select {_TABLE} || format('.%I', r.rulename), jsonb_build_array(r.ev_type, r.is_instead, r.ev_enabled),
        jsonb_build_object('rule', pg_get_ruledef(r.oid))
      from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
      where r.rulename <> '_RETURN' and {OURS.format(oid="c.oid")}""",
    "trigger": f"""
      select {_TABLE} || format('.%I', t.tgname), jsonb_build_array(t.tgenabled, t.tgtype, t.tgfoid::regprocedure::text,
        encode(t.tgargs, 'hex'), {_columns("t.tgattr::int2[]", "c.oid")}, nullif(t.tgconstrrelid, 0)::regclass::text,
        t.tgconstraint <> 0, t.tgdeferrable, t.tginitdeferred, t.tgoldtable, t.tgnewtable),
        jsonb_build_object('when', case when t.tgqual is not null
          then substring(pg_get_triggerdef(t.oid) from ' WHEN \\((.*)\\) EXECUTE ') end)
      from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
      where not t.tgisinternal and {OURS.format(oid="c.oid")}""",
    "policy": f"""
      select {_TABLE} || format('.%I', p.polname), jsonb_build_array(p.polpermissive, p.polcmd,
        (select jsonb_agg(w order by w) from (select case r when 0 then '' else pg_get_userbyid(r) end
          from unnest(p.polroles) r) x(w))),
        jsonb_build_object('using', pg_get_expr(p.polqual, p.polrelid), 'check',
          pg_get_expr(p.polwithcheck, p.polrelid))
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
      where {OURS.format(oid="c.oid")}""",
    "sequence": f"""
      select {_TABLE}, jsonb_build_array(format_type(s.seqtypid, null), s.seqstart, s.seqmin, s.seqmax, s.seqincrement,
        s.seqcache, s.seqcycle, pg_get_userbyid(c.relowner), c.relpersistence,
        (select jsonb_agg(w order by w) from (select jsonb_build_array(d.deptype, d.refobjid::regclass::text, a.attname)
          from pg_depend d
          join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
          where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
            and d.deptype in ('a', 'i')) x(w))), null::jsonb
      from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
      where {OURS.format(oid="c.oid")}""",
    "statistics": STATISTICS.format(moves=INHERITS),
}
