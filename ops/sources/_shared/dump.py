"""What taking the dump of one database has in common, whichever server it comes from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from ops.core.errors import Damaged
from ops.interfaces.source import Stored


class OfDatabase(Protocol):
    """Options that name a database."""

    @property
    def database(self) -> str:
        """Its name."""


class Dump:
    """The end of a capture whose material is a dump."""

    options: OfDatabase

    def wanted(self) -> Collection[str]:
        """Ask for nothing: the dump is its own witness."""
        return ()

    def finish(self, stored: Stored) -> Mapping[str, Any]:
        """Demand that there is a dump; an empty database has one, too."""
        if stored.bytes == 0:
            raise Damaged(f"the dump of {self.options.database} is empty")
        return {"dump_bytes": stored.bytes}
