"""How many backups may begin at one backup host at once."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.limits import demand_between
from ops.core.quantity import Duration

MOST = 1000


@dataclass(frozen=True)
class Spread:
    """How the backups that come to one backup host are spread, each within its `random_delay` and always alike.

    at_once: how many may run at once there. A policy that can't keep it is refused.
    takes: how long one takes, for most nights; whether it was right is seen in `seawall status`.
    """

    at_once: int
    takes: Duration = Duration(900)

    def __post_init__(self) -> None:
        """Demand what can be kept."""
        if not 1 <= self.at_once <= MOST:
            raise ValueError(f"at_once must be from 1 to {MOST}")
        demand_between("takes", self.takes, Duration(60), Duration(43_200))
