"""The part `time` of hardening: by which clocks a machine sets its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ops.core.limits import demand_between

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,252}")
_LEAST, _MOST = 2, 8


@dataclass(frozen=True)
class Time:
    """By which clocks a machine sets its own, with chrony; another service that does it leaves.

    sources: names or addresses of the servers, two at least; those that DHCP or Debian would add are not asked.
    """

    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        """Demand so many sources that one which is gone, or wrong, is noticed."""
        demand_between("sources", len(set(self.sources)), _LEAST, _MOST)
        for source in self.sources:
            if not _SOURCE.fullmatch(source):
                raise ValueError(f"sources has {source!r}; expected a name or an address such as ntp1.hospital.example")
        if len(set(self.sources)) != len(self.sources):
            raise ValueError("sources names one twice; that is a single clock")

    def given(self) -> dict[str, Any]:
        """Return what the role `time` is given."""
        return {"sources": list(self.sources)}
