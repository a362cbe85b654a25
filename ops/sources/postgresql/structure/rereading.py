"""Texts that differ are read once more by the server that has the restored database, and its prints are compared.

The server writes some expressions in other words once they were dumped and read again: casts in lists, brackets around
`and`. Whatever they mean stands in how the server prints them after reading them. Each is read into a view, a rule or a
function without rows, which is taken back at once; no table is read, and nothing stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ops.sources.postgresql.inert import PUT_ASIDE
from ops.sources.postgresql.session import Session, scratch
from ops.sources.postgresql.sql import literal
from ops.sources.postgresql.structure.one import is_one

# In a block of its own that always fails, so that what was made is gone when it returns.
_READER = """
create function pg_temp.seawall_read(made text, shown text) returns text language plpgsql as $$
declare
  said text;
begin
  execute made;
  execute shown into said;
  raise exception 'this takes back what was made';
exception when others then
  return said;
end $$
"""
_READ = "select coalesce(to_json(pg_temp.seawall_read({}, {})), 'null')"
# Names that all databases share are given to it as they are, where it takes any byte for a letter.
_LETTERS = """
select set_config('client_encoding', 'SQL_ASCII', true)
where pg_encoding_max_length(pg_char_to_encoding(getdatabaseencoding()::name)) = 1
"""
_SCRATCH = "seawall_scratch"
_VIEW = f"select pg_get_viewdef('pg_temp.{_SCRATCH}'::regclass)"
_RULE = f"select pg_get_ruledef(oid) from pg_rewrite where ev_class = 'pg_temp.{_SCRATCH}'::regclass"
_BODY = """select pg_get_function_sqlbody(oid) from pg_proc
  where pronamespace = pg_my_temp_schema() and proname <> 'seawall_read'"""
_LAST = re.compile(r'\.("(?:[^"]|"")*"|[^."]+)$')
_RULE_HEAD = re.compile(r'CREATE RULE (?:"(?:[^"]|"")*"|\S+) AS\s+ON \w+ TO ((?:"(?:[^"]|"")*"|[^\s"])+)')
_TABLE_OF = {
    "index": "select to_json(indrelid::regclass::text) from pg_index where indexrelid = {name}::regclass",
    "statistics": "select to_json(stxrelid::regclass::text) from pg_statistic_ext s join pg_namespace n"
    " on n.oid = s.stxnamespace where format('%I.%I', n.nspname, s.stxname) = {name}",
}
_BASE = "select to_json(format_type(typbasetype, typtypmod)) from pg_type where oid = {name}::regtype"
_FUNCTION = """
select json_build_array(format('%I.%I', n.nspname, p.proname),
  case p.prokind when 'p' then 'PROCEDURE' else 'FUNCTION' end, pg_get_functiondef(p.oid))
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = {name}::regprocedure
"""


@dataclass(frozen=True)
class Text:
    """A text that differs: of which sort, object and part of it, as the manifest has it, and as it was found."""

    sort: str
    name: str
    part: str
    wanted: str
    found: str


def reader(session: Session) -> None:
    """Make what reads; in a transaction that is rolled back.

    A text may hold a literal whose type demands something: none is asked what, for that is code of the database's.
    """
    session.tell(_READER)
    session.tell(PUT_ASIDE)


def accepts(session: Session, statement: str) -> bool:
    """Return whether the server takes a statement on what all databases share, which is taken back at once."""
    with scratch(session):
        session.tell(_LETTERS)
        reader(session)
        return session.ask(_READ.format(literal(statement), literal("select true"))) is not None


def alike(session: Session, text: Text) -> bool:
    """Return whether the server reads both texts alike; what it can't read is like nothing."""
    prints = []
    for said in (text.wanted, text.found):
        bare = said.strip().removesuffix(";")
        made = _MAKERS.get(text.sort, _expression)(session, text, bare) if is_one(bare) else None
        if made is None:
            return False
        prints.append(session.ask(_READ.format(*map(literal, made))))
    return prints[0] is not None and prints[0] == prints[1]


Made = tuple[str, str] | None


def _expression(session: Session, text: Text, said: str) -> Made:
    """Return how an expression is read: beside the columns that it may name."""
    beside = _of(session, text)
    # Whether it is null has no collation, which a view would have to know.
    return f"create temp view {_SCRATCH} as select ({said}) is null as it{f' from {beside}' if beside else ''}", _VIEW


def _of(session: Session, text: Text) -> str:
    table = _LAST.sub("", text.name)
    if text.sort == "trigger":
        return f"only {table} old, only {table} new"
    if text.sort in {"index", "statistics"}:
        table = session.ask(_TABLE_OF[text.sort].format(name=literal(text.name)))
    elif text.sort == "table":
        table = text.name
    elif text.sort == "publication":
        table = text.part.removeprefix("where ")
    elif text.sort == "type":
        return f"(select null::{session.ask(_BASE.format(name=literal(text.name)))} as value) q"
    return f"only {table}"


def _query(_session: Session, _text: Text, said: str) -> Made:
    return f"create temp view {_SCRATCH} as {said}", _VIEW


def _rule(_session: Session, text: Text, said: str) -> Made:
    """Return how a rule is read: on an empty table with the columns of its own."""
    head = _RULE_HEAD.match(text.found)
    if head is None or not said.startswith(head.group()):
        return None
    table = head.group(1)
    begun = head.group().removesuffix(table)
    made = f"create temp table {_SCRATCH} (like {table}); {begun} pg_temp.{_SCRATCH} {said[head.end() :]}"
    return made, _RULE


def _function(session: Session, text: Text, said: str) -> Made:
    """Return how a function's defaults are read, or its body: behind the head of the function that is there."""
    if text.part == "defaults":
        return f"create temp view {_SCRATCH} as select ({said}) is null as it", _VIEW
    name, kind, whole = session.ask(_FUNCTION.format(name=literal(text.name)))
    head = whole.rstrip().removesuffix(text.found)
    begun = f"CREATE OR REPLACE {kind} {name}("
    if not head.startswith(begun) or head == whole.rstrip():
        return None
    return f"CREATE {kind} pg_temp.{_LAST.search(name).group(1)}({head[len(begun) :]}{said}", _BODY  # type: ignore[union-attr]


_MAKERS: dict[str, Callable[[Session, Text, str], Made]] = {"view": _query, "rule": _rule, "function": _function}
