"""Who is on call at a moment, and which exceptions of the policy end soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ops.alarms import on_call
from ops.interfaces.fleet_period import Ending
from ops.interfaces.fleet_status import Person
from ops.policy import HostPolicy

SOON = timedelta(days=14)


def called(policies: Mapping[str, HostPolicy], now: datetime) -> tuple[Person, ...]:
    """Return who is called at a moment by the first machine that has alarms, the first one first; none: nobody is."""
    policy = next((one for one in policies.values() if one.alarms), None)
    if policy is None or policy.alarms is None:
        return ()
    posts = [on_call.Post(one.who, one.hours) for one in policy.alarms.on_call]
    deputies = {name: contact.deputy for name, contact in policy.contacts.items() if contact.deputy}
    order = on_call.order(posts, deputies, now.astimezone(ZoneInfo(policy.site.timezone)))
    return tuple(_person(policy, name) for name in order)


def _person(policy: HostPolicy, name: str) -> Person:
    contact = policy.contacts.get(name)
    if contact is None:
        return Person(name=name)
    deputy = policy.contacts.get(contact.deputy) if contact.deputy else None
    return Person(
        name=contact.name,
        phone=contact.phone,
        deputy=deputy.name if deputy else "",
        deputy_phone=deputy.phone if deputy else "",
    )


def endings(policies: Mapping[str, HostPolicy], today: date) -> tuple[Ending, ...]:
    """Return the exceptions that have ended or end within two weeks, the earliest first."""
    return tuple(sorted(_endings(policies, today), key=lambda one: (one.until, one.host, one.name)))


def _endings(policies: Mapping[str, HostPolicy], today: date) -> Iterator[Ending]:
    for host, policy in policies.items():
        for name, excuse in policy.exceptions.items():
            if excuse.until.date <= today + SOON:
                yield Ending(host=host, name=name, until=str(excuse.until))
