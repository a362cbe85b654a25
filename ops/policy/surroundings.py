"""What a policy is written into: the hosts and groups of the inventory, and the UPS devices that it describes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ops.core.schema import Plain
from ops.policy.pack_files import Offers

UPS_DEVICES = "ups_devices"  # the variable of the role `ups`


@dataclass(frozen=True)
class Surroundings:
    """An inventory as far as a policy must fit it.

    hosts: all of them. groups: the hosts of each group; None where nobody says which groups there are, as for a policy
    that is made without an inventory. devices: the names of the UPS devices of each host; None where an expression
    of Ansible's stands for them. offers: the numbers that packs bring.
    """

    hosts: Collection[str]
    groups: Mapping[str, Collection[str]] | None = None
    devices: Mapping[str, Collection[str] | None] = field(default_factory=dict)
    offers: Offers = field(default_factory=dict)

    def lacks(self, host: str, group: str) -> bool:
        """Return whether a host is known not to be in a group."""
        return self.groups is not None and host not in self.groups.get(group, ())


def surroundings(
    variables: Mapping[str, Mapping[str, Plain]], groups: Mapping[str, Collection[str]], offers: Offers | None = None
) -> Surroundings:
    """Given every host's variables, every group's hosts and what packs bring, return what the policy must fit."""
    devices = {host: device_names(said) for host, said in variables.items()}
    return Surroundings(list(variables), groups, devices, offers or {})


def device_names(said: Mapping[str, Plain]) -> list[str] | None:
    """Return the names of a host's UPS devices, as the inventory describes them or as they were condensed before.

    None where they are in no such form, which is judged where they stand.
    """
    described = said.get(UPS_DEVICES, [])
    if isinstance(described, Mapping):
        return sorted(map(str, described))
    if not isinstance(described, (list, tuple)):
        return None
    names = [name for name in described if isinstance(name, str)]
    return sorted(names) if len(names) == len(described) else None
