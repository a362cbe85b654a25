"""What rebuilding a machine needs to know of it, and the key of its ledger."""

from __future__ import annotations

from pyinfra.api.facts import FactBase

from ops.fleet.control_machine.host_facts import QUESTION, Facts, understood


class Machine(FactBase[tuple[Facts, str] | None]):
    """The machine's facts and its ledger's key, empty without one."""

    def command(self) -> str:
        """Return the command."""
        return QUESTION

    def process(self, output: list[str]) -> tuple[Facts, str] | None:
        """Return them, or nothing when a part is missing."""
        facts, key = understood("\n".join(output))
        return (facts, key) if facts else None
