"""The part `usb_storage` of hardening: disks at a USB port are refused, but for those that are listed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# As udev shows a serial number; what else there is in it, udev has replaced.
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{3,127}")


@dataclass(frozen=True)
class UsbStorage:
    """Whether disks and sticks at a USB port can be used; without `disks`, none can.

    disks: the serial numbers of the disks that this machine takes all the same, such as those of its removable copies,
        as `udevadm info --query=property --property=ID_SERIAL_SHORT /dev/sdX` shows them.
    """

    disks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Demand serial numbers that are one word, and long enough to mean one disk."""
        for serial in self.disks:
            if not _SERIAL.fullmatch(serial):
                raise ValueError(
                    f"disks: {serial[:80]!r}: expected a serial number as udev shows it in ID_SERIAL_SHORT"
                )

    def given(self) -> dict[str, Any]:
        """Return what the role `usb_storage` is given: the serial numbers, in order."""
        return {"disks": sorted({*self.disks})}
