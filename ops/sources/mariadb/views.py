"""The views of a database as SQL that loads under any name, whoever may be gone.

mariadb-dump asks the server for the columns of each view, and ends when the server refuses one: for a function that the
account may not run, for a column that is gone. It also leaves the order to the alphabet. Here each view is made after
those that it reads, first in its maker's name, so that none is refused for the rights of another one's definer, and
then, the other way round, as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.core.printable import printable
from ops.sources.mariadb.own_name import named_in, without
from ops.sources.mariadb.session import Session, name, text

_VIEWS = """
select json_array(table_name, view_definition, check_option, definer, security_type, algorithm, collation_connection)
from information_schema.views where table_schema = database() order by table_name
"""
# Errors that say of a view's query that something is not there: column, table, database, function.
NOTHING_THERE = (1049, 1054, 1146, 1305, 1630)
_BROKEN_BELOW = 1356


@dataclass(frozen=True)
class View:
    """A view as information_schema tells it; reads: what it names in its own database."""

    name: str
    query: str
    check: str
    definer: str
    security: str
    algorithm: str
    collation: str
    reads: frozenset[str]

    def at_first(self) -> str:
        """Return the statement that makes it in its maker's name."""
        return f"CREATE OR REPLACE SQL SECURITY INVOKER VIEW {name(self.name)} AS {self.query};"

    def whole(self) -> str:
        """Return the statement that makes it as it was."""
        user, _, host = self.definer.rpartition("@")
        definer = f"{name(user)}@{name(host)}" if host else name(user)
        check = "" if self.check == "NONE" else f" WITH {self.check} CHECK OPTION"
        return (
            f"CREATE OR REPLACE ALGORITHM={self.algorithm} DEFINER={definer} SQL SECURITY {self.security}"
            f" VIEW {name(self.name)} AS {self.query}{check};"
        )


def views(session: Session, database: str, known: Collection[str]) -> dict[str, View]:
    """Return the views of a database by name, each after those that it reads; known: the names of all it has."""
    found: dict[str, View] = {}
    for one, query, check, definer, security, algorithm, collation in session.ask(_VIEWS):
        reads = frozenset(named_in(query, database) - {one})
        plain = without(query, database, known)
        found[one] = View(one, plain, check, definer, security, algorithm, collation, reads)
    ordered: dict[str, View] = {}

    def place(one: View, above: frozenset[str]) -> None:
        for below in sorted(one.reads & found.keys() - above):
            place(found[below], above | {one.name})
        ordered[one.name] = one

    for one in found.values():
        place(one, frozenset())
    return ordered


def broken(probe: Session, found: Mapping[str, View], gone: Collection[str]) -> dict[str, str]:
    """Return the views that can't be made anew, and why: they read what is not there, or what is left out."""
    why: dict[str, str] = {}
    for one in found.values():
        if missing := sorted(one.reads & {*gone, *why}):
            why[one.name] = f"it reads {missing[0]}"
            continue
        refusal = probe.attempt(f"prepare seawall from {text(one.query)}")
        if refusal and (refusal.number in NOTHING_THERE or _elsewhere(refusal.number, one, found)):
            why[one.name] = refusal.words
    return why


def _elsewhere(number: int, one: View, found: Mapping[str, View]) -> bool:
    """Whether a view that another one reads is broken, and is none of this database, where it is seen by itself."""
    return number == _BROKEN_BELOW and not one.reads & found.keys()


def statements(wanted: Sequence[View]) -> Iterator[str]:
    """Yield lines of SQL that make views, given in their order."""
    if not wanted:
        return
    yield "SET NAMES utf8mb4;"
    yield "SET sql_mode = '';"
    for one in wanted:
        yield from _headed(one, "Temporary table structure", one.at_first())
    for one in reversed(wanted):
        words = f"SET collation_connection = {one.collation};\n{one.whole()}"
        yield from _headed(one, "Final view structure", words)
    yield "SET NAMES utf8mb4;"


def _headed(one: View, what: str, words: str) -> Iterator[str]:
    # As mariadb-dump announces views, so that whoever takes single tables out of a dump passes them over. Behind a line
    # end, which a name may hold, a comment is over: what follows there would be run by whoever loads the dump.
    yield f"\n--\n-- {what} for view {name(printable(one.name, ' '))}\n--\n"
    yield words
