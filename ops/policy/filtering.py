"""The ruleset of a machine's firewall: what the policy and the inventory let in, in the words of nftables.

All is in a table of Seawall's own, which one transaction replaces; tables of others stay as they are.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.core.errors import UsageError
from ops.policy import doors
from ops.policy.hardening.firewall import BACKUP, MANAGEMENT, Firewall, Network, network
from ops.policy.model import HostPolicy
from ops.policy.power import group_of

SSH = 22
TABLE = "inet seawall"
_ICMP = "destination-unreachable, time-exceeded, parameter-problem, echo-request"
_ICMP6 = (
    "destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-request, mld-listener-query, "
    "nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert"
)


@dataclass(frozen=True)
class Around:
    """What the inventory knows of a machine's surroundings.

    addresses: where each machine is reached, as `ansible_host` has it. groups: the machines of each group. ssh_port:
    at which port this machine is logged in to.
    """

    addresses: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)
    ssh_port: int = SSH


@dataclass(frozen=True)
class Opening:
    """Ports that are open to those of a zone.

    name: why. zone: the name of the zone, whose networks are those of `sources`, none of them within another.
    """

    name: str
    protocol: str
    ports: tuple[int, ...]
    zone: str
    sources: tuple[Network, ...]


def openings(policy: HostPolicy, firewall: Firewall, around: Around) -> list[Opening]:
    """Return which ports of a machine are open to whom; raise UsageError where a machine has no address."""
    zones = {zone: _merged(_networks(zone, members, around)) for zone, members in firewall.zones.items()}
    found = [Opening("ssh", "tcp", (around.ssh_port,), MANAGEMENT, zones[MANAGEMENT])]
    found += [*_repositories(policy, zones, around), *_power(policy, around), *_standbys(policy)]
    for name, one in sorted(firewall.allow.items()):
        found += [Opening(name, one.protocol, tuple(sorted({*one.ports})), zone, zones[zone]) for zone in one.from_]
    return [one for one in found if one.sources]


def _repositories(policy: HostPolicy, zones: Mapping[str, tuple[Network, ...]], around: Around) -> Iterator[Opening]:
    """Yield the doors of a backup host: for machines that write, and for those that may read."""
    if not policy.clients:
        return
    ports, control = doors.ports(policy), policy.control.name if policy.control else ""
    more = zones.get(BACKUP, ())
    # Peers have no account there: they look whether the port takes connections.
    writers = [one for client in (*policy.clients, *policy.peers) for one in _machine(client, around, zones, control)]
    readers = [
        one for names in policy.clients.values() for reader in names for one in _machine(reader, around, zones, control)
    ]
    yield Opening("repositories", "tcp", (ports.port,), "seawall_writers", _merged((*writers, *more)))
    yield Opening("reading", "tcp", (ports.reader_port,), "seawall_readers", _merged((*readers, *more)))


def _machine(name: str, around: Around, zones: Mapping[str, tuple[Network, ...]], control: str) -> tuple[Network, ...]:
    """Return where a machine comes from; the control machine, which the inventory need not know, as administrators."""
    if name == control and name not in around.addresses:
        return zones[MANAGEMENT]
    return (_address("policy.hardening.firewall", name, around),)


def _power(policy: HostPolicy, around: Around) -> Iterator[Opening]:
    """Yield the UPS server of the machine that conducts a power group."""
    found = group_of(policy.power or {}, policy.host)
    if found is None or found[1].conductor != policy.host:
        return
    group = found[1]
    said = [
        network(one.address) or _address("policy.power", name, around)
        for name, one in sorted(group.machines.items())
        if name != policy.host
    ]
    yield Opening("ups", "tcp", (group.server_port,), "seawall_power", _merged(said))


def _standbys(policy: HostPolicy) -> Iterator[Opening]:
    """Yield the clusters that another machine follows, for that machine; who else uses them, the site says."""
    for name, one in sorted((policy.standby or {}).items()):
        other = network(one.machines[one.other(policy.host)])
        if other:
            yield Opening(f"standby-{name}", "tcp", (one.port,), f"seawall_standby_{name}", (other,))


def _networks(zone: str, members: Iterable[str], around: Around) -> list[Network]:
    found: list[Network] = []
    for member in members:
        own = network(member)
        names = [member] if member in around.addresses else sorted(around.groups.get(member, [member]))
        path = f"policy.hardening.firewall.zones.{zone}"
        found += [own] if own else [_address(path, name, around) for name in names]
    return found


def _address(path: str, name: str, around: Around) -> Network:
    said = around.addresses.get(name, "")
    found = network(said)
    if found is None or found.num_addresses != 1:
        known = f"`ansible_host` is {said[:80]!r}" if said else "it has no `ansible_host`"
        raise UsageError(
            f"{path}: the address of {name} is not known to the inventory: {known}",
            "rules of a firewall need numbers: write the machine's IP address as `ansible_host`, or into the zone",
        )
    return found


def _merged(networks: Iterable[Network]) -> tuple[Network, ...]:
    """Return networks without those that lie within others, in order: a set of nftables takes no two that overlap."""
    given = list(networks)
    four = ipaddress.collapse_addresses(one for one in given if isinstance(one, ipaddress.IPv4Network))
    six = ipaddress.collapse_addresses(one for one in given if isinstance(one, ipaddress.IPv6Network))
    return (*four, *six)


def ruleset(policy: HostPolicy, firewall: Firewall, around: Around) -> str:
    """Return the whole file that `nft -f` reads; raise UsageError where a machine has no address."""
    found = openings(policy, firewall, around)
    sets = "".join(_sets({one.zone: one.sources for one in found}))
    rules = "".join(f"        {rule}\n" for one in found for rule in _rules(one))
    return f"""\
