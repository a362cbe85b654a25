"""What a dump writes otherwise than it was, and means the same: told apart to the letter, and no difference.

A check that is not validated is inherited as such, also by a table that was made later and had it validated. A column
that lost the default that it inherited gets the default `NULL`, where its type is not a plain one. Rights as in the
beginning are in no dump, nor is anything of what the server makes by itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ops.core.document import decode
from ops.sources.postgresql.session import Ask
from ops.sources.postgresql.sql import literal
from ops.sources.postgresql.structure import ANSWER, Sort, definitions
from ops.sources.postgresql.structure.relations import RELATIONS, STATISTICS
from ops.sources.postgresql.structure.rights import TYPE_GRANT
from ops.sources.postgresql.structure.types import TYPES

# What objects of a sort would be told as, had a dump not rewritten them.
_BEFORE = {
    # Checks that are not validated because a parent's is not, as if they were.
    "constraint": f"""{RELATIONS["constraint"].replace("k.convalidated", "true")}
      and k.contype = 'c' and not k.convalidated and exists (
        select from pg_inherits h join pg_constraint p on p.conrelid = h.inhparent and p.conname = k.conname
        where h.inhrelid = k.conrelid and not p.convalidated)""",
    # The index by which rows were told apart was dropped.
    "table": f"""{RELATIONS["table"].replace("c.relreplident", "'i'::text")} and c.relreplident = 'd'""",
    # As earlier builds told them.
    "statistics": STATISTICS.format(moves="false"),
    # Made from one that fits every encoding.
    "collation": f"""{TYPES["collation"].replace("l.collencoding", "-1")}
      and l.collprovider = 'c' and l.collcollate in ('C', 'POSIX') and l.collctype in ('C', 'POSIX')""",
    "type grant": TYPE_GRANT.format(told="t.typacl is null"),
}
# What the server makes by itself with a type or a table: a dump has no rights on it, and says nothing of it.
_CONSTRUCTORS = """
  select d.objid::regprocedure::text from pg_depend d where d.classid = 'pg_proc'::regclass and d.deptype = 'i'"""
_UNCARRIED = {
    "function": _CONSTRUCTORS,
    "function grant": _CONSTRUCTORS,
    "type grant": """
      select format('%I.%I', n.nspname, t.typname) from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where exists (select from pg_depend d
        where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'i')""",
    "comment": """
      select i.type || ' ' || i.identity from pg_depend d cross join pg_identify_object(d.classid, d.objid, 0) i
      where d.classid in ('pg_proc'::regclass, 'pg_type'::regclass) and d.deptype = 'i'""",
}
# Views that hold no rows, for what they draw on is another server's, or holds none itself and did not before.
_UNFILLED = """
with recursive below(view, oid) as (
  select c.oid, c.oid from pg_catalog.pg_class c where c.relkind = 'm' and not c.relispopulated
  union select b.view, d.refobjid from below b join pg_catalog.pg_rewrite r on r.ev_class = b.oid
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid = 'pg_catalog.pg_class'::regclass)
select distinct c.oid from pg_catalog.pg_class c join below b on b.view = c.oid
join pg_catalog.pg_class f on f.oid = b.oid
where f.relkind = 'f' or f.oid <> c.oid and f.relkind = 'm' and not f.relispopulated
"""
_EMPTY = f"""
select coalesce(json_agg(format('%I.%I', n.nspname, c.relname)), '[]') from pg_class c
join pg_namespace n on n.oid = c.relnamespace where c.oid in ({_UNFILLED})
"""
_FILLED = f"""{RELATIONS["table"].replace("c.relispopulated", "true")} and c.oid in ({_UNFILLED})"""
_NULL = re.compile(r"NULL(::.+)?", re.DOTALL)
# Where the default NULL hides one of the column's type, it means something.
_OF_TYPES = """
select coalesce(json_agg(name), '[]') from (
  select format('%I.%I.%I', n.nspname, c.relname, a.attname) as name
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  join pg_type t on t.oid = a.atttypid where t.typdefault is not null) x where name in ({names})
"""


def rewritten(ask: Ask, sort: str, names: Collection[str], wanted: Sort, found: Sort) -> set[str]:
    """Return which of some objects that differ are what a dump makes of what the manifest has."""
    same: set[str] = set()
    if names and sort in _UNCARRIED:
        same |= {*names} & {*ask(f"select coalesce(json_agg(name), '[]') from ({_UNCARRIED[sort]}) x(name)")}
    if names and sort in _BEFORE:
        before = decode(Sort, ask(definitions(sort, _BEFORE[sort])), ANSWER).objects
        same |= {
            name
            for name in names
            if name in before
            and before[name] == wanted.objects.get(name)
            and wanted.texts.get(name, {}).keys() == found.texts.get(name, {}).keys()
        }
    return same | _null_defaults(ask, names, wanted, found) if sort == "column" else same


def empty(ask: Ask) -> list[str]:
    """Return the views that hold no rows, for what they draw on is another server's, or holds none itself."""
    found: list[str] = ask(_EMPTY)
    return found


def unfilled(ask: Ask, names: Collection[str], wanted: Sort) -> list[str]:
    """Return which of some tables that differ do so only because they are views of rows that are not to be had here."""
    if not names:
        return []
    filled = decode(Sort, ask(definitions("table", _FILLED)), ANSWER).objects
    return [name for name in names if name in filled and filled[name] == wanted.objects.get(name)]


def _null_defaults(ask: Ask, names: Collection[str], wanted: Sort, found: Sort) -> set[str]:
    """Return the columns that differ only by a default that is nothing."""
    empty = [
        name
        for name in names
        if wanted.objects.get(name) == found.objects.get(name)
        and _without_null(wanted.texts.get(name, {})) == _without_null(found.texts.get(name, {}))
    ]
    meant = ask(_OF_TYPES.format(names=", ".join(map(literal, empty)))) if empty else []
    return {*empty} - {*meant}


def _without_null(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Return the texts of a column without a default that is nothing."""
    return {part: text for part, text in texts.items() if not _NULL.fullmatch(text)}
