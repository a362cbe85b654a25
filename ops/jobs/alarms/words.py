"""From what the alarms want told to the message that a channel gets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from ops.alarms.model import Alarm, Event, Kind
from ops.alarms.telling import Plan
from ops.core import clock
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.evidence.redaction import redacted_text
from ops.interfaces.channel import Message
from ops.jobs.alarms.plan import meanwhile, recipient, rule_of
from ops.policy import HostPolicy
from ops.policy.alarms import Alarms
from ops.reports.alarm_message import AlarmNews, CheckLine, subject, text
from ops.reports.times import Times

_WORDS = {verdict.severity: verdict.value for verdict in Verdict}


def message(
    event: Event, policy: HostPolicy, alarms: Alarms, plan: Plan, now: datetime, t: float, places: Collection[str]
) -> Message:
    """Return what a channel is given of an event. t: the alarms' own time; places: paths that the policy names."""
    incident = event.incident
    shown = news(event, policy, alarms, plan, now, t, places)
    begun = clock.parse(incident.begun).strftime("%Y%m%dT%H%M%S")
    thread = f"{policy.host}.{incident.number}.{begun}"
    first = event.kind in {Kind.RAISED, Kind.PASSED}
    return Message(
        identity=thread if first else f"{thread}.{int(t)}.{event.kind.value}",
        thread=thread,
        incident=incident.number,
        machine=policy.host,
        state=event.kind.value,
        level=shown.level,
        subject=subject(shown),
        text=text(shown),
        moment=clock.iso(now),
        to=tuple(recipient(policy, who) for who in event.to),
        checks=tuple(alarm.check for alarm in event.alarms),
    )


def news(
    event: Event, policy: HostPolicy, alarms: Alarms, plan: Plan, now: datetime, t: float, places: Collection[str]
) -> AlarmNews:
    """Return what is told of an event, for the form that it is told in."""
    incident, ack = event.incident, event.incident.ack
    checks = [alarm.check for alarm in event.alarms]
    following = plan.order[incident.called : incident.called + 1]
    limits = alarms.fault_classes[incident.fault_class].limits if incident.fault_class in alarms.fault_classes else ()
    passed = [limit for limit in limits if limit.after.seconds <= event.elapsed]
    ahead = [limit for limit in limits if limit.after.seconds > event.elapsed]
    return AlarmNews(
        state=event.kind.value,
        number=incident.number,
        site=policy.site.name,
        machine=incident.machine,
        level=_WORDS[incident.level],
        fault_class=incident.fault_class,
        begun=incident.begun,
        over=incident.over,
        elapsed=event.elapsed,
        checks=[_line(alarm, places) for alarm in event.alarms],
        limit=(ahead[0].after.seconds, ahead[0].what) if ahead else None,
        due=passed[-1].what if passed else "",
        called=[_who(policy, who) for who in incident.reached],
        following=_who(policy, following[0]) if following else "",
        next_in=incident.next_call - t,
        vendor=next(_vendors(policy, alarms, checks), ""),
        meanwhile=list(dict.fromkeys(meanwhile(policy, alarms, checks))),
        ack=(ack.who, ack.why, ack.until) if ack else None,
        paper=alarms.paper,
        times=Times.of(now, policy.site.timezone),
    )


def _line(alarm: Alarm, places: Collection[str]) -> CheckLine:
    flapped = f" (seemed good {counted(alarm.flaps, 'time')})" if alarm.flaps else ""
    return CheckLine(
        machine=alarm.machine,
        check=alarm.check,
        verdict=_WORDS[alarm.level],
        message=f"{redacted_text(alarm.message, places)}{flapped}",
        over=alarm.level == 0,
    )


def _vendors(policy: HostPolicy, alarms: Alarms, checks: Collection[str]) -> Iterator[str]:
    for check in checks:
        rule = rule_of(policy, alarms, check)
        if rule and rule.vendor:
            yield _who(policy, rule.vendor)


def _who(policy: HostPolicy, contact: str) -> str:
    """Return a contact with what they are reached by."""
    known = recipient(policy, contact)
    return " ".join(filter(None, [known.name, known.phone, known.mail]))
