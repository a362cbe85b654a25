"""What the last round of checks saw, as samples for the alarms; that no round was made is one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ops.alarms.model import MAINS, Sample
from ops.alarms.store import Waiting
from ops.core.errors import SeawallError
from ops.core.verdict import Verdict, worst
from ops.interfaces.state import ALARMS, HEALTH, CheckResult, State
from ops.jobs.health.job import recorded
from ops.policy import HostPolicy

ROUND = 300  # seconds; what is looked at each minute has as many samples as what a round looks at
_PATIENCE = 3  # attempts that a channel may refuse before that is a finding
_ON_BATTERY = "on battery"


def taken(policy: HostPolicy, states: Mapping[str, State], now: datetime) -> list[Sample]:
    """Return a sample of each check of the last round, and one of whether rounds are made at all."""
    slot = str(int(now.timestamp()) // ROUND)
    try:
        state = recorded(states, now)
    except SeawallError as error:
        return [_sample(policy.host, HEALTH, Verdict.UNKNOWN, error.message, slot)]
    rounds = [entry for entry in state.checks if entry.name == HEALTH]
    about = "; ".join(entry.message for entry in rounds if entry.verdict is not Verdict.PASS) or "rounds are made"
    verdict = worst(entry.verdict for entry in rounds) if rounds else Verdict.PASS
    found = [_of_check(policy.host, entry, state.finished) for entry in state.checks if entry.name != HEALTH]
    return [*found, _sample(policy.host, HEALTH, verdict, about, slot)]


def of_channels(policy: HostPolicy, waiting: Sequence[Waiting], trouble: str, now: datetime) -> Sample:
    """Return a sample of whether alarms can be told and remembered. trouble: why they can't be remembered; or empty."""
    slot = str(int(now.timestamp()) // ROUND)
    stuck = [one for one in waiting if one.tries >= _PATIENCE]
    channels = {one.channel: one.error for one in stuck}
    told = [f"the channel {name} does not take messages: {error}" for name, error in channels.items()]
    told += [f"what was told can't be remembered on the disk: {trouble}"] if trouble else []
    verdict = Verdict.FAIL if told else Verdict.PASS
    return _sample(policy.host, ALARMS, verdict, "; ".join(told) or "people can be told", slot)


def _of_check(host: str, entry: CheckResult, finished: str) -> Sample:
    on_battery = entry.kind == "ups" and _ON_BATTERY in entry.message and entry.verdict is not Verdict.PASS
    return _sample(host, entry.name, entry.verdict, entry.message, finished, MAINS if on_battery else "")


def _sample(host: str, check: str, verdict: Verdict, message: str, slot: str, cause: str = "") -> Sample:
    return Sample(machine=host, check=check, level=verdict.severity, message=message, taken=slot, cause=cause)