# Which connections this machine takes, as the policy says: made by Seawall's role firewall, which writes it anew.
# Only the table {TABLE} is replaced; tables of others stay as they are.
table {TABLE} {{
}}
delete table {TABLE}
table {TABLE} {{
{sets}    chain input {{
        type filter hook input priority filter; policy drop;
        iif "lo" accept
        ct state established,related accept
        ct state invalid goto refused
        icmp type {{ {_ICMP} }} accept
        icmpv6 type {{ {_ICMP6} }} accept
        ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept comment "addresses by DHCPv6"
{rules}        goto refused
    }}

    chain refused {{
        limit rate {firewall.logged}/minute burst {firewall.logged} packets log prefix "seawall refused: " level info
        counter drop
    }}
}}
"""


def _sets(zones: Mapping[str, Iterable[Network]]) -> Iterator[str]:
    for zone, networks in sorted(zones.items()):
        for version, kind in ((4, "ipv4_addr"), (6, "ipv6_addr")):
            own = [
                str(one if one.num_addresses > 1 else one.network_address) for one in networks if one.version == version
            ]
            if own:
                elements = f",\n{' ' * 21}".join(own)
                yield f"    set {zone}{version} {{\n        type {kind}\n        flags interval\n"
                yield f"        elements = {{ {elements} }}\n    }}\n\n"


def _rules(opening: Opening) -> Iterator[str]:
    ports = ", ".join(map(str, opening.ports))
    for version, family in ((4, "ip"), (6, "ip6")):
        if any(one.version == version for one in opening.sources):
            said = f'{opening.protocol} dport {{ {ports} }} accept comment "{opening.name}"'
            yield f"{family} saddr @{opening.zone}{version} {said}"


def wanted(policy: HostPolicy, around: Around) -> dict[str, Any] | None:
    """Return what the role `firewall` is given: the rules, and the seconds of their trial; None for none."""
    firewall = policy.hardening.firewall if policy.hardening else None
    if firewall is None:
        return None
    return {"rules": ruleset(policy, firewall, around), "confirm_within": firewall.confirm_within.seconds}
