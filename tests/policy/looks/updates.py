"""What apt does by itself, from where packages come, and whether it writes down what it does."""

import shlex
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")


def look(wanted: dict) -> dict:
    if not wanted["updates"]:
        return {}
    places = {line.split("'")[1] for line in said("apt-get", "update", "--print-uris") if line.startswith("'")}
    return {
        "settings": settings(),
        "timers": {name: states(name) for name in TIMERS},
        "servers": sorted({urlsplit(place).hostname or place for place in places}),
        "installs": Path("/usr/bin/unattended-upgrade").exists(),
    }


def settings() -> dict:
    """What apt is told, every name with its values."""
    found: dict = {}
    for line in said("apt-config", "dump"):
        name, _, value = line.partition(" ")
        found.setdefault(name.rstrip(":").lower(), []).append(shlex.split(value.rstrip(";"))[0])
    return found


def states(name: str) -> list:
    return said("systemctl", "show", "--value", "--property=ActiveState,UnitFileState", "--", name)


def said(*argv: str) -> list:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True)
    return [line for line in done.stdout.splitlines() if line]
