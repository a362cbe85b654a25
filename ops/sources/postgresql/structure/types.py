"""Types, functions and what is built of them, as SQL; what a query answers stands in `relations`."""

from __future__ import annotations

from ops.sources.postgresql.structure.ours import ADDED, OURS


def _proc(column: str) -> str:
    """Return the function that a column names; nothing when it names none."""
    return f"nullif({column}::oid, 0)::regprocedure::text"


def _operator(column: str) -> str:
    return f"(select other.oid::regoperator::text from pg_operator other where other.oid = {column})"


def _collation(column: str) -> str:
    return f"nullif({column}, 0)::regcollation::text"


def _final(moving: str, what: str) -> str:
    """Return what an aggregate says of its final function: without one no dump carries it, and a copy has the usual."""
    usual = "false" if what == "extra" else "(case g.aggkind when 'n' then 'r' else 'w' end)::\"char\""
    return f"case g.agg{moving}finalfn::oid when 0 then {usual} else g.agg{moving}final{what} end"


_FUNCTION = "p.oid::regprocedure::text"
_OPERATOR_CLASS = "join pg_am m on m.oid = {method} join pg_namespace n on n.oid = {schema}"
# A list of names may stand with or without a space behind its commas.
_SETTINGS = r"(select jsonb_agg(regexp_replace(o, ',\s*', ', ', 'g') order by o) from unnest(p.proconfig) o)"

