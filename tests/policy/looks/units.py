"""Seawall's units as systemd knows them: timers, services, and how exposed each service is."""

import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

TIMER = ("LoadState", "ActiveState", "UnitFileState", "Persistent", "FixedRandomDelay", "Unit")
SERVICE = (
    "LoadState",
    "ActiveState",
    "User",
    "After",
    "NoNewPrivileges",
    "ProtectSystem",
    "PrivateTmp",
    "ExecStart",
    "BindPaths",
    "TemporaryFileSystem",
    "AmbientCapabilities",
    "CapabilityBoundingSet",
    "DropInPaths",
    "NeedDaemonReload",
)
RUNNING = {"activating", "active", "deactivating", "reloading"}


def look(wanted: dict) -> dict:
    lines = said(["systemctl", "list-unit-files", "--no-legend", "seawall*"]).splitlines()
    files = [name for line in lines if "@." not in (name := line.split()[0])]
    names = sorted({*files, *(f"{unit}.{end}" for unit in wanted["units"] for end in ("timer", "service"))})
    services = show([name for name in names if name.endswith(".service")], SERVICE)
    present = [name for name, facts in services.items() if facts["LoadState"] == "loaded"]
    with ThreadPoolExecutor(2) as pool:
        for name, more in zip(present, pool.map(closer, present), strict=True):
            services[name].update(more)
    before, now, coming, after = runs(services), time.time(), moments(), runs(services)
    timers = show([name for name in names if name.endswith(".timer")], TIMER)
    return {
        "now": now,
        "timers": {name: {**facts, "next": coming.get(name)} for name, facts in timers.items()},
        "services": services,
        # Also what began or ended while the moments were read: its timer waited for none then.
        "running": [name for name in services if busy(after[name]) or before[name] != after[name]],
    }


def said(argv: list) -> str:
    plain = {**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"}
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, env=plain).stdout.strip()


def show(names: list, properties: tuple) -> dict:
    """Properties of units by name; one that is said more than once has a line for each."""
    if not names:
        return {}
    blocks = said(["systemctl", "show", f"--property=Id,{','.join(properties)}", *names]).split("\n\n")
    found = {}
    for name, block in zip(names, blocks, strict=True):
        facts: dict = dict.fromkeys(properties, "")
        for key, _, value in (line.partition("=") for line in block.splitlines()):
            facts[key] = f"{facts[key]}\n{value}" if facts.get(key) else value
        found[name] = facts
    return found


def runs(services: dict) -> dict:
    """Whether each service runs, and when it was started last."""
    return show(list(services), ("ActiveState", "ExecMainStartTimestampMonotonic"))


def busy(facts: dict) -> bool:
    return facts["ActiveState"] in RUNNING


def moments() -> dict:
    """When each timer is next due, in seconds; none when it waits for nothing."""
    timers = json.loads(said(["systemctl", "list-timers", "--all", "--output=json", "seawall*"]) or "[]")
    return {timer["unit"]: timer["next"] / 1e6 if timer["next"] else None for timer in timers}


def closer(name: str) -> dict:
    """A service's exposure by systemd's own score, and the secrets it gets."""
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", said(["systemd-analyze", "security", name]))
    words = r"^(?:Load|Set)Credential(?:Encrypted)?=([^:\s]*)"  # systemctl show does not print them
    given = re.findall(words, said(["systemctl", "cat", name]), re.MULTILINE)
    return {"exposure": float(found[1]) if found else None, "secrets": sorted(set(given) - {""})}
