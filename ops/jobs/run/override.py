"""An override: a person has an act go past one of its guards. The ledger says who, which guard, and why.

It is a record of its own, written before the guard is passed: so it stays there, whatever becomes of the act.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.core import clock
from ops.core.schema import Plain
from ops.core.verdict import Verdict
from ops.evidence.ledger import Ledger
from ops.evidence.redaction import redacted_text
from ops.interfaces.request import Request
from ops.jobs.host import credentials, folders
from ops.jobs.run.job import actor

ACT = "override"
LOSS = "no set that shrank a lot"
DIFFERENCES = "restored data are as their manifest says"
REMOVAL = "nothing restored by a drill stays"


@dataclass(frozen=True)
class Override(Request):
    """Which guard is passed, why, who asked for it, and who allowed it, where somebody had to."""

    guard: str
    reason: str
    by: str
    approver: str = ""

    def record(self, host: str, subject: str) -> None:
        """Write the record; raise SeawallError when there can be none, for then the guard is not passed."""
        reason = redacted_text(self.reason)
        allowed = {"approver": self.approver} if self.approver else {}
        body: dict[str, Plain] = {
            "host": host,
            "actor": actor(),
            "act": ACT,
            "subject": subject,
            "result": Verdict.WARN.value,
            "message": f"overridden: {self.guard}; {reason}",
            "started": clock.iso(clock.now()),
            "facts": {"guard": self.guard, "reason": reason, "by": self.by.removeprefix("person:"), **allowed},
        }
        Ledger(folders.state() / "ledger", credentials.find("ledger.key")).append(body)
