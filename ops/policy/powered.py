"""What NUT is to be told on a machine of a power group: signals and accounts at the conductor, upsmon everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core import nut
from ops.policy.model import HostPolicy
from ops.policy.power import PowerGroup, group_of
from ops.power.model import ASSUMED_STOP, Group, Machine
from ops.power.order import dead_time


@dataclass(frozen=True)
class Powered:
    """The part of a machine in its power group, for the roles.

    conducts: whether it is the conductor. conductor, address: who is, and where others reach its UPS server. ups: the
    name of the device. signal: the machine's own; signals: those of all machines, at the conductor; accounts: of the
    other machines at its UPS server. dead_time: seconds of silence on battery after which upsmon stops the machine.
    """

    conducts: bool
    conductor: str
    address: str
    port: int
    ups: str
    signal: str
    signals: tuple[str, ...]
    accounts: tuple[str, ...]
    dead_time: int


def powered(policy: HostPolicy) -> Powered | None:
    """Return the part of a machine in its power group; None where it belongs to none."""
    found = group_of(policy.power or {}, policy.host)
    if found is None:
        return None
    group = found[1]
    conducts = group.conductor == policy.host
    return Powered(
        conducts=conducts,
        conductor=group.conductor,
        address=group.machines[group.conductor].address,
        port=group.server_port,
        ups=group.ups,
        signal=nut.signal_of(policy.host),
        signals=tuple(sorted(group.machines)) if conducts else (),
        accounts=tuple(sorted({*group.machines} - {group.conductor})) if conducts else (),
        dead_time=round(dead_time(_engine_group(group), policy.host)),
    )


def _engine_group(group: PowerGroup) -> Group:
    """Return what decides the order, by what the policy says; what a conductor saw, no other machine knows."""
    machines = {
        name: Machine(name, one.needs, one.shutdown_time.seconds if one.shutdown_time else ASSUMED_STOP)
        for name, one in group.machines.items()
    }
    return Group(group.conductor, machines)
