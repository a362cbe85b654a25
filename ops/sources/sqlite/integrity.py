"""Whether a SQLite database is whole in itself, as far as SQLite can tell.

Some databases use orders of words, functions, tokenizers and modules that only their own program has. SQLite gives up
at the first that it does not know; then it is asked table by table, so that damage in the others is found all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.core.errors import Unavailable

# Given queries, returns what each one answers.
Ask = Callable[[Sequence[str]], list[Any]]

MOST_TOLD = 5
MOST_SEEN = 100  # lines that SQLite says at all
# Tables of SQLite's own are left out; a virtual table's rows lie in tables that are listed, too.
TABLES = """
select json_group_array(name) from (
  select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'
    and sql not like 'create virtual table%' order by name)
"""
# What SQLite says of rows that break a rule which was made after them: no page is damaged.
_RULES = (
    "NULL value in *",
    "NUMERIC value in *",
    "TEXT value in *",
    "non-* value in *",
    "CHECK constraint failed in *",
)
# What a newer one says where the older ones give up.
_UNTOLD = ("unable to validate *",)


class Strange(Unavailable):
    """SQLite can't tell without what only the program of the database has."""


@dataclass(frozen=True)
class Seen:
    """What was found: broken: damage. rules: rows that break one. unchecked: why not all could be looked at."""

    broken: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    unchecked: str = ""


def integrity(ask: Ask) -> Seen:
    """Look at pages, tables and indexes; of each sort of trouble the first few are told."""
    try:
        return _sorted(ask([_looking()])[0])
    except Strange as error:
        why = error.message
    lines = []
    for table in ask([TABLES])[0]:
        try:
            lines += ask([_looking(table)])[0]
        except Strange:
            continue
    seen = _sorted(lines)
    return Seen(seen.broken, seen.rules, why)


def _looking(table: str = "") -> str:
    """Return the query, for all of a database or one table."""
    what = "('{}')".format(table.replace("'", "''")) if table else ""
    sort = f"case {_case('rule', _RULES)} {_case('untold', _UNTOLD)} else 'broken' end"
    return f"""
      with seen as (
        select integrity_check as line, {sort} as sort, count(*) over () as lines
        from pragma_integrity_check{what} where integrity_check <> 'ok'),
      numbered as (select *, row_number() over (partition by sort) as number from seen)
      select json_group_array(json_array(sort, line, lines)) from numbered where number <= {MOST_TOLD}
    """


def _case(sort: str, patterns: Sequence[str]) -> str:
    return " ".join(f"when integrity_check glob '{pattern}' then '{sort}'" for pattern in patterns)


def _sorted(found: Sequence[tuple[str, str, int]]) -> Seen:
    told: dict[str, list[str]] = {"broken": [], "rule": [], "untold": []}
    for sort, line, _ in found:
        told[sort].append(line)
    if not told["broken"] and any(lines >= MOST_SEEN for _, _, lines in found):
        told["untold"].append(f"SQLite says {MOST_SEEN} lines and no more")
    broken, rules, untold = (lines[:MOST_TOLD] for lines in told.values())
    return Seen(broken, rules, "; ".join(untold))
