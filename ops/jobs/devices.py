"""Root's look at the devices: disks by smartctl, pools by zpool; what they print is kept, and judged by others."""

from __future__ import annotations

import re

from ops.core import clock
from ops.core.document import parse
from ops.core.errors import SeawallError, Unavailable
from ops.core.files import write_json
from ops.core.run import run
from ops.interfaces.devices import REPORT_LIMITS, DevicesSeen, written
from ops.jobs.host import folders

SCAN_SECONDS, DISK_SECONDS, POOL_SECONDS = 60.0, 60.0, 30.0
MOST = 1 << 20  # characters that a program may print of one device
MOST_DISKS = 200
ANY_CODE = range(256)  # smartctl's code tells how the disk is; the judge reads that in what it prints
ASKED = ("--json=c", "--info", "--health", "--attributes", "--log=error", "--log=selftest")
PLACE = re.compile(r"/dev/[A-Za-z0-9][A-Za-z0-9/_:.-]{0,100}")
TYPE = re.compile(r"[a-z0-9][a-z0-9,+:/_-]{0,60}")


def look_and_write() -> DevicesSeen:
    """Ask every device, write down what they say, and return it; raise SeawallError or OSError."""
    seen = look()
    path = folders.devices()
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    write_json(path, written(seen), mode=0o640)
    return seen


def look() -> DevicesSeen:
    """Ask every disk and pool that is there; one that does not answer hides no other."""
    troubles: list[str] = []
    disks = {}
    for place, kind in _disks(troubles):
        try:
            words = ["smartctl", *ASKED, f"--device={kind}", place]
            disks[place if kind in _OWN else f"{place} {kind}"] = run(
                words, timeout=DISK_SECONDS, ok=ANY_CODE, most=MOST
            ).stdout
        except SeawallError as error:
            troubles.append(f"{place}: {error.message}")
    return DevicesSeen(finished=clock.iso(clock.now()), disks=disks, pools=_pools(troubles), troubles=tuple(troubles))


_OWN = {"scsi", "sat", "ata", "nvme"}  # types by which a place stands for one disk


def _disks(troubles: list[str]) -> list[tuple[str, str]]:
    """Return the place and the type of each disk that smartctl finds, also behind a controller."""
    try:
        said = run(["smartctl", "--json=c", "--scan-open"], timeout=SCAN_SECONDS, ok=ANY_CODE, most=MOST).stdout
        data = parse(said.encode(), REPORT_LIMITS, "smartctl --scan-open")
    except SeawallError as error:
        troubles.append(error.message)
        return []
    rows = data.get("devices") if isinstance(data, dict) else None
    found = []
    for row in rows if isinstance(rows, list) else []:
        place, kind = (str(row.get(key, "")) for key in ("name", "type")) if isinstance(row, dict) else ("", "")
        if PLACE.fullmatch(place) and ".." not in place and TYPE.fullmatch(kind):
            found.append((place, kind))
    return found[:MOST_DISKS]


def _pools(troubles: list[str]) -> str:
    try:
        return run(["zpool", "list", "-H", "-p", "-o", "name,capacity,health"], timeout=POOL_SECONDS, most=MOST).stdout
    except Unavailable:
        return ""  # this machine has no ZFS
    except SeawallError as error:
        troubles.append(error.message)
        return ""
