"""The statuses that machines handed over to a backup host: one question for all of them."""

from __future__ import annotations

from pyinfra.api.facts import FactBase

COMMAND = "seawall status --clients 2>&1"


class HandedStatuses(FactBase[list[str]]):
    """The lines of `seawall status --clients`, and of what it says instead."""

    def command(self) -> str:
        """Return the command."""
        return COMMAND

    def process(self, output: list[str]) -> list[str]:
        """Take them as they are; they are read one by one."""
        return output
