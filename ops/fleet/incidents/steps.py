"""What people do first in an incident: the steps of its kind, and work without what is affected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.fleet.incidents import kinds
from ops.fleet.incidents.book import Incident
from ops.fleet.incidents.names import hosts_of
from ops.policy import HostPolicy
from ops.reports.catalogue import tr


def first(incident: Incident, policies: Mapping[str, HostPolicy]) -> list[str]:
    """Return what is to be done now, in its order; nothing of one that is closed."""
    if incident.closing:
        return []
    return [*_acknowledged(incident), *_of_kind(incident, policies), *_without(incident, policies), *_end(incident)]


def _acknowledged(incident: Incident) -> Iterator[str]:
    host, _, number = incident.facts.alarm.partition("/")
    if number:
        command = f"seawall ack {number} --reason 'incident {incident.number}'"
        yield tr("Say that you see to the alarm, on {host}: {command}", host=host, command=command)


def _of_kind(incident: Incident, policies: Mapping[str, HostPolicy]) -> Iterator[str]:
    policy = next(iter(policies.values()), None)
    own = policy.incidents.steps.get(incident.facts.kind) if policy and policy.incidents else None
    if own:
        yield from (" ".join(step.split()).replace("{number}", str(incident.number)) for step in own)
    else:
        assets = {name for policy in policies.values() for name in policy.assets}
        asset = next((name for name in incident.facts.affected if name in assets), "ASSET")
        yield from kinds.of(incident.facts.kind, incident.number, asset)


def _without(incident: Incident, policies: Mapping[str, HostPolicy]) -> Iterator[str]:
    """Yield how people work meanwhile, in the words of the policy."""
    for host in hosts_of(incident.facts.affected, policies):
        for name, asset in policies[host].assets.items():
            if asset.without.strip() and {name, host} & {*incident.facts.affected}:
                yield tr("Without {asset}: {text}", asset=name, text=" ".join(asset.without.split()))


def _end(incident: Incident) -> Iterator[str]:
    yield tr("If machines are lost: the printed runbook, or {command}.", command="seawall runbook")
    command = f"seawall incident note {incident.number} TEXT"
    yield tr("Note what you see and do: {command}", command=command)
