"""Loading what could not be loaded as the dump has it, each object by the way that fits; nothing is a dead end.

A dump is loaded with an empty search path, tables one after the other. What was made under other circumstances, such as
a check that calls a function without its schema, can refuse rows that were there. So what failed is tried again with
the database's own search path, when all else is there; then without the checks of the table, which are added again; a
constraint that the rows break is added for new rows alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ops.core.errors import CommandError
from ops.sources.postgresql.contents import Entry, place
from ops.sources.postgresql.explaining import lost, of_no_role, of_superusers, only_roles, owned
from ops.sources.postgresql.facts import PostgreSQLFacts
from ops.sources.postgresql.loader import LOADER, OPTIONS, lent
from ops.sources.postgresql.loading import Archive, Failure
from ops.sources.postgresql.reach import Reach
from ops.sources.postgresql.silenced import Silenced
from ops.sources.postgresql.sql import identifier, literal, search_path

_MOST = 50  # objects that are tried one by one
# The first lines set the search path, in this form alone; later ones may be rows.
_AGAIN = r"""
target=$1 search=$2 change=$3 quiet=$4
shift 4
"$@" |
sed -e "1,40{/^SELECT pg_catalog.set_config('search_path', '', false);\$/d;}" -e "$change" |
PGOPTIONS="$quiet" psql -Xq --no-password --set=ON_ERROR_STOP=1 --single-transaction \
  --dbname="$target" --command="$search" --file=- >/dev/null
"""
_AS_SQL = ("pg_restore", "--no-password", "--file=-")
_TOO_BIG = "row is too big"
_NOT_VALID = r"/ADD CONSTRAINT/s/;$/ NOT VALID;/"
_ROWS, _UNPROVEN = "TABLE DATA", " NOT VALID"
_COLLATION = re.compile(r"^CREATE COLLATION (.+?) \(", re.MULTILINE)
# A table and what inherits from it, each with its owner.
_OWNERS = """
with recursive below(oid) as (select {}::pg_catalog.regclass::oid
  union select i.inhrelid from pg_catalog.pg_inherits i join below on i.inhparent = below.oid)
