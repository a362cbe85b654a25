"""A person says that they see to an incident: who, why and until when; and what is open, for whoever asks.

The record comes first: an acknowledgement that is not in the ledger calls nobody off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ops.alarms.engine import acknowledged
from ops.alarms.model import LONGEST_ACK, Alarm, Event, Incident, Kind, Memory
from ops.alarms.store import Store, Waiting, opened
from ops.core import clock
from ops.core.errors import Unavailable, UsageError
from ops.core.files import lock, read_json
from ops.core.quantity import Duration
from ops.core.schema import Further, Plain
from ops.core.verdict import Verdict
from ops.evidence.redaction import places_in
from ops.interfaces.outcome import OutcomeFacts
from ops.interfaces.state import ALARMS
from ops.jobs.alarms import account, samples, words
from ops.jobs.alarms.plan import plan_at
from ops.jobs.host import folders, own_policy, state_files
from ops.jobs.ledger.attest import ROOT
from ops.jobs.run.job import Outcome, actor, record
from ops.policy import HostPolicy
from ops.policy.alarms import Alarms, channel

ACT = "acknowledgement"
_WAIT = 60.0  # seconds for a look that is under way


@dataclass(frozen=True)
class Known:
    """What the alarms of a machine remember. raised: incidents, the worst first; over: the newest first."""

    raised: tuple[Incident, ...]
    over: tuple[Incident, ...]
    alarms: tuple[Alarm, ...]
    waiting: tuple[Waiting, ...]


def known() -> Known:
    """Return what the alarms of this machine remember; raise Unavailable where they were never looked at."""
    _demand_alarms(own_policy.read())
    with account.acting():
        file = _file()
        if not file.exists():
            raise Unavailable("the alarms of this machine were never looked at", "systemctl start seawall-alarms")
        with opened(file) as store:
            memory, waiting = store.memory(), store.waiting()
    incidents = sorted(memory.incidents.values(), key=lambda one: (-one.level, one.number))
    return Known(
        raised=tuple(one for one in incidents if one.closed is None),
        over=tuple(sorted((one for one in incidents if one.closed is not None), key=lambda one: -one.number)),
        alarms=tuple(memory.alarms.values()),
        waiting=tuple(waiting),
    )


def acknowledge(number: int, why: str, span: Duration, by: str) -> Incident:
    """Record that a person sees to an incident for a span, and call nobody else; return the incident.

    Raise UsageError where there is no such open incident, nobody in particular says so, or for longer than 14 days.
    """
    policy = own_policy.read()
    alarms = _demand_alarms(policy)
    who = _demand_person(by)
    if not 0 < span.seconds <= LONGEST_ACK:
        raise UsageError(f"{span} is too long for an acknowledgement", "say 14d at most, and say it again when it ends")
    if not why.strip():
        raise UsageError("no reason is given", "add --reason TEXT: what you do about it")
    now = clock.now()
    until = now + span.span
    with account.acting(), opened(_file()) as store:
        incident = _open(store.memory(), number)
    facts: dict[str, Plain] = {
        "incident": number,
        "by": who,
        "until": clock.iso(until),
        "checks": list(incident.members),
    }
    outcome = Outcome(Verdict.PASS, why, facts=OutcomeFacts(further=Further(facts)))
    record(ACT, f"incident {number}", policy.host, now, outcome)
    with account.acting(), lock(folders.scratch() / f"{ALARMS}.lock", "a look of the alarms", _WAIT):
        with opened(_file()) as store:
            memory = store.memory()
            memory = acknowledged(memory, _open(memory, number).number, who, why, until)
            store.remember(memory)
            _tell(store, policy, alarms, memory, number, now)
    return memory.incidents[number]


def _file() -> Path:
    spare = account.spare_store()
    return spare if spare.exists() else account.store()


def _tell(store: Store, policy: HostPolicy, alarms: Alarms, memory: Memory, number: int, now: datetime) -> None:
    """Let the others who were called know that somebody sees to it."""
    incident = memory.incidents[number]
    if not incident.told:
        return
    seen = samples.taken(policy, state_files.read_all(), now)
    plan = plan_at(policy, alarms, seen, now)
    members = tuple(memory.alarms[key] for key in incident.members if key in memory.alarms)
    elapsed = memory.t - incident.discovered
    event = Event(kind=Kind.ACKNOWLEDGED, incident=incident, alarms=members, to=incident.reached, elapsed=elapsed)
    places = frozenset(places_in(read_json(folders.etc() / "policy.json")))
    message = words.message(event, policy, alarms, plan, now, memory.t, places)
    message = replace(message, identity=f"{message.identity}.{clock.iso(now)}".replace(":", ""))
    for name, spec in alarms.channels.items():
        if channel(spec).send:
            store.post(name, message, memory.t)


def _open(memory: Memory, number: int) -> Incident:
    incident = memory.incidents.get(number)
    if incident is None or incident.closed is not None:
        raised = [str(one.number) for one in memory.incidents.values() if one.closed is None]
        raise UsageError(f"there is no open incident {number}", f"open: {', '.join(raised) or 'none'}; seawall alarms")
    return incident


def _demand_alarms(policy: HostPolicy) -> Alarms:
    if policy.alarms is None:
        raise Unavailable("the policy of this machine has no alarms", "write `alarms` into the policy: docs/alarms.md")
    return policy.alarms


def _demand_person(by: str) -> str:
    """Return who says it; raise UsageError when that is nobody in particular."""
    who = actor()
    if who == ROOT and not by:
        raise UsageError("cannot attribute this to root", "use --by NAME, or log in as yourself and use sudo")
    return by or who.removeprefix("person:")
