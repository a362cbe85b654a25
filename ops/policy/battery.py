"""The policy's part about testing the battery of this machine's UPS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Literal

from ops.core.calendar import Calendar
from ops.core.limits import demand_between
from ops.core.quantity import Percent

AT = time(10)  # when people are there
ACT, SECRET, ACCOUNT = "battery-test", "battery-test.secret", "seawall-test"
LEAST = Percent(50)


@dataclass(frozen=True)
class BatteryTest:
    """When the UPS of this machine tests its battery, where the device can; see docs/ups.md.

    calendar: when it begins by itself; without a time of day, at 10:00.
    kind: quick (some seconds) or deep (the battery is emptied down to what the device calls low).
    ups: the name of the device in `ups_devices`.
    charge_above: the charge below which none is begun.
    """

    calendar: Calendar
    ups: str
    kind: Literal["quick", "deep"] = "quick"
    charge_above: Percent = Percent(90)

    def __post_init__(self) -> None:
        demand_between("charge_above", self.charge_above, LEAST, Percent(100))

    @property
    def command(self) -> str:
        """The command of NUT that begins it, the only one that its account may give."""
        return f"test.battery.start.{self.kind}"
