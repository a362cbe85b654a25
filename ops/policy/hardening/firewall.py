"""The types of a machine's firewall: from where it is reached, and at which ports."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ops.core.kinds import nearest
from ops.core.limits import demand_between, demand_port
from ops.core.names import HostName, Name
from ops.core.quantity import Duration

MANAGEMENT = "management"
BACKUP = "backup"
_ZONE = re.compile(r"[a-z][a-z0-9_]{0,30}")
_OWN = "seawall"  # how the names of zones begin that follow from the rest of the policy


@dataclass(frozen=True)
class Allowed:
    """Ports at which a machine is reached, beside those that follow from the rest of the policy.

    ports: their numbers.
    from: the zones from which it is reached there.
    protocol: tcp or udp.
    """

    ports: tuple[int, ...]
    from_: tuple[str, ...]
    protocol: Literal["tcp", "udp"] = "tcp"

    def __post_init__(self) -> None:
        """Demand ports that there are."""
        for port in self.ports:
            demand_port("ports", port)
        if not self.ports or not self.from_:
            raise ValueError("ports and from must each name at least one; leave the entry out to allow nothing")


@dataclass(frozen=True)
class Firewall:
    """Which connections a machine takes; all others are refused, and refusals are logged.

    zones: from where machines are reached, by name: addresses, networks such as 192.0.2.0/24, or machines and groups of
        the inventory. From `management` comes SSH, so there must be one; `backup` adds to the machines whose
        repositories a backup host keeps.
    allow: ports at which the machine is reached, by name.
    confirm_within: how long new rules may wait for a new login before the former ones are back.
    logged: how many refusals are logged in a minute.
    """

    zones: Mapping[str, tuple[str, ...]]
    allow: Mapping[str, Allowed] = field(default_factory=dict)
    confirm_within: Duration = Duration(120)
    logged: int = 30

    def __post_init__(self) -> None:
        """Demand rules that let in who repairs them."""
        demand_between("confirm_within", self.confirm_within, Duration(5), Duration(600))
        demand_between("logged", self.logged, 1, 6000)
        if not self.zones.get(MANAGEMENT):
            raise ValueError(f"zones has no {MANAGEMENT}: nobody could log in; write from where administrators come")
        for zone, members in self.zones.items():
            _demand_zone(zone, members)
        for name, one in self.allow.items():
            if not Name.fits(name):
                raise ValueError(f"allow.{name[:80]}: expected {Name.expected}")
            for zone in one.from_:
                if zone not in self.zones:
                    raise ValueError(f"allow.{name}.from: there is no zone {zone!r}{nearest(zone, list(self.zones))}")


def _demand_zone(zone: str, members: tuple[str, ...]) -> None:
    if not _ZONE.fullmatch(zone) or zone.startswith(_OWN):
        raise ValueError(
            f"zones.{zone[:80]}: expected 1 to 31 small letters, digits or `_`, a letter first, and not {_OWN} in front"
        )
    for member in members:
        if network(member) is None and not HostName.fits(member):
            raise ValueError(f"zones.{zone}: {member[:80]!r} is no address, no network and no name of a machine")
        if network(member) is None and set(member) <= set("0123456789./"):
            raise ValueError(f"zones.{zone}: {member!r} is no address; expected one such as 192.0.2.0/24")


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network(member: str) -> Network | None:
    """Return the network that a member of a zone is, one address as the smallest; None for a name."""
    try:
        found = ipaddress.ip_network(member)
    except ValueError:
        return None
    return None if getattr(found.network_address, "scope_id", None) else found
