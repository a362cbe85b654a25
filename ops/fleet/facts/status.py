"""How a machine stands, and whether its ledger still holds what was seen of it: one question."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from pyinfra.api.facts import FactBase

COMMAND = "seawall status --json 2>&1"
BETWEEN = "-- ledger --"


@dataclass(frozen=True)
class Said:
    """What a machine said, word by word: of its status, and of its ledger when it was asked about it."""

    status: str
    ledger: str = ""


class Status(FactBase[Said]):
    """The status, as `seawall status --json` prints it or says why not."""

    def command(self, head: str = "", seen: str = "") -> str:
        """Return the command. head: the newest head that was seen of the machine's ledger, if any; seen: when."""
        if not head:
            return COMMAND
        words = ["seawall", "ledger", "verify", "--json", "--head", head, *(["--seen", seen] if seen else [])]
        verify = shlex.join(words)
        return f"{COMMAND}; echo {shlex.quote(BETWEEN)}; {verify} 2>&1"

    def process(self, output: list[str]) -> Said:
        """Part the two answers."""
        if BETWEEN not in output:
            return Said("\n".join(output))
        place = output.index(BETWEEN)
        return Said("\n".join(output[:place]), "\n".join(output[place + 1 :]))
