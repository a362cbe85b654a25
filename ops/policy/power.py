"""The types of the policy's power groups: what hangs on one UPS, in which order it stops, and how it comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.core.limits import demand_between, demand_port
from ops.core.quantity import Duration, Percent

_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,250}")
_DAY = Duration(86_400)
_HOUR = Duration(3600)


@dataclass(frozen=True)
class PoweredMachine:
    """A machine that a UPS feeds.

    address: where the conductor reaches it, and where it reaches the conductor.
    needs: the machines of the group that it needs: they stop after it, and are well before it starts.
    shutdown_time: how long its shutdown takes, as `seawall ups measure` says; what the conductor has seen itself counts
        if it is longer. Without either, three minutes are assumed, and that is said.
    port: a TCP port that answers while the machine runs, if only by a refusal.
    check_port: a TCP port that takes connections when the machine is well again; by default `port`.
    wake: the hardware address of its network card, for Wake-on-LAN, such as 52:54:00:12:34:56.
    wake_command: a program of the site that starts it, with its arguments; instead of `wake`.
    """

    address: str
    needs: tuple[str, ...] = ()
    shutdown_time: Duration | None = None
    port: int = 22
    check_port: int | None = None
    wake: str | None = None
    wake_command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Demand what can be reached and woken."""
        demand_port("port", self.port)
        demand_port("check_port", self.well_port)
        if not _ADDRESS.fullmatch(self.address):
            raise ValueError(f"address is {self.address!r}; expected an address or a name such as 192.0.2.11")
        if self.wake is not None and not _MAC.fullmatch(self.wake):
            raise ValueError(f"wake is {self.wake!r}; expected a hardware address such as 52:54:00:12:34:56")
        if self.wake and self.wake_command:
            raise ValueError("has both `wake` and `wake_command`; one of them starts it")
        if self.wake_command and not self.wake_command[0].startswith("/"):
            raise ValueError(f"wake_command is {self.wake_command[0]!r}; expected the whole path of a program")
        if self.shutdown_time is not None:
            demand_between("shutdown_time", self.shutdown_time, Duration(1), _HOUR)

    @property
    def well_port(self) -> int:
        """The port by which it is judged whether the machine is well."""
        return self.port if self.check_port is None else self.check_port


@dataclass(frozen=True)
class PowerGroup:
    """The machines that one UPS feeds, and how they go through a power cut.

    conductor: the machine to which the UPS is connected; it stops last.
    machines: the machines that the UPS feeds, by their names in the inventory, the conductor among them.
    ups: the name of the UPS in `ups_devices` of the conductor.
    server_port: the port of its UPS server (upsd).
    hold: a cut that is shorter is none; nothing is stopped, and no backup ended.
    margin: what is to be left in the battery when all are off.
    runtime: the runtime that is counted with at most, from the cut on; for a UPS that promises more than it has.
    steady: mains count as back when they have lasted so long.
    back_above: the charge from which on machines are started again.
    patience: how long a machine may take to be well before those that need it are started without it.
    """

    conductor: str
    machines: Mapping[str, PoweredMachine]
    ups: str = "mains"
    server_port: int = 3493
    hold: Duration = Duration(30)
    margin: Duration = Duration(120)
    runtime: Duration | None = None
    steady: Duration = Duration(60)
    back_above: Percent = Percent(50)
    patience: Duration = Duration(900)

    def __post_init__(self) -> None:
        """Demand spans that a cut can be conducted with."""
        demand_port("server_port", self.server_port)
        demand_between("hold", self.hold, Duration(1), Duration(600))
        demand_between("margin", self.margin, Duration(1), _HOUR)
        demand_between("steady", self.steady, Duration(1), _HOUR)
        demand_between("patience", self.patience, Duration(10), _DAY)


Groups = Mapping[str, PowerGroup]


def group_of(groups: Groups, host: str) -> tuple[str, PowerGroup] | None:
    """Return the group that a machine belongs to, with its name; None where it belongs to none."""
    return next(((name, one) for name, one in groups.items() if host in one.machines), None)


def own(groups: Groups, host: str) -> dict[str, Any]:
    """Return the groups that a machine needs to know: those that it belongs to."""
    return {name: one for name, one in groups.items() if host in one.machines}
