"""Make a fault, measure until each channel has taken the message, and wait for a person's answer.

Nothing on the way is done for the drill: the next round of checks sees the fault, the next look of the alarms tells of
it, and `seawall ack` answers it, as with any other fault. A channel has the message once its other side took it: the
mail server, the address of a webhook, the program. Whether a person read it, only their answer says.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from ops.alarms.model import Incident, Kind
from ops.alarms.store import opened
from ops.core import clock
from ops.core.errors import Unavailable, UsageError
from ops.core.files import lock
from ops.core.quantity import span
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.outcome import AlarmDrillFacts
from ops.jobs.alarm_drill import fault as faults
from ops.jobs.alarm_drill.fault import Fault
from ops.jobs.alarms import account, samples
from ops.jobs.alarms.plan import plan_at, rule_of
from ops.jobs.host import folders, own_policy, state_files
from ops.jobs.run.job import Outcome, perform
from ops.policy import HostPolicy
from ops.policy.alarm_drill import asked
from ops.policy.alarms import AlarmDrill, Alarms, channel

POLL = 2.0  # seconds
UNDOING = 300.0  # seconds beyond the time of a drill after which systemd itself ends the fault
NEWS = {Kind.RAISED, Kind.AGAIN, Kind.PASSED, Kind.WORSE, Kind.NEXT}


@dataclass(frozen=True)
class Planned:
    """A drill that may begin. channels: those that are to take the message. called: who is called first."""

    kind: str
    fault: Fault
    policy: HostPolicy
    alarms: Alarms
    drill: AlarmDrill
    channels: tuple[str, ...]
    called: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key of the alarm that is awaited."""
        return f"{self.policy.host}/{self.fault.check}"


@dataclass(frozen=True)
class Seen:
    """What the alarms know of the fault now. taken: the channels that took a message of it."""

    incident: Incident | None
    taken: Collection[str]


def planned(kind: str = "") -> Planned:
    """Return the drill of a kind, or of the one whose last good drill is oldest.

    Raise SeawallError where the machine has none, or where nobody would be told now: in a window of maintenance, in
    quiet hours, or because the check is bad already.
    """
    policy = own_policy.read()
    drill = asked(policy)
    if policy.alarms is None or drill is None:
        raise Unavailable("the policy of this machine asks for no drill of the alarms", "docs/alarm-drill.md")
    kind = kind or _oldest(drill.kinds)
    fault = faults.named(kind)
    channels = tuple(name for name, spec in policy.alarms.channels.items() if channel(spec).send)
    now = clock.now()
    taken = samples.taken(policy, state_files.read_all(), now)
    plan = plan_at(policy, policy.alarms, taken, now)
    if not fault.timer and fault.check not in policy.checks:
        raise Unavailable(f"the policy of this machine does not drill {kind}", f"add {kind} to `kinds` of the drill")
    rule = rule_of(policy, policy.alarms, fault.check)
    of_class = (rule.warning_class if fault.warns else None) or rule.fault_class if rule else None
    wanted = Planned(kind, fault, policy, policy.alarms, drill, channels, plan.order[:1])
    if wanted.key in plan.muted:
        raise Unavailable("nothing is told now: it is a window of maintenance", "drill outside of it")
    if of_class in plan.quiet:
        raise Unavailable(f"nothing is told now: it is a quiet hour of {of_class}", "drill outside of it")
    if bad := [one.message for one in taken if one.check == fault.check and one.level]:
        raise Unavailable(f"{fault.check} is bad already: {bad[0]}", "mend that first; then this is a drill")
    return wanted


def drill_alarms(kind: str = "") -> Outcome:
    """Drill, and return the outcome, which is recorded by then.

    Raise Locked, and touch nothing, while another drill of the alarms runs, of whatever kind; SeawallError where it may
    not begin.
    """
    if os.geteuid() != 0:
        raise UsageError("only root can make a fault", "sudo seawall alarm-drill")
    wanted = faults.named(kind) if kind else None
    # One at a time, of whatever kind: a second one would take the first one's fault away.
    with lock(folders.scratch() / f"{joined.ALARM_DRILL}.lock", "a drill of the alarms"):
        if wanted:
            faults.undo(wanted)  # what a killed one left
        drill = planned(kind)
        name = joined.alarm_drill(drill.kind)
        return perform(joined.ALARM_DRILL, name, drill.kind, drill.policy.host, partial(_drilled, drill))


