"""Who must know of an incident, and by when: whom the policy's alarms call, in order, and who owns what is hit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ops.alarms import on_call
from ops.core import clock
from ops.fleet.incidents.book import Incident
from ops.fleet.incidents.names import hosts_of
from ops.policy import HostPolicy
from ops.policy.alarms import Alarms
from ops.reports.catalogue import tr


@dataclass(frozen=True)
class Knower:
    """Somebody who must know. by: until when, in UTC. why: in a few words."""

    contact: str
    name: str
    phone: str
    by: str
    why: str


def who(incident: Incident, policies: Mapping[str, HostPolicy], own: HostPolicy) -> list[Knower]:
    """Return who must know of an incident, the first to be told first, each once."""
    found: dict[str, Knower] = {}
    for contact, moment, why in sorted(_called(incident, policies, own), key=lambda one: one[1]):
        known = own.contacts.get(contact)
        name, phone = (known.name, known.phone) if known else (contact, "")
        found.setdefault(contact, Knower(contact, name, phone, clock.iso(moment), why))
    return list(found.values())


def _called(
    incident: Incident, policies: Mapping[str, HostPolicy], own: HostPolicy
) -> Iterator[tuple[str, datetime, str]]:
    at = incident.discovered
    deputies = {name: one.deputy for name, one in own.contacts.items() if one.deputy}
    hosts = hosts_of(incident.facts.affected, policies)
    if alarms := _alarms(hosts, policies):
        posts = [on_call.Post(one.who, one.hours) for one in alarms.on_call]
        order = on_call.order(posts, deputies, at.astimezone(ZoneInfo(own.site.timezone)))
        for index, contact in enumerate(order):
            why = tr("on call") if index == 0 else tr("if nobody before has answered")
            yield contact, at + timedelta(seconds=index * alarms.next_after.seconds), why
    for host in hosts:
        for name, asset in policies[host].assets.items():
            if {name, host} & {*incident.facts.affected}:
                yield asset.owner, at, tr("owner of {asset}", asset=name)
                if deputy := deputies.get(asset.owner):
                    yield deputy, at, tr("stands in for the owner of {asset}", asset=name)
    if own.control and own.host in incident.facts.affected:
        yield own.control.owner, at, tr("owner of {asset}", asset=own.host)


def _alarms(hosts: tuple[str, ...], policies: Mapping[str, HostPolicy]) -> Alarms | None:
    """Return the alarms of what is affected, else those of any machine of the site."""
    of = [policies[host].alarms for host in hosts] + [one.alarms for one in policies.values()]
    return next((one for one in of if one), None)
