"""What is to be told of open incidents now, and to whom: who is called, limits, reminders, acknowledgements. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ops.alarms.model import Alarm, Event, Incident, Kind, Rule
from ops.core import clock

MOST_DISTANCE = 20  # doublings


@dataclass(frozen=True, kw_only=True)
class FaultClass:
    """A class of faults. limits: after how many seconds from its discovery something is to be done."""

    limits: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the policy asks for at this moment.

    rules: by check; usual: of all others. order: whom to call, the first one first. muted: keys of alarms that must
    not be raised now. quiet: classes of which nothing is told now. next_after: seconds without an answer after which
    the next one is called. remind: seconds to the first reminder, which double up to remind_most.
    """

    order: tuple[str, ...]
    rules: Mapping[str, Rule] = field(default_factory=dict)
    usual: Rule = Rule()
    classes: Mapping[str, FaultClass] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()
    next_after: int = 900
    remind: int = 3600
    remind_most: int = 86_400

    def rule(self, check: str) -> Rule:
        """Return the rule of a check."""
        return self.rules.get(check, self.usual)


def due(
    incidents: dict[int, Incident],
    alarms: Mapping[str, Alarm],
    news: Mapping[int, Kind],
    t: float,
    wall: str,
    plan: Plan,
) -> list[Event]:
    """Return what is told now of each incident, one thing at most, and change the incidents by that."""
    events = []
    for number, before in list(incidents.items()):
        if before.closed is not None and before.told and number not in news:
            continue
        incident, kind = _expired(before, wall), news.get(number)
        if incident.closed is not None:
            incident, kind = _over(incident, plan)
        else:
            kind = kind if kind is not None else _by_time(incident, before, t, plan)
            incident, kind = _told(incident, kind, t, plan)
        incidents[number] = incident
        if kind:
            members = tuple(alarms[key] for key in incident.members if key in alarms)
            to = _to(incident, kind, before, plan)
            events.append(Event(kind=kind, incident=incident, alarms=members, to=to, elapsed=t - incident.discovered))
    return events


def _expired(incident: Incident, wall: str) -> Incident:
    """Return an incident whose acknowledgement ends in time, and when it is worse than what was acknowledged."""
    ack = incident.ack
    if ack is None or (incident.level <= ack.level and clock.parse(wall) < clock.parse(ack.until)):
        return incident
    return replace(incident, ack=None)


def _over(incident: Incident, plan: Plan) -> tuple[Incident, Kind | None]:
    """Return what is told of an incident that is over; of one that came and went in quiet hours, once they end."""
    if incident.told:
        return replace(incident, ack=None), Kind.CLEARED
    if incident.fault_class in plan.quiet:
        return incident, None
    return replace(incident, told=True, reached=plan.order[:1]), Kind.PASSED


def _by_time(incident: Incident, before: Incident, t: float, plan: Plan) -> Kind | None:
    """Return what is due because time went by."""
    if all(key in plan.muted for key in incident.members):
        return None
    if not incident.told:
        return Kind.RAISED
    if before.ack is not None and incident.ack is None:
        return Kind.ACK_ENDED
    limits = plan.classes.get(incident.fault_class, FaultClass()).limits
    if len([limit for limit in limits if incident.discovered + limit <= t]) > incident.limits:
        return Kind.LIMIT
    if incident.ack is not None:
        return None
    if _fresh(incident, plan):
        return Kind.NEXT
    if t >= incident.next_call and not incident.paper:
        return Kind.NEXT if incident.called < len(plan.order) else Kind.PAPER
    return Kind.REMINDER if t >= incident.next_reminder else None


def _told(incident: Incident, kind: Kind | None, t: float, plan: Plan) -> tuple[Incident, Kind | None]:
    """Return an incident of which something is told now, and what; in quiet hours nothing is."""
    if kind is None:
        return incident, None
    if incident.fault_class in plan.quiet:
        return replace(incident, next_reminder=t), None  # as soon as it is not quiet any more
    kind = kind if incident.told else Kind.RAISED
    limits = plan.classes.get(incident.fault_class, FaultClass()).limits
    passed = len([limit for limit in limits if incident.discovered + limit <= t])
    told = replace(incident, told=True, limits=max(passed, incident.limits))
    if kind in {Kind.RAISED, Kind.AGAIN, Kind.WORSE, Kind.ACK_ENDED}:  # somebody is called anew
        told = replace(told, called=max(1, incident.called), next_call=t + plan.next_after, distance=0, paper=False)
    elif kind is Kind.NEXT:
        further = 0 if _fresh(incident, plan) else 1
        told = replace(told, called=incident.called + further, next_call=t + plan.next_after)
    elif kind is Kind.PAPER:
        told = replace(told, paper=True)
    distance = min(told.distance + (kind is Kind.REMINDER), MOST_DISTANCE)
    wait = min(plan.remind * 2**distance, plan.remind_most)
    return replace(told, distance=distance, next_reminder=t + wait, reached=_reached(told, plan)), kind


def _fresh(incident: Incident, plan: Plan) -> list[str]:
    """Return those who would have been called already and were not: they came on duty since."""
    return [who for who in plan.order[: incident.called] if who not in incident.reached]


def _reached(incident: Incident, plan: Plan) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*incident.reached, *plan.order[: incident.called]]))


def _to(incident: Incident, kind: Kind, before: Incident, plan: Plan) -> tuple[str, ...]:
    """Return whom something is told: who was called; the next one alone if it is their turn, for the others know."""
    if kind is Kind.NEXT:
        fresh = tuple(who for who in plan.order[: incident.called] if who not in before.reached)
        return fresh or plan.order[incident.called - 1 : incident.called]
    if kind is Kind.RAISED and not before.told:
        return plan.order[:1]
    return incident.reached or plan.order[:1]
