"""Which acts are meant: the units that the policy asks of the machines, by act, asset and host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.fleet.inventory import Inventory
from ops.interfaces import joined
from ops.policy import HostPolicy
from ops.policy.units import units

ACTS = ("backup", "copy", "drill", "health")


@dataclass(frozen=True)
class Act:
    """What one unit of one machine does. asset: empty where it is about none. timeout: seconds, by systemd."""

    host: str
    act: str
    asset: str
    unit: str
    timeout: int

    @property
    def state(self) -> str:
        """The name of the state that it leaves."""
        return self.unit.removeprefix(joined.PREFIX)

    @property
    def words(self) -> str:
        """The act for a person: `his1 backup-his`."""
        return f"{self.host} {self.state}"


def choose(inventory: Inventory, act: str, assets: Sequence[str], on: Sequence[str]) -> list[Act]:
    """Return the acts of one sort, of some or all assets, on some or all hosts and groups; raise UsageError."""
    policies = inventory.policies()
    every = [each for host, policy in policies.items() for each in _of(host, policy) if each.act == act]
    hosts = _hosts(inventory, on)
    if assets and act == "health":
        raise UsageError("a health check is about a machine, not about an asset", "name machines with --on HOSTS")
    _judge(policies, every, act, assets)
    chosen = [each for each in every if each.host in hosts and (not assets or each.asset in assets)]
    missing = [asset for asset in assets if asset not in {each.asset for each in chosen}]
    if missing:
        where = ", ".join(sorted({each.host for each in every if each.asset == missing[0]}))
        raise UsageError(f"{missing[0]} has no {act} on these hosts", f"it has one on {where}")
    if not chosen:
        raise UsageError(f"the policy has no {act} for these hosts")
    return chosen


def _of(host: str, policy: HostPolicy) -> Iterator[Act]:
    """Yield the acts of a host; a unit's command begins with its act, and with its asset if it has one."""
    for unit in units(policy):
        if not unit.calendar:
            continue  # a person starts it, with a disk in their hands
        act, *rest = unit.command.split()
        yield Act(host, act, "" if act == "health" else "".join(rest[:1]), unit.name, unit.timeout)


def _hosts(inventory: Inventory, on: Sequence[str]) -> set[str]:
    known = {**{host: (host,) for host in inventory.variables}, **inventory.groups}
    for name in on:
        if name not in known:
            raise UsageError(f"the inventory has no host or group {name!r}{nearest(name, sorted(known))}")
    return {host for name in on for host in known[name]} if on else set(inventory.variables)


def _judge(policies: Mapping[str, HostPolicy], every: Sequence[Act], act: str, assets: Sequence[str]) -> None:
    known = sorted({name for policy in policies.values() for name in policy.assets})
    having = {each.asset for each in every}
    for asset in assets:
        if asset not in known:
            raise UsageError(f"the policy has no asset {asset!r}{nearest(asset, known)}")
        if asset not in having:
            raise UsageError(f"the policy has no {act} for {asset}")
