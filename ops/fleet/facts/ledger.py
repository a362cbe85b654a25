"""What follows in a machine's ledger after what is known here."""

from __future__ import annotations

from pyinfra.api.facts import FactBase

from ops.core.verdict import Finding
from ops.fleet.ledgers import growth
from ops.fleet.ledgers.collect import QUESTION, understood
from ops.fleet.ledgers.growth import Told


class Ledger(FactBase[Told | Finding]):
    """The rest of the ledger, or why there is none."""

    def command(self, records: int, signatures: int) -> str:
        """Return the command. records, signatures: bytes of them that are known here."""
        sizes = {"LINES": records, "SIGNATURES": signatures, "PIECE": growth.PIECE}
        command = QUESTION
        for word, size in sizes.items():
            command = command.replace(word, str(size))
        return command

    def process(self, output: list[str]) -> Told | Finding:
        """Return what was told."""
        return understood(output)
