"""What is defined in a PostgreSQL database: tables, columns, rights and all else that a dump carries.

All that has one form is compared to the letter. The server writes an expression, a query or a rule in other words once
they were dumped and read again; their texts are kept, and one that differs is read again by the server (`rereading`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.core.document import decode
from ops.sources.postgresql.structure.ours import OURS
from ops.sources.postgresql.structure.relations import RELATIONS
from ops.sources.postgresql.structure.rights import RIGHTS
from ops.sources.postgresql.structure.types import TYPES

__all__ = ["OURS", "Sort", "structure"]

Ask = Callable[[str], Any]
SORTS = {**RELATIONS, **TYPES, **RIGHTS}
ANSWER = "PostgreSQL's answer"
# A longer text is kept as its digest: the manifest is not the place for it.
_LONGEST = 200_000
# What a database in SQL_ASCII holds may be no UTF-8: digests are of the bytes, and texts are told with \\ooo for each.
_ENCODING = "case getdatabaseencoding() when 'SQL_ASCII' then 'SQL_ASCII' else 'UTF8' end"
_DIGEST = f"left(encode(sha256(convert_to({{text}}, {_ENCODING})), 'hex'), 16)"
_BYTES = "encode(convert_to({text}, 'SQL_ASCII'), 'escape')"
_TOLD = (
    f"case when getdatabaseencoding() = 'SQL_ASCII' and {_BYTES} <> replace({{text}}, '\\', '\\\\')"
    f" then {_BYTES} else {{text}} end"
)
_NAME = _TOLD.format(text="name")
_SORT = f"""
select json_build_object('objects', coalesce(json_object_agg({_NAME}, digest order by name), '{{{{}}}}'),
  'texts', coalesce(json_object_agg({_NAME}, texts order by name) filter (where texts <> '{{{{}}}}'), '{{{{}}}}'))
from (
  select name, {_DIGEST.format(text="string_agg(exact::text, ' ' order by exact::text)")} as digest,
    (select coalesce(jsonb_object_agg(key, case when length(value) > {_LONGEST} then 'digest '
        || {_DIGEST.format(text="value")} else {_TOLD.format(text="value")} end), '{{{{}}}}')
      from jsonb_each_text((array_agg(texts))[1]) where value is not null) as texts
  from ({{rows}}) q(name, exact, texts) group by name) w
"""


@dataclass(frozen=True)
class Sort:
    """The objects of one sort: of each, by name, a digest of what is compared to the letter, and its texts by part."""

    objects: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def definitions(sort: str, rows: str = "") -> str:
    """Return the query for one sort, or for other rows of it, which answers what a `Sort` is decoded from."""
    return _SORT.format(rows=rows or SORTS[sort])


def structure(ask: Ask) -> dict[str, Sort]:
    """Return what is defined, by sort; the session writes all names in full, in the same settings everywhere."""
    return {sort: decode(Sort, ask(definitions(sort)), ANSWER) for sort in SORTS}
