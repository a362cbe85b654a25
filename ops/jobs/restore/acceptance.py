"""What a person accepts of a restore that is not as its manifest says: each difference is named, and who it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ops.core.announce import announce
from ops.jobs.run.override import DIFFERENCES, Override

Ask = Callable[[Sequence[str]], bool]


@dataclass(frozen=True)
class Acceptance:
    """Whether differences may be accepted, and by whom.

    ask: given sentences that name the differences, returns whether a person accepts them; None: nobody is asked.
    """

    host: str
    asset: str
    ask: Ask | None = None
    by: str = ""

    def given(self, label: str, differences: Sequence[str]) -> bool:
        """Ask for the differences of a part; record it when they are accepted, before anything is done about it.

        Raise SeawallError when it can't be recorded, for then they are not accepted.
        """
        named = [f"{label}: {difference}" for difference in differences]
        if self.ask is None or not self.ask(named):
            return False
        Override(DIFFERENCES, "; ".join(named), self.by).record(self.host, self.asset)
        announce(f"{label}: the differences were accepted by {self.by}")
        return True
