"""The part `updates` of hardening: a machine learns of updates each day, and installs them or has them wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.core.names import HostName


@dataclass(frozen=True)
class Updates:
    """A machine fetches the lists of packages each day, so that the check `updates` knows what waits.

    unattended: whether Debian's security updates, and no others, are installed each day; the machine is not restarted.
        Without it, nothing is installed by itself.
    servers: from where alone packages may come, such as mirror.hospital.example; `seawall verify` tells of any other.
        Without it, nobody looks.
    """

    unattended: bool = False
    servers: tuple[HostName, ...] = ()

    def given(self) -> dict[str, Any]:
        """Return what the role `updates` is given."""
        return {"unattended": self.unattended}