select coalesce(json_agg(json_build_array(c.oid::pg_catalog.regclass, format('%I', r.rolname)) order by c.oid), '[]')
from below join pg_catalog.pg_class c using (oid) join pg_catalog.pg_roles r on r.oid = c.relowner
"""
_SCHEMAS = """
select coalesce(json_agg(nspname order by nspname), '[]') from pg_catalog.pg_namespace
where nspname !~ '^pg_' and nspname <> 'information_schema'
"""


@dataclass(frozen=True)
class Mending:
    """The way back to what one load could not bring.

    reach: how the server is spoken to. ask: of the database, one JSON document, in a superuser's session. again: what
    could be loaded as the dump has it, only later, is added to it.
    """

    archive: Archive
    facts: PostgreSQLFacts
    reach: Reach
    database: str
    ask: Callable[[str], Any]
    again: list[Failure]

    @cached_property
    def triggers(self) -> Silenced:
        """Those that would write again what the rows brought with them."""
        return Silenced(self.ask, self._attempt)

    def _attempt(self, statements: Sequence[str]) -> bool:
        return self.reach.attempt(self.database, statements)

    def done(self, failures: Sequence[Failure]) -> Iterator[str]:
        """Load what can be loaded; yield a sentence on what was done, and on each object that stays missing.

        Objects that only lack a role, or a superuser as their owner, are there: `named` tells of them.
        """
        self.triggers.hush()
        again = [one for one in failures if not only_roles(one) and not of_superusers(one)]
        again = [one for one in again if not (one.entry.sort == "COLLATION" and self._as_c(one.entry))]
        yield from (lost(one) for one in failures if one.entry.sort == "COLLATION" and one not in again)
        left = self._left(again)
        self.again.extend(one for one in again if one.entry not in [other.entry for other in left])
        for failure in left:
            yield self._otherwise(failure) or lost(failure)
        yield from self.triggers.woken()

    @staticmethod
    def named(failures: Sequence[Failure]) -> Iterator[str]:
        """Yield a sentence on each role that is missing, and on each object that only a superuser may own."""
        yield from of_no_role(failures)
        yield from (owned(one) for one in failures if of_superusers(one))

    def _left(self, again: Sequence[Failure]) -> list[Failure]:
        """Try the objects with the database's own search path, all together, then one by one; return the others."""
        left = [*again]
        for group in (
            [one for one in again if one.entry.sort == _ROWS],
            [one for one in again if one.entry.sort != _ROWS],
        ):
            if group and self._failed([one.entry for one in group]) is None:
                left = [one for one in left if one not in group]
        before = len(left) + 1
        while len(left) < before:  # one may need another
            before = len(left)
            tried = [(one, self._failed([one.entry])) for one in left[:_MOST]]
            left = [replace(one, said=said) for one, said in tried if said is not None] + left[_MOST:]
        return left

    def _failed(self, objects: Sequence[Entry], change: str = "") -> str | None:
        """Load some objects through psql, rows as the role for them; return what it says, None when all went well."""
        own = next((value for role, value in self._settings("search_path") if not role), '"$user", public')
        search = search_path(own, self.ask(_SCHEMAS))
        role, options = (LOADER, OPTIONS) if objects[0].sort == _ROWS else ("", self.archive.quiet)
        words = (self.reach.target(self.database, role), search, change, options, *_AS_SQL)
        self.triggers.hush()  # one of the objects before may be another
        try:
            self.archive.run(_AGAIN, words, [entry.number for entry in objects])
        except CommandError as error:
            return error.stderr or "no words"
        return None

    def _settings(self, wanted: str) -> Iterator[tuple[str, str]]:
        for role, kept in self.facts.settings:
            word, _, value = kept.partition("=")
            if word == wanted:
                yield role, value

    def _otherwise(self, failure: Failure) -> str:
        """Load an object in a way that leaves a trace; return the sentence on that, or nothing when it can't be."""
        entry = failure.entry
        if entry.sort == _ROWS:
            return self._stored_elsewhere(failure) or self._without_checks(failure)
        if entry.sort in ("FK CONSTRAINT", "CHECK CONSTRAINT") and self._failed([entry], change=_NOT_VALID) is None:
            return (
                f"{entry.name} is there for new rows alone (NOT VALID), because rows that were there break it "
                f"({failure.reason}); correct them, then: alter table ... validate constraint ..."
            )
        return ""

    def _stored_elsewhere(self, failure: Failure) -> str:
        """Load rows that are larger than a page, whose columns were made plain only when these were there."""
        name = self._table(failure.entry) if _TOO_BIG in failure.said else ""
        columns = self.ask(_plain(name)) if name else []
        if not columns:
            return ""
        plain, elsewhere = (
            f"alter table only {name} " + ", ".join(f"alter {identifier(one)} set storage {how}" for one in columns)
            for how in ("plain", "extended")
        )
        loaded = self._attempt([elsewhere]) and self._failed([failure.entry]) is None
        if not self._attempt([plain]):
            return f"{failure.entry.name}: set the storage of its columns by hand: {plain}"
        if not loaded:
            return ""
        return (
            f"{failure.entry.name} has rows that are larger than a page, so it was loaded while {', '.join(columns)} "
            "could be stored elsewhere; for new rows the storage is plain again"
        )

    def _without_checks(self, failure: Failure) -> str:
        """Load the rows of a table without its checks, and add these again: for new rows alone when rows break them."""
        name = self._table(failure.entry)
        checks, strict = (self.ask(_checks(name)), self.ask(_strict(name))) if name else ([], [])
        if not checks and not strict:
            return ""
        dropped = [f"drop constraint {identifier(check)}" for check, _ in checks]
        dropped += [f"alter {identifier(column)} drop not null" for column in strict]
        adding = {check: f"alter table {name} add constraint {identifier(check)} {words}" for check, words in checks}
        demanded = {one: f"alter table only {name} alter {identifier(one)} set not null" for one in strict}
        if not self._attempt([f"alter table only {name} {', '.join(dropped)}"]):
            return ""
        if self._failed([failure.entry]) is not None:
            for statement in (*adding.values(), *demanded.values()):  # to a table without rows
                self._attempt([statement])
            return ""
        found = [one for one, statement in demanded.items() if not self._compared(name, statement)]
        gone = [check for check, statement in adding.items() if not self._attempt([_unproven(statement)])]
        there = {check for check, statement in adding.items() if check not in gone}
        weak = [one for one in there if _proven(adding[one]) and not self._compared(name, _proving(name, one))]
        words = f"{failure.entry.name} could be loaded only without the checks of the table ({failure.reason})"
        if found:
            words += f"; {', '.join(found)}: may be null, as there, unlike in the table that it inherits from"
        if weak:
            words += f"; {', '.join(weak)}: there for new rows alone (NOT VALID), because rows break it"
        if gone:
            words += f"; {', '.join(gone)}: not there any more"
        if found and not weak and not gone:
            return words
        return f"{words}; correct the rows or the check, then: alter table {name} validate constraint ..."

    def _compared(self, table: str, statement: str) -> bool:
        """Run a statement that compares the rows of a table with something, as the role that loads rows, its owner."""
        given, back = lent(self.ask(_OWNERS.format(literal(table))))
        if not self._attempt(given):
            return False
        try:
            return self.reach.attempt_as_loader(self.database, [statement])
        finally:
            self._attempt(back)

    def _table(self, entry: Entry) -> str:
        """Return the manifest's name of the table whose rows an object is; empty when it is not clear, or not there."""
        owners = {"", *self.facts.roles}
        places = {name: place(name, self.facts.encoding) for name in self.facts.rows}
        found = [
            name
            for name, begun in places.items()
            if entry.place.startswith(begun) and entry.place.removeprefix(begun) in owners
        ]
        return found[0] if len(found) == 1 and self.ask(_there(found[0])) else ""

    def _as_c(self, entry: Entry) -> bool:
        """Make a collation whose locale is not there as the plainest one, so that columns that have it can be made."""
        text = self.archive.run('"$@"', _AS_SQL, [entry.number])
        found = _COLLATION.search(text)
        return found is not None and self._attempt([f'create collation {found[1]} from pg_catalog."C"'])