TYPES = {
    "type": f"""
      select format('%I.%I', n.nspname, t.typname), jsonb_build_array(t.typtype, pg_get_userbyid(t.typowner),
        case t.typtype
        when 'b' then jsonb_build_array({_proc("t.typinput")}, {_proc("t.typoutput")}, {_proc("t.typreceive")},
          {_proc("t.typsend")}, {_proc("t.typmodin")}, {_proc("t.typmodout")}, {_proc("t.typanalyze")},
          {_proc("t.typsubscript")}, t.typlen, t.typbyval, t.typalign, t.typstorage, t.typcategory, t.typispreferred,
          t.typdelim, nullif(t.typelem, 0)::regtype::text, {_collation("t.typcollation")}, t.typdefault)
        when 'e' then (select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)
        when 'd' then jsonb_build_array(format_type(t.typbasetype, t.typtypmod), t.typnotnull,
          {_collation("t.typcollation")},
          (select jsonb_agg(jsonb_build_array(k.conname, k.convalidated) order by k.conname)
            from pg_constraint k where k.contypid = t.oid and k.contype = 'c'))
        when 'r' then (select jsonb_build_array(r.rngsubtype::regtype::text, r.rngmultitypid::regtype::text,
            {_collation("r.rngcollation")}, {_proc("r.rngcanonical")}, {_proc("r.rngsubdiff")},
            (select format('%I.%I', s.nspname, o.opcname) from pg_opclass o
              join pg_namespace s on s.oid = o.opcnamespace where o.oid = r.rngsubopc))
          from pg_range r where r.rngtypid = t.oid)
        when 'c' then (select jsonb_agg(a.attname order by a.attnum) from pg_attribute a
          where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)
        end),
        case t.typtype when 'd' then jsonb_build_object('default', pg_get_expr(t.typdefaultbin, 0))
          || (select coalesce(jsonb_object_agg('check ' || k.conname, pg_get_expr(k.conbin, 0)), '{{}}')
            from pg_constraint k where k.contypid = t.oid and k.contype = 'c') end
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where t.typisdefined and t.typtype <> 'm' and not exists (select from pg_type e where e.typarray = t.oid)
        and (t.typrelid = 0 or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
        and {OURS.format(oid="t.oid")}""",
    "function": f"""
      select {_FUNCTION}, jsonb_build_array(p.prokind, pg_get_userbyid(p.proowner), pg_get_function_result(p.oid),
        (select l.lanname from pg_language l where l.oid = p.prolang), p.prosrc, p.probin, p.prosecdef, p.proleakproof,
        p.proisstrict, p.proretset, p.provolatile, p.proparallel, p.procost, p.prorows, {_proc("p.prosupport")},
        {_SETTINGS}, p.proargnames, p.proargmodes, p.pronargdefaults, p.provariadic::regtype::text,
        (select jsonb_agg(y::regtype::text order by place) from unnest(p.proallargtypes) with ordinality x(y, place)),
        (select jsonb_agg(y::regtype::text order by place) from unnest(p.protrftypes) with ordinality x(y, place))),
        jsonb_build_object('defaults', pg_get_expr(p.proargdefaults, 0), 'body', pg_get_function_sqlbody(p.oid))
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prokind <> 'a' and {OURS.format(oid="p.oid")}""",
    "aggregate": f"""
      select {_FUNCTION}, jsonb_build_array(pg_get_userbyid(p.proowner), pg_get_function_result(p.oid), p.proparallel,
        g.aggkind, g.aggnumdirectargs, {_proc("g.aggtransfn")}, {_proc("g.aggfinalfn")}, {_proc("g.aggcombinefn")},
        {_proc("g.aggserialfn")}, {_proc("g.aggdeserialfn")}, {_proc("g.aggmtransfn")}, {_proc("g.aggminvtransfn")},
        {_proc("g.aggmfinalfn")}, {_final("", "extra")}, {_final("m", "extra")},
        {_final("", "modify")}, {_final("m", "modify")},
        {_operator("g.aggsortop")}, g.aggtranstype::regtype::text, g.aggtransspace,
        nullif(g.aggmtranstype, 0)::regtype::text, g.aggmtransspace, g.agginitval, g.aggminitval), null::jsonb
      from pg_aggregate g join pg_proc p on p.oid = g.aggfnoid join pg_namespace n on n.oid = p.pronamespace
      where {OURS.format(oid="p.oid")}""",
    # Those that have no names and are of the plain mode are all alike.
    "aggregate argument": f"""
      select {_FUNCTION}, jsonb_build_array(p.proargnames, p.proargmodes, nullif(p.provariadic, 0)::regtype::text),
        null::jsonb
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prokind = 'a' and coalesce(p.proargnames, p.proargmodes::text[]) is not null
        and {OURS.format(oid="p.oid")}""",
    "operator": f"""
      select o.oid::regoperator::text, jsonb_build_array(pg_get_userbyid(o.oprowner), o.oprcanmerge, o.oprcanhash,
        o.oprresult::regtype::text, {_operator("o.oprcom")}, {_operator("o.oprnegate")}, {_proc("o.oprcode")},
        {_proc("o.oprrest")}, {_proc("o.oprjoin")}), null::jsonb
      from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
      where o.oprcode <> 0 and {OURS.format(oid="o.oid")}""",
    "operator class": f"""
      select format('%I.%I using %I', n.nspname, o.opcname, m.amname), jsonb_build_array(pg_get_userbyid(o.opcowner),
        o.opcintype::regtype::text, o.opcdefault, nullif(o.opckeytype, 0)::regtype::text,
        (select format('%I.%I', s.nspname, f.opfname) from pg_opfamily f join pg_namespace s on s.oid = f.opfnamespace
          where f.oid = o.opcfamily)), null::jsonb
      from pg_opclass o {_OPERATOR_CLASS.format(method="o.opcmethod", schema="o.opcnamespace")}
      where {OURS.format(oid="o.oid")}""",
    "operator family": f"""
      select format('%I.%I using %I', n.nspname, f.opfname, m.amname), jsonb_build_array(pg_get_userbyid(f.opfowner),
        (select jsonb_agg(w order by w) from (select jsonb_build_array(a.amopstrategy, a.amoppurpose,
            a.amopopr::regoperator::text, (select s.opfname from pg_opfamily s where s.oid = a.amopsortfamily)) w
          from pg_amop a where a.amopfamily = f.oid
          union all select jsonb_build_array(r.amprocnum, r.amproclefttype::regtype::text,
            r.amprocrighttype::regtype::text, r.amproc::regprocedure::text)
          from pg_amproc r where r.amprocfamily = f.oid
        ) x)), null::jsonb
      from pg_opfamily f {_OPERATOR_CLASS.format(method="f.opfmethod", schema="f.opfnamespace")}
      where {OURS.format(oid="f.oid")}""",
    "cast": f"""
      select format('%s as %s', k.castsource::regtype, k.casttarget::regtype), jsonb_build_array({_proc("k.castfunc")},
        k.castcontext, k.castmethod), null::jsonb
      from pg_cast k where {ADDED.format(oid="k.oid")}""",
    "collation": f"""
      select format('%I.%I', n.nspname, l.collname), jsonb_build_array(pg_get_userbyid(l.collowner), l.collprovider,
        l.collisdeterministic, l.collencoding, l.collcollate, l.collctype,
        coalesce(to_jsonb(l) ->> 'colllocale', to_jsonb(l) ->> 'colliculocale'), to_jsonb(l) ->> 'collicurules'),
        null::jsonb
      from pg_collation l join pg_namespace n on n.oid = l.collnamespace where {OURS.format(oid="l.oid")}""",
    "conversion": f"""
      select format('%I.%I', n.nspname, v.conname), jsonb_build_array(pg_get_userbyid(v.conowner), v.conforencoding,
        v.contoencoding, {_proc("v.conproc")}, v.condefault), null::jsonb
      from pg_conversion v join pg_namespace n on n.oid = v.connamespace where {OURS.format(oid="v.oid")}""",
    "text search configuration": f"""
      select format('%I.%I', n.nspname, f.cfgname), jsonb_build_array(pg_get_userbyid(f.cfgowner),
        (select format('%I.%I', s.nspname, r.prsname) from pg_ts_parser r join pg_namespace s on s.oid = r.prsnamespace
          where r.oid = f.cfgparser),
        (select jsonb_agg(jsonb_build_array(m.maptokentype, m.mapdict::regdictionary::text)
            order by m.maptokentype, m.mapseqno) from pg_ts_config_map m where m.mapcfg = f.oid)), null::jsonb
      from pg_ts_config f join pg_namespace n on n.oid = f.cfgnamespace where {OURS.format(oid="f.oid")}""",
    "text search dictionary": f"""
      select format('%I.%I', n.nspname, f.dictname), jsonb_build_array(pg_get_userbyid(f.dictowner),
        (select format('%I.%I', s.nspname, e.tmplname) from pg_ts_template e
          join pg_namespace s on s.oid = e.tmplnamespace where e.oid = f.dicttemplate), f.dictinitoption), null::jsonb
      from pg_ts_dict f join pg_namespace n on n.oid = f.dictnamespace where {OURS.format(oid="f.oid")}""",
    "text search template": f"""
      select format('%I.%I', n.nspname, f.tmplname), jsonb_build_array({_proc("f.tmplinit")}, {_proc("f.tmpllexize")}),
        null::jsonb
      from pg_ts_template f join pg_namespace n on n.oid = f.tmplnamespace where {OURS.format(oid="f.oid")}""",
    "text search parser": f"""
      select format('%I.%I', n.nspname, f.prsname), jsonb_build_array({_proc("f.prsstart")}, {_proc("f.prstoken")},
        {_proc("f.prsend")}, {_proc("f.prsheadline")}, {_proc("f.prslextype")}), null::jsonb
      from pg_ts_parser f join pg_namespace n on n.oid = f.prsnamespace where {OURS.format(oid="f.oid")}""",
}
