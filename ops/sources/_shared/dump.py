"""What taking the dump of one database has in common, whichever server it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from ops.core.errors import Damaged
from ops.interfaces.facts import Facts
from ops.interfaces.source import Capture, Stored


class OfDatabase(Protocol):
    """Options that name a database."""

    @property
    def database(self) -> str:
        """Its name."""


@dataclass(frozen=True, kw_only=True)
class DumpFacts(Facts):
    """What the facts of every dump have. dump_bytes: its size, all its files together."""

    dump_bytes: int


D = TypeVar("D", bound=DumpFacts)


class Dump(Capture[D]):
    """The end of a capture whose material is a dump."""

    options: OfDatabase

    def finish(self, facts: D, stored: Stored) -> D:
        """Demand that there is a dump; an empty database has one, too."""
        if stored.bytes == 0:
            raise Damaged(f"the dump of {self.options.database} is empty")
        return replace(facts, dump_bytes=stored.bytes)
