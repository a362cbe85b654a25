"""The rounds of checks in the ledger: the first of each day, and each that brings another verdict than the one before.

Every round would be a hundred thousand lines a year; so each line says how many there were since the line before.
Only the unit's rounds count: its lock and its ledger are the account's, which a look by hand as root would take away.
A round begins no ledger, and goes on with none that was written with another key, or that came here from elsewhere, as
on a restored machine: `seawall ledger rotate-key` does that, and a person says why.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import Locked, Unavailable
from ops.core.files import lock
from ops.core.verdict import Verdict
from ops.evidence.completeness import ROUND
from ops.evidence.ledger import NAME as LEDGER
from ops.evidence.ledger import Ledger
from ops.evidence.reader import read
from ops.interfaces.outcome import RoundFacts
from ops.interfaces.state import CheckResult, HealthState, RecordedRounds
from ops.jobs.host import credentials, folders
from ops.jobs.run.job import Outcome, record
from ops.policy import HostPolicy

SUBJECT = "health"


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


def counted(policy: HostPolicy, state: HealthState, now: datetime) -> RecordedRounds:
    """Count a round, and record it where it is to be; return what the state keeps. Raise SeawallError or OSError.

    state: of this round, with what the round before kept.
    """
    last = state.rounds or RecordedRounds()
    place = _place()
    if last.place not in (None, place) and not _explained(last.recorded or ""):
        raise Unavailable(
            "the ledger was brought here from elsewhere, and no record explains why",
            "seawall ledger rotate-key --restored --reason 'REASON'",
        )
    day = f"{now.astimezone(ZoneInfo(policy.site.timezone)):%Y-%m-%d}"
    rounds = last.since + 1
    if (last.day, last.verdict) == (day, state.verdict):
        return replace(last, place=place, since=rounds)
    if not _continues():
        return replace(last, since=rounds)
    was = last.verdict.value if last.verdict and last.verdict is not state.verdict else ""
    record(ROUND, SUBJECT, policy.host, now, _outcome(state.checks, state.verdict, rounds, was))
    return RecordedRounds(day=day, verdict=state.verdict, since=0, recorded=clock.iso(clock.now()), place=_place())


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


def _outcome(checks: Sequence[CheckResult], verdict: Verdict, rounds: int, was: str) -> Outcome:
    """Return a round as the ledger has it: counts and names of the policy's checks; their words stay on the machine."""
    counts = Counter(entry.verdict.value for entry in checks)
    loud = {entry.name: entry.verdict for entry in checks if entry.verdict is not Verdict.PASS}
    passed = tuple(entry.name for entry in checks if entry.verdict is Verdict.PASS)
    said = ", ".join(f"{word.value} {name}" for name, word in loud.items()) or f"{len(checks)} checks pass"
    message = f"{verdict.value} after {was}: {said}" if was else said
    return Outcome(verdict, message, facts=RoundFacts(rounds=rounds, checks=dict(counts), loud=loud, passed=passed))
