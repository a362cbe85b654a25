"""What root's hourly look at the devices leaves for the checks: what programs printed, which nobody believed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.schema import Plain, encode

DEVICES = "devices"
FILE = "/var/lib/seawall-devices/devices.json"  # in a folder of root's
VERSION = 1
LIMITS = Limits(bytes=16 << 20, depth=6, entries=20_000, text=1 << 20)
REPORT_LIMITS = Limits(bytes=1 << 20, depth=16, entries=20_000, text=1 << 16)


@dataclass(frozen=True, kw_only=True)
class DevicesSeen:
    """What was seen.

    finished: when, in ISO format. disks: what smartctl printed, by device. pools: what zpool printed of ZFS's pools, a
    line each with name, share used and health between tabs; nothing where there is no ZFS. troubles: why something
    could not be asked.
    """

    finished: str
    disks: Mapping[str, str] = field(default_factory=dict)
    pools: str = ""
    troubles: tuple[str, ...] = ()


def read(content: bytes, file: str) -> DevicesSeen:
    """Return what a file holds; raise Damaged."""
    return decode(DevicesSeen, demand_version(parse(content, LIMITS, file), VERSION, file), file)


def written(seen: DevicesSeen) -> dict[str, Plain]:
    """Return it as it is kept."""
    return {"version": VERSION, **encode(seen)}
