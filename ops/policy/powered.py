"""What NUT is to be told on a machine of a power group: signals and accounts at the conductor, upsmon everywhere."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ops.core import nut
from ops.policy.model import HostPolicy
from ops.policy.power import PowerGroup, group_of
from ops.power.model import ASSUMED_STOP, Group, Machine
from ops.power.order import delay

AGAIN = "systemctl --no-block restart nut-monitor.service"
LONGEST = 440  # letters; the rest is for what shuts the machine down
ON_MAINS = 10  # the exit code that means: nobody need stop


@dataclass(frozen=True)
class Powered:
    """The part of a machine in its power group, for the roles.

    conducts: whether it is the conductor. conductor, address: who is, and where others reach its UPS server. ups: the
    name of the device. signal: the machine's own; signals: those of all machines, at the conductor; accounts: of the
    other machines at its UPS server. waits: what upsmon runs before it shuts the machine down; empty where nobody needs
    the machine.
    """

    conducts: bool
    conductor: str
    address: str
    port: int
    ups: str
    signal: str
    signals: tuple[str, ...]
    accounts: tuple[str, ...]
    waits: str


def powered(policy: HostPolicy) -> Powered | None:
    """Return the part of a machine in its power group; None where it belongs to none."""
    found = group_of(policy.power or {}, policy.host)
    if found is None:
        return None
    group = found[1]
    conducts = group.conductor == policy.host
    address = group.machines[group.conductor].address
    at = f"@{nut.LOOPBACK[0] if conducts else address}:{group.server_port}"
    seconds = round(delay(_engine_group(group), policy.host))
    # The conductor's upsmon has told the UPS to end with it by then.
    again = "" if conducts else AGAIN
    return Powered(
        conducts=conducts,
        conductor=group.conductor,
        address=address,
        port=group.server_port,
        ups=group.ups,
        signal=nut.signal_of(policy.host),
        signals=tuple(sorted(group.machines)) if conducts else (),
        accounts=tuple(sorted({*group.machines} - {group.conductor})) if conducts else (),
        waits=waits(seconds, f"{nut.signal_of(policy.host)}{at}", f"{group.ups}{at}", again),
    )


def waits(seconds: int, signal: str, ups: str, again: str = AGAIN, upsc: str = "upsc") -> str:
    """Return the shell words before those that shut a machine down, which others need and must outlast; empty for none.

    seconds: until those others are off, where nobody conducts. signal, ups: the two devices that its upsmon watches.
    again: what starts upsmon again, and is then the end of it; empty where the machine always stops.

    NUT 2.8.1 stops a machine on battery as soon as its server is silent, whatever DEADTIME says, so the order can only
    lie here. Who is told to stop, or hears that the battery is low, does not wait. Where both are on mains by then,
    nobody need stop; upsmon has logged out, and is started again. NUT cuts off what is longer than 512 letters, and
    runs nothing then: with names so long that it would, there is no waiting.
    """
    if not seconds:
        return ""
    status = "$(timeout 5 {} {} ups.status 2>/dev/null)"
    asked = "/".join(status.format(upsc, shlex.quote(device)) for device in (signal, ups))
    back = f"OL*/OL*) exit {ON_MAINS};; " if again else ""
    loop = f"while :; do case {asked} in *FSD*|*LB*) exit;; {back}esac; sleep 1; done"
    stays = f"[ $? = {ON_MAINS} ] && {again} && exit; " if again else ""
    words = f"timeout {seconds} sh -c {shlex.quote(loop)}; {stays}"
    return words if len(words) <= LONGEST else ""


def _engine_group(group: PowerGroup) -> Group:
    """Return what decides the order, by what the policy says; what a conductor saw, no other machine knows."""
    machines = {
        name: Machine(name, one.needs, one.shutdown_time.seconds if one.shutdown_time else ASSUMED_STOP)
        for name, one in group.machines.items()
    }
    return Group(group.conductor, machines)
