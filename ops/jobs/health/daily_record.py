"""The rounds of checks in the ledger: the first of each day, and each that brings another verdict than the one before.

Every round would be a hundred thousand lines a year; so each line says how many there were since the line before.
Only the unit's rounds count: its lock and its ledger are the account's, which a look by hand as root would take away.
A round begins no ledger, and goes on with none that was written with another key, or that came here from elsewhere, as
on a restored machine: `seawall ledger rotate-key` does that, and a person says why.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import Locked, Unavailable
from ops.core.files import lock
from ops.core.verdict import Verdict
from ops.evidence.completeness import ROUND
from ops.evidence.ledger import NAME as LEDGER
from ops.evidence.ledger import Ledger
from ops.evidence.reader import read
from ops.jobs.host import credentials, folders
from ops.jobs.run.job import Outcome, record
from ops.policy import HostPolicy

SUBJECT = "health"
NAME = "rounds"  # under which the state keeps what was recorded last


@contextmanager
def counting() -> Iterator[bool]:
    """Hold the round's lock for a block, and say whether this round counts.

    The lock is taken before the block looks, for meanwhile nobody may change the ledger's key, which the unit has got.
    """
    counts = "SEAWALL_UNIT" in os.environ
    with ExitStack() as held:
        if counts:
            try:
                held.enter_context(lock(folders.scratch() / "health.lock", "the round of checks"))
            except Locked:
                counts = False
        yield counts


def counted(policy: HostPolicy, state: Mapping[str, Any], before: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Count a round, and record it where it is to be; return what the state keeps. Raise SeawallError or OSError."""
    last = known if isinstance(known := before.get(NAME), Mapping) else {}
    place = _place()
    if last.get("place", place) != place and not _explained(str(last.get("recorded", ""))):
        raise Unavailable(
            "the ledger was brought here from elsewhere, and no record explains why",
            "seawall ledger rotate-key --restored --reason 'REASON'",
        )
    day = f"{now.astimezone(ZoneInfo(policy.site.timezone)):%Y-%m-%d}"
    verdict, rounds = str(state["verdict"]), int(last.get("since", 0)) + 1
    if (last.get("day"), last.get("verdict")) == (day, verdict):
        return {**last, "place": place, "since": rounds}
    if not _continues():
        return {**last, "since": rounds}
    was = last.get("verdict")
    outcome = _outcome(state["checks"], Verdict(verdict), rounds, str(was) if was and was != verdict else "")
    record(ROUND, SUBJECT, policy.host, now, outcome)
    return {"day": day, "verdict": verdict, "since": 0, "recorded": clock.iso(clock.now()), "place": _place()}


def _place() -> int:
    """Return the number that the file system knows the ledger by: a restored file has another one; 0: there is none."""
    path = folders.state() / "ledger" / LEDGER
    return path.stat().st_ino if path.exists() else 0


def _explained(since: str) -> bool:
    """Whether a succession was recorded since a moment, in ISO format."""
    lines, _ = read(folders.state() / "ledger" / LEDGER)
    return any(line.succession and line.when and line.when >= clock.parse(since) for line in lines)


def _continues() -> bool:
    """Whether the ledger was begun, and with this key: on a restored machine a person says first why it goes on."""
    ledger = Ledger(folders.state() / "ledger", credentials.find("ledger.key"))
    return ledger.written_by() == ledger.own()


def _outcome(checks: Sequence[Mapping[str, Any]], verdict: Verdict, rounds: int, was: str) -> Outcome:
    """Return a round as the ledger has it: counts and names of the policy's checks; their words stay on the machine."""
    counts = Counter(str(entry["verdict"]) for entry in checks)
    loud = {str(entry["name"]): str(entry["verdict"]) for entry in checks if entry["verdict"] != Verdict.PASS.value}
    said = ", ".join(f"{word} {name}" for name, word in loud.items()) or f"{len(checks)} checks pass"
    message = f"{verdict.value} after {was}: {said}" if was else said
    return Outcome(verdict, message, facts={"rounds": rounds, "checks": dict(counts), "loud": loud})
