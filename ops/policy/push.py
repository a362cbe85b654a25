"""How often machines hand their status over to their backup hosts, and whether it is read there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ops.core.quantity import Duration

_MINUTES = (10, 12, 15, 20, 30, 60, 120, 180, 240, 360)  # that divide an hour or a day, so that all pauses are as long
_HOUR = 60


@dataclass(frozen=True)
class Push:
    """How often each machine hands its signed status over to the backup hosts of its repositories.

    every: how often; 10, 12, 15, 20 or 30 minutes, or 1, 2, 3, 4 or 6 hours.
    read: whether `seawall status` and `seawall report` read it there and don't ask these machines themselves.
    """

    every: Duration = Duration(3600)
    read: bool = False

    def __post_init__(self) -> None:
        """Demand what a timer can keep."""
        if self.every.seconds not in {minutes * 60 for minutes in _MINUTES}:
            raise ValueError("every must be 10, 12, 15, 20 or 30 minutes, or 1, 2, 3, 4 or 6 hours")

    @property
    def span(self) -> timedelta:
        """How often, as a timedelta."""
        return self.every.span

    @property
    def calendar(self) -> str:
        """The systemd expression for it."""
        minutes = self.every.seconds // 60
        if minutes < _HOUR:
            return f"*:0/{minutes}"
        return "*:00" if minutes == _HOUR else f"0/{minutes // _HOUR}:00"

    @property
    def delay(self) -> int:
        """By how many seconds machines spread it, each always by the same."""
        return min(self.every.seconds // 4, 900)