def _oldest(kinds: Collection[str]) -> str:
    """Return the kind whose last good drill is oldest; one that was never drilled comes first."""
    states = {kind: state_files.read_act(joined.alarm_drill(kind)) for kind in kinds}
    good = {kind: state.good(AlarmDrillFacts) if state else None for kind, state in states.items()}
    return min(kinds, key=lambda kind: facts.time if (facts := good[kind]) else "")


def _drilled(drill: Planned) -> Outcome:
    told, answered = drill.drill.told_within.seconds, drill.drill.answered_within.seconds
    begun = clock.iso(clock.now())
    started = time.monotonic()
    with faults.made(drill.kind, told + answered + UNDOING):
        facts = _measured(drill, begun, lambda: time.monotonic() - started)
    return judged(drill.drill, facts, drill.channels)


def _measured(drill: Planned, begun: str, gone: Callable[[], float]) -> AlarmDrillFacts:
    """Wait for the message and the answer, and return what came. gone: the seconds since the fault was made."""
    told: dict[str, float] = {}
    facts = AlarmDrillFacts(time=begun, fault=drill.kind, check=drill.fault.check, called=drill.called)
    limit = float(drill.drill.told_within.seconds)
    while True:
        seen = _seen(drill.key, begun)
        told |= {name: round(gone(), 1) for name in seen.taken if name not in told}
        if seen.incident:
            facts = replace(facts, incident=seen.incident.number)
        complete = set(drill.channels) <= told.keys()
        if told and seen.incident and seen.incident.ack and (complete or gone() > limit):
            return replace(facts, told=told, answered=round(gone() - min(told.values()), 1), by=seen.incident.ack.who)
        answer = min(told.values(), default=limit) + drill.drill.answered_within.seconds
        if gone() > (max(answer, limit) if told and not complete else answer if told else limit):
            return replace(facts, told=told)
        time.sleep(POLL)


def _seen(key: str, begun: str) -> Seen:
    """Return what the alarms know of a check since a moment."""
    spare = account.spare_store()
    with account.acting():
        file = spare if spare.exists() else account.store()
        if not file.exists():
            return Seen(None, ())
        with opened(file) as store:
            memory = store.memory()
            alarm = memory.alarms.get(key)
            incident = memory.incidents.get(alarm.incident) if alarm and alarm.level else None
            if incident is None or incident.closed is not None:
                return Seen(None, ())
            return Seen(incident, store.taken(incident.number, NEWS, begun))


def judged(drill: AlarmDrill, facts: AlarmDrillFacts, channels: Collection[str]) -> Outcome:
    """Given what came of a drill, return its outcome: good is one that every channel told and a person answered."""
    in_time = {name for name, seconds in facts.told.items() if seconds <= drill.told_within.seconds}
    if not in_time:
        return Outcome(Verdict.FAIL, f"nobody was told within {drill.told_within}", facts=facts)
    missing = [name for name in channels if name not in in_time]
    words = ["; ".join(f"{name} took it after {span(seconds)}" for name, seconds in _told(facts).items())]
    words += [f"nothing went by {', '.join(missing)} within {drill.told_within}"] if missing else []
    answered = facts.answered is not None and facts.answered <= drill.answered_within.seconds
    if facts.answered is not None:
        words.append(f"a person answered {span(facts.answered)} later")
    if not answered:
        words.append(f"nobody answered within {drill.answered_within}")
    if missing or not answered:
        return Outcome(Verdict.FAIL, "; ".join(words), facts=facts)
    # Who answered stands in the ledger, and in no state: that is shown to others.
    return Outcome(Verdict.PASS, "; ".join(words), good=replace(facts, by="", called=()), facts=facts)


def _told(facts: AlarmDrillFacts) -> Mapping[str, float]:
    return dict(sorted(facts.told.items(), key=lambda one: one[1]))
