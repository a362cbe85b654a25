"""From samples to incidents, and to what is told of them to whom. Pure: it is given the time, and asks nobody.

Of one cause there is one incident, and of an incident one message at a time. Nobody is told twice of what they know,
but at growing distances, as long as nobody says that they see to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ops.alarms import check, telling
from ops.alarms.model import MAINS, SILENT, Ack, Alarm, Change, Event, Incident, Kind, Memory, Moment, Rule, Sample
from ops.alarms.telling import FaultClass, Plan
from ops.core import clock

__all__ = ["FaultClass", "Plan", "step"]

MOST_CLOSED = 200  # incidents that are over and still shown
_MOST_SECONDS = 366 * 86_400  # between two looks; what is more is a clock that was wrong


@dataclass
class _Looked:
    """What one look changes. news: of each incident what happened, the weightiest of it."""

    t: float
    wall: str
    plan: Plan
    alarms: dict[str, Alarm]
    incidents: dict[int, Incident]
    number: int
    news: dict[int, Kind] = field(default_factory=dict)

    def tell(self, number: int, kind: Kind) -> None:
        """Note that something is to be told of an incident; what matters more stands."""
        order = list(Kind)
        self.news[number] = min(kind, self.news.get(number, kind), key=order.index)


def step(memory: Memory, now: Moment, samples: Iterable[Sample], plan: Plan) -> tuple[Memory, list[Event]]:
    """Return what is to be remembered after a look, and what is to be told.

    samples: of every check that there is; what is not among them is no longer checked.
    """
    t = memory.t + elapsed(memory.last, now)
    look = _Looked(t, now.wall, plan, dict(memory.alarms), dict(memory.incidents), memory.number)
    taken = {f"{one.machine}/{one.check}": one for one in samples}
    changes = _advanced(look, taken)
    _joined(look, [key for key, change in changes.items() if change is Change.RAISED])
    for key, change in changes.items():
        if change is not Change.RAISED:
            _changed(look, key, change)
    _closed(look)
    plan = replace(plan, muted=plan.muted | _unseen(look.alarms))
    events = telling.due(look.incidents, look.alarms, look.news, look.t, look.wall, plan)
    return _remembered(look, now), events


def elapsed(before: Moment | None, now: Moment) -> float:
    """Return how many seconds went by since the last look: by what runs on, across a start of the machine by the clock.

    A clock that went back across a start, or ahead by more than a year, tells nothing: then no time went by.
    """
    if before is None:
        return 0.0
    if before.boot == now.boot:
        return max(0.0, now.running - before.running)
    seconds = (clock.parse(now.wall) - clock.parse(before.wall)).total_seconds()
    return seconds if 0 <= seconds <= _MOST_SECONDS else 0.0


def _advanced(look: _Looked, taken: Mapping[str, Sample]) -> dict[str, Change]:
    """Advance every alarm, those of machines themselves first; return what changed."""
    changes = {}
    for key in sorted({*taken, *look.alarms}, key=lambda key: (not key.endswith(f"/{SILENT}"), key)):
        sample = taken.get(key)
        alarm = look.alarms.get(key)
        if sample is None and alarm is not None:
            look.alarms[key], change = _gone(alarm, look.t)
        elif sample is not None:
            alarm = alarm or Alarm(machine=sample.machine, check=sample.check)
            rule = look.plan.rule(sample.check)
            muted = key in look.plan.muted or (sample.check != SILENT and _silent(look.alarms, sample.machine))
            look.alarms[key], change = check.advance(alarm, sample, rule, look.t, look.wall, muted=muted)
        if change:
            changes[key] = change
        if change is Change.CLEARED and look.alarms[key].check == SILENT:
            _begun_anew(look, look.alarms[key].machine)
    return changes


def _silent(alarms: Mapping[str, Alarm], machine: str) -> bool:
    """Whether a machine does not answer: what was last seen of its checks says nothing about them."""
    alarm = alarms.get(f"{machine}/{SILENT}")
    return alarm is not None and (alarm.level > 0 or check.suspected(alarm))


def _unseen(alarms: Mapping[str, Alarm]) -> frozenset[str]:
    """Return the keys of the alarms of machines that do not answer: to remind of them as well helps nobody."""
    return frozenset(key for key, alarm in alarms.items() if alarm.check != SILENT and _silent(alarms, alarm.machine))


def _gone(alarm: Alarm, t: float) -> tuple[Alarm, Change | None]:
    """Return the alarm of a check that the policy does not have any more."""
    if not alarm.level:
        return alarm, None
    over = replace(alarm, level=0, window="", since=None, below=None, cleared=t, message="it is no longer checked")
    return over, Change.CLEARED


def _joined(look: _Looked, raised: list[str]) -> None:
    """Bring each alarm that was raised to its incident: the one it was of before, that of its cause, or a new one.

    What is raised in one look on one machine without a cause that is known is one incident.
    """
    fresh: dict[str, int] = {}
    for key in sorted(raised, key=lambda key: -look.alarms[key].level):
        alarm = look.alarms[key]
        rule = look.plan.rule(alarm.check)
        cause = _cause(look, alarm)
        known = next((one for one in look.incidents.values() if one.closed is None and one.cause == cause), None)
        before = look.incidents.get(alarm.incident)
        if known is not None:
            look.incidents[known.number] = _with(known, key, alarm, look, rule)
        elif before is not None and alarm.cleared is not None and look.t - alarm.cleared <= rule.again:
            _reopened(look, before, key, rule)
        elif cause.startswith("check:") and alarm.machine in fresh:
            number = fresh[alarm.machine]
            look.incidents[number] = _with(look.incidents[number], key, alarm, look, rule, quiet=True)
        else:
            number = _opened(look, alarm, cause, rule)
            if cause.startswith("check:"):
                fresh[alarm.machine] = number


def _cause(look: _Looked, alarm: Alarm) -> str:
    """Return what an alarm comes from, as far as that is known; a machine that went out without mains had none."""
    open_ = {one.cause for one in look.incidents.values() if one.closed is None}
    if alarm.cause == MAINS or (alarm.check == SILENT and MAINS in open_):
        return MAINS
    return f"silent:{alarm.machine}" if alarm.check == SILENT else f"check:{alarm.key}"


def _opened(look: _Looked, alarm: Alarm, cause: str, rule: Rule) -> int:
    look.number += 1
    look.incidents[look.number] = Incident(
        number=look.number,
        cause=cause,
        machine=alarm.machine,
        members=(alarm.key,),
        level=alarm.level,
        fault_class=rule.class_of(alarm.level),
        discovered=alarm.since if alarm.since is not None else look.t,
        begun=alarm.begun or look.wall,
    )
    look.alarms[alarm.key] = replace(alarm, incident=look.number)
    look.tell(look.number, Kind.RAISED)
    return look.number


def _reopened(look: _Looked, before: Incident, key: str, rule: Rule) -> None:
    alarm = look.alarms[key]
    told = replace(before, closed=None, over="", called=0, paper=False, ack=None, distance=0)
    look.incidents[before.number] = _with(told, key, alarm, look, rule, quiet=True)
    look.tell(before.number, Kind.AGAIN)


def _with(incident: Incident, key: str, alarm: Alarm, look: _Looked, rule: Rule, *, quiet: bool = False) -> Incident:
    """Return an incident with one more alarm; that makes news if it is worse. quiet: not even then."""
    look.alarms[key] = replace(alarm, incident=incident.number)
    members = tuple(dict.fromkeys([*incident.members, key]))
    if alarm.level <= incident.level:
        return replace(incident, members=members)
    known = incident.ack is not None and alarm.level <= incident.ack.level
    if not quiet and not known:
        look.tell(incident.number, Kind.WORSE)
    fault_class = rule.class_of(alarm.level) or incident.fault_class
    return replace(incident, members=members, level=alarm.level, fault_class=fault_class)


def _changed(look: _Looked, key: str, change: Change) -> None:
    alarm = look.alarms[key]
    incident = look.incidents.get(alarm.incident)
    if incident is None or incident.closed is not None or change is not Change.WORSE:
        return
    look.incidents[incident.number] = _with(incident, key, alarm, look, look.plan.rule(alarm.check))


def _begun_anew(look: _Looked, machine: str) -> None:
    """A machine that answers again is looked at anew: what its checks said before is no sample of now."""
    for key, alarm in look.alarms.items():
        if alarm.machine == machine and alarm.check != SILENT and not alarm.level:
            look.alarms[key] = replace(alarm, window="", since=None, begun="")


def _closed(look: _Looked) -> None:
    """Close each incident of which no alarm is left; the others are as bad as the worst that is left."""
    for number, incident in look.incidents.items():
        levels = [look.alarms[key].level for key in incident.members if key in look.alarms]
        raised = [level for level in levels if level]
        if incident.closed is None and raised:
            look.incidents[number] = replace(incident, level=max(raised))
        elif incident.closed is None:
            look.incidents[number] = replace(incident, closed=look.t, over=look.wall)
            look.tell(number, Kind.CLEARED)


def acknowledged(memory: Memory, number: int, who: str, why: str, until: datetime) -> Memory:
    """Return a memory in which a person sees to an open incident."""
    incident = memory.incidents[number]
    ack = Ack(who=who, why=why, until=clock.iso(until), level=incident.level)
    return replace(memory, incidents={**memory.incidents, number: replace(incident, ack=ack)})


def _remembered(look: _Looked, now: Moment) -> Memory:
    """Return what is kept: the newest of the incidents that are over, and alarms of checks that are there."""
    closed = sorted(number for number, one in look.incidents.items() if one.closed is not None)
    old = set(closed[:-MOST_CLOSED])
    incidents = {number: one for number, one in look.incidents.items() if number not in old}
    alarms = {key: one for key, one in look.alarms.items() if one.window or one.level or one.incident in incidents}
    return Memory(t=look.t, last=now, number=look.number, alarms=alarms, incidents=incidents)
