"""What a dump writes otherwise than it was, and means the same: told apart to the letter, and no difference.

A check that is not validated is inherited as such, also by a table that was made later and had it validated. A column
that lost the default that it inherited gets the default `NULL`, where its type is not a plain one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ops.core.document import decode
from ops.sources.postgresql.session import Ask
from ops.sources.postgresql.sql import literal
from ops.sources.postgresql.structure import ANSWER, Sort, definitions
from ops.sources.postgresql.structure.relations import RELATIONS

# The checks that are not validated because a parent's is not, as if they were.
_INHERITED = f"""{RELATIONS["constraint"].replace("k.convalidated", "true")}
  and k.contype = 'c' and not k.convalidated and exists (
    select from pg_inherits h join pg_constraint p on p.conrelid = h.inhparent and p.conname = k.conname
    where h.inhrelid = k.conrelid and not p.convalidated)"""
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
    if sort == "constraint" and names:
        as_they_were = decode(Sort, ask(definitions(sort, _INHERITED)), ANSWER).objects
        return {name for name in names if name in as_they_were and as_they_were[name] == wanted.objects.get(name)}
    if sort == "column":
        empty = [
            name
            for name in names
            if wanted.objects.get(name) == found.objects.get(name)
            and _without_null(wanted.texts.get(name, {})) == _without_null(found.texts.get(name, {}))
        ]
        if empty:
            meant = ask(_OF_TYPES.format(names=", ".join(map(literal, empty))))
            return {*empty} - {*meant}
    return set()


def _without_null(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Return the texts of a column without a default that is nothing."""
    return {part: text for part, text in texts.items() if not _NULL.fullmatch(text)}
