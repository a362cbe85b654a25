"""The part `logs` of hardening: how long a machine keeps what it logged, and how much of its disk that may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.core.limits import demand_between
from ops.core.quantity import Duration, Size

_DAY = 86_400
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Logs:
    """The journal is kept on the disk, and Debian's own text logs for as long.

    kept: for how long. Where the journal meets a limit of the disk before, its oldest entries leave all the same.
    most: how much of the disk the journal may take.
    free: how much of the disk it leaves free.
    """

    kept: Duration = Duration(365 * _DAY)
    most: Size = Size(4096 * _MEGABYTE)
    free: Size = Size(1024 * _MEGABYTE)

    def __post_init__(self) -> None:
        """Demand a time that months and weeks can tell, and limits that leave a journal."""
        demand_between("kept", self.kept, Duration(31 * _DAY), Duration(3660 * _DAY))
        for name, size in (("most", self.most), ("free", self.free)):
            demand_between(name, size, Size(64 * _MEGABYTE), Size((1 << 20) * _MEGABYTE))

    def given(self) -> dict[str, Any]:
        """Return what the role `logs` is given: days; megabytes; how many logs of a week or a month that makes."""
        days = -(-self.kept.seconds // _DAY)
        return {
            "days": days,
            "most": self.most.bytes // _MEGABYTE,
            "free": self.free.bytes // _MEGABYTE,
            "weeks": -(-days // 7),
            "months": -(-days // 28),
        }
