"""What the policy asks of the alarms at a moment: rules, classes, who is called, what is quiet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ops.alarms import on_call
from ops.alarms.model import Rule, Sample
from ops.alarms.telling import FaultClass, Plan
from ops.interfaces.channel import Recipient
from ops.interfaces.staged import JUDGED_BY
from ops.policy import HostPolicy
from ops.policy.alarm_drill import STAGED
from ops.policy.alarms import AlarmRule, Alarms, Maintenance, matches
from ops.policy.model import Contact


def plan_at(policy: HostPolicy, alarms: Alarms, samples: Iterable[Sample], now: datetime) -> Plan:
    """Return what the policy asks for at a moment."""
    local = now.astimezone(ZoneInfo(policy.site.timezone))
    rules = {one.check: rule_of(policy, alarms, one.check) for one in samples}
    posts = [on_call.Post(one.who, one.hours) for one in alarms.on_call]
    deputies = {name: contact.deputy for name, contact in policy.contacts.items() if contact.deputy}
    windows = [one for one in alarms.maintenance.values() if _holds(one, local)]
    muted = {
        f"{one.machine}/{one.check}"
        for one in samples
        if any(matches(window.checks, one.check, kind(policy, one.check)) for window in windows)
    }
    return Plan(
        order=on_call.order(posts, deputies, local),
        rules={check: _rule(rule) for check, rule in rules.items() if rule},
        classes={
            name: FaultClass(limits=tuple(limit.after.seconds for limit in one.limits))
            for name, one in alarms.fault_classes.items()
        },
        muted=frozenset(muted),
        quiet=frozenset(name for name, one in alarms.fault_classes.items() if one.quiet and one.quiet.holds(local)),
        next_after=alarms.next_after.seconds,
        remind=alarms.remind.seconds,
        remind_most=alarms.remind_most.seconds,
    )


def kind(policy: HostPolicy, check: str) -> str:
    """Return the kind of a check; those that Seawall adds have none but their name.

    What a drill lays out is of the kind that judges it, so that what the policy asks of that kind is tried, too.
    """
    spec = policy.checks.get(check)
    if spec is None:
        return check
    if spec.kind != STAGED:
        return spec.kind
    # The control machine has the options as they were written, a server has them decoded.
    written = spec.options if isinstance(spec.options, Mapping) else vars(spec.options)
    return JUDGED_BY.get(written.get("fault", ""), STAGED)


def rule_of(policy: HostPolicy, alarms: Alarms, check: str) -> AlarmRule | None:
    """Return the first rule that names a check; None where none does."""
    return next((rule for rule in alarms.rules if matches(rule.checks, check, kind(policy, check))), None)


def recipient(policy: HostPolicy, contact: str) -> Recipient:
    """Return a contact as a message goes to them; one that the policy does not have any more by their name."""
    known = policy.contacts.get(contact, Contact(name=contact))
    return Recipient(contact=contact, name=known.name, mail=known.mail, phone=known.phone)


def meanwhile(policy: HostPolicy, alarms: Alarms, checks: Iterable[str]) -> Iterator[str]:
    """Yield what people do while what some checks look at is down."""
    for check in checks:
        rule = rule_of(policy, alarms, check)
        if rule and rule.meanwhile:
            yield " ".join(rule.meanwhile.split())
            continue
        name = str(getattr(policy.checks[check].options, "asset", "")) if check in policy.checks else ""
        asset = policy.assets.get(name) or (policy.drills[name].asset if name in policy.drills else None)
        if asset and asset.without.strip():
            yield f"{name}: {' '.join(asset.without.split())}"


def _rule(rule: AlarmRule) -> Rule:
    return Rule(
        raise_count=rule.raise_count,
        raise_of=rule.raise_of,
        hold=rule.hold.seconds,
        clear_count=rule.clear_count,
        clear_of=rule.clear_of,
        clear_hold=rule.clear_hold.seconds,
        fault_class=rule.fault_class or "",
        warning_class=rule.warning_class or rule.fault_class or "",
    )


def _holds(window: Maintenance, local: datetime) -> bool:
    """Whether a window is open; the hours after midnight are of the day on which it began."""
    evening = local.date()
    if window.hours.begin >= window.hours.end and local.time() < window.hours.end:
        evening -= timedelta(days=1)
    return (
        window.hours.holds(local)
        and (window.first is None or window.first.date <= evening)
        and (window.last is None or evening <= window.last.date)
    )
