"""Disks at a USB port: whether the kernel could take one, and which are there."""

import re
from pathlib import Path

MODULES = ("usb_storage", "uas")


def look(wanted: dict) -> dict:
    if not wanted["usb_storage"]:
        return {}
    return {
        "loaded": [name for name in MODULES if Path("/sys/module", name).exists()],
        "refused": refused(),
        "rules": listed(Path("/etc/udev/rules.d/99-seawall-usb-storage.rules")),
        "there": there(),
    }


def refused() -> list:
    """Modules whose loading something in modprobe's folders ends at once."""
    found = set()
    for path in sorted(Path("/etc/modprobe.d").glob("*.conf")):
        for line in path.read_text("utf-8", "replace").splitlines():
            if match := re.fullmatch(r"\s*install\s+(\S+)\s+(?:/usr)?/bin/false\s*", line):
                found.add(match[1].replace("-", "_"))
    return sorted(found & set(MODULES))


def listed(path: Path) -> dict:
    """The serial numbers that udev's rules let through, and whether they cut off all else."""
    if not path.exists():
        return {"serials": [], "cuts": False}
    lines = [line for line in path.read_text("utf-8", "replace").splitlines() if not line.startswith("#")]
    serials = [found[1] for line in lines if (found := re.match(r'ENV\{ID_SERIAL_SHORT\}=="([^"]*)"', line))]
    return {"serials": sorted(serials), "cuts": 'ATTR{authorized}="0"' in lines}


def there() -> list:
    """The serial numbers of devices for storage at a USB port that are not cut off."""
    found = []
    for path in Path("/sys/bus/usb/devices").glob("*/bInterfaceClass"):
        device = path.parent.resolve().parent
        authorized = device / "authorized"
        if path.read_text().strip() == "08" and authorized.exists() and authorized.read_text().strip() == "1":
            serial = device / "serial"
            found.append(serial.read_text("utf-8", "replace").strip() if serial.exists() else device.name)
    return sorted(set(found))
