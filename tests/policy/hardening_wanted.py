"""What the policy wants of hardened machines, derived anew: not from what makes the firewall's rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from acts_wanted import Policies

Span = tuple[int, int, int]  # the version of IP, the first address and the last


@dataclass(frozen=True)
class Hardened:
    """A machine with one part of hardening, and what the policy wants of it."""

    host: str
    wanted: Any
    policies: Policies

    def __str__(self) -> str:
        return self.host


def hardened(policies: Policies, part: str) -> list[Hardened]:
    found = ((host, getattr(policy.hardening, part, None)) for host, policy in policies.items())
    return [Hardened(host, wanted, policies) for host, wanted in found if wanted is not None]


@dataclass(frozen=True)
class Reached:
    """Where machines are reached and logged in to, and which groups they are in, as the inventory has it."""

    addresses: Mapping[str, str]
    ports: Mapping[str, int]
    groups: Mapping[str, Iterable[str]]


def doors(machine: Hardened, reached: Reached) -> dict[tuple[str, int], list[Span]]:
    """Who may come in at which port, as spans of addresses."""
    policy, said = machine.policies[machine.host], machine.wanted
    zones = {zone: _members(members, reached) for zone, members in said.zones.items()}
    found: dict[tuple[str, int], list[str]] = {("tcp", reached.ports[machine.host]): zones["management"]}
    for one in said.allow.values():
        for port in one.ports:
            found.setdefault((one.protocol, port), []).extend(a for zone in one.from_ for a in zones[zone])
    for repository in policy.repositories.values() if policy.clients else ():
        if repository.host == machine.host:
            control = policy.control.name if policy.control else ""
            who = {
                repository.options.port: {*policy.clients},
                repository.options.reader_port: {name for names in policy.clients.values() for name in names},
            }
            for port, names in who.items():
                come = [a for name in names for a in _come(name, control, zones, reached)]
                found.setdefault(("tcp", port), []).extend([*come, *zones.get("backup", [])])
    for group in (policy.power or {}).values():
        if group.conductor == machine.host:
            fed = [one.address for name, one in group.machines.items() if name != machine.host]
            found.setdefault(("tcp", group.server_port), []).extend(reached.addresses.get(a, a) for a in fed)
    return {door: spans(sources) for door, sources in found.items() if sources}


def _come(name: str, control: str, zones: Mapping[str, list[str]], reached: Reached) -> list[str]:
    return zones["management"] if name == control and name not in reached.addresses else [reached.addresses[name]]


def _members(members: Iterable[str], reached: Reached) -> list[str]:
    found: list[str] = []
    for member in members:
        if member in reached.addresses:
            found.append(reached.addresses[member])
        elif member in reached.groups:
            found += [reached.addresses[host] for host in reached.groups[member]]
        else:
            found.append(member)
    return found


def spans(sources: Iterable[str]) -> list[Span]:
    """Addresses, networks and ranges as spans in order, those that touch each other made one."""
    found = sorted(_span(source) for source in sources)
    merged: list[Span] = []
    for version, first, last in found:
        if merged and merged[-1][0] == version and first <= merged[-1][2] + 1:
            merged[-1] = (version, merged[-1][1], max(last, merged[-1][2]))
        else:
            merged.append((version, first, last))
    return merged


def _span(source: str) -> Span:
    if "-" in source:
        first, last = map(ipaddress.ip_address, source.split("-"))
        return first.version, int(first), int(last)
    network = ipaddress.ip_network(source)
    return network.version, int(network[0]), int(network[-1])