def _proven(statement: str) -> bool:
    """Return whether a statement that adds a constraint compares the rows with it."""
    return not statement.endswith(_UNPROVEN)


def _unproven(statement: str) -> str:
    """Return the statement that adds a constraint without a look at the rows."""
    return statement + _UNPROVEN if _proven(statement) else statement


def _proving(table: str, check: str) -> str:
    return f"alter table {table} validate constraint {identifier(check)}"


def _there(table: str) -> str:
    return f"select to_json(pg_catalog.to_regclass({literal(table)}) is not null)"


def _checks(table: str) -> str:
    return f"""
    select coalesce(json_agg(json_build_array(conname, pg_catalog.pg_get_constraintdef(oid)) order by conname), '[]')
    from pg_catalog.pg_constraint
    where conrelid = {literal(table)}::pg_catalog.regclass and contype = 'c' and coninhcount = 0
    """


def _plain(table: str) -> str:
    """Return the query for the columns that could be stored out of line by their type, but may not be."""
    return f"""
    select coalesce(json_agg(attname order by attnum), '[]') from pg_catalog.pg_attribute a
    join pg_catalog.pg_type t on t.oid = a.atttypid
    where attrelid = {literal(table)}::pg_catalog.regclass and attnum > 0 and not attisdropped
      and attstorage = 'p' and typstorage <> 'p'
    """


def _strict(table: str) -> str:
    """Return the query for the columns that are not null because they are not in a table that this one inherits from.

    A dump can't say that they may be.
    """
    return f"""
    select coalesce(json_agg(attname order by attname), '[]') from pg_catalog.pg_attribute a
    where attrelid = {literal(table)}::pg_catalog.regclass and attnum > 0 and attnotnull and attidentity = ''
      and exists (
      select from pg_catalog.pg_inherits h join pg_catalog.pg_attribute p on p.attrelid = h.inhparent
      join pg_catalog.pg_class c on c.oid = h.inhrelid and not c.relispartition
      where h.inhrelid = a.attrelid and p.attname = a.attname and p.attnotnull)
    """
