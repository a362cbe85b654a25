"""Ways to hurt the rows of a restored database that are alike for all servers; chance chooses the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import Random
from typing import Generic, Protocol, TypeVar

from ops.interfaces.damage import DataDamage
from ops.interfaces.facts import Facts
from ops.interfaces.server import Server


class OfTable(Protocol):
    """A column that can be changed."""

    @property
    def table(self) -> str:
        """Its table, as the server writes it."""


class Tells(Protocol):
    """A session of a client that stays."""

    def tell(self, statement: str) -> list[str]:
        """Run a statement and return the lines of its answer."""


S = TypeVar("S", bound=Tells)
C = TypeVar("C", bound=OfTable)
F = TypeVar("F", bound=Facts)


@dataclass(frozen=True)
class Rows(Generic[S, C, F]):
    """The rows of one kind of database.

    writing: opens a session that may write anything. columns: finds the columns that can be changed, of tables with
    more than one row.
    """

    writing: Callable[[Server, str], AbstractContextManager[S]]
    columns: Callable[[S, F], Sequence[C]]

    def hurt(
        self, words: str, hurt: Callable[[S, C], bool], fits: Callable[[C], bool] = lambda _: True
    ) -> DataDamage[F]:
        """Return a damage to rows of one table: `hurt` is tried column by column until it says that it hurt some."""

        def act(server: Server, database: str, facts: F, chance: Random) -> str:
            with self.writing(server, database) as session:
                found = [column for column in self.columns(session, facts) if fits(column)]
                for column in chance.sample(found, len(found)):
                    if hurt(session, column):
                        return f"{words} {column.table}"
            return ""

        return DataDamage(act)


def emptied(
    writing: Callable[[Server, str], AbstractContextManager[Tells]],
    rows: Callable[[F], Mapping[str, int]],
    quoted: Callable[[str], str],
) -> DataDamage[F]:
    """Return the damage that deletes all rows of one table."""

    def act(server: Server, database: str, facts: F, chance: Random) -> str:
        full = [table for table, count in sorted(rows(facts).items()) if count]
        if not full:
            return ""
        table = chance.choice(full)
        with writing(server, database) as session:
            session.tell(f"delete from {quoted(table)}")
        return f"all rows were deleted from {table}"

    return DataDamage(act)
