"""Seawall's units as systemd knows them: timers, services, and how exposed each service is."""

import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

TIMER = (
    "LoadState",
    "ActiveState",
    "UnitFileState",
    "NextElapseUSecRealtime",
    "Persistent",
    "FixedRandomDelay",
    "Unit",
)
SERVICE = (
    "LoadState",
    "ActiveState",
    "User",
    "Group",
    "NoNewPrivileges",
    "ProtectSystem",
    "PrivateTmp",
    "ExecStart",
    "AmbientCapabilities",
    "LoadCredential",
    "CapabilityBoundingSet",
    "FragmentPath",
    "DropInPaths",
    "NeedDaemonReload",
)
RUNNING = {"activating", "active", "deactivating", "reloading"}


def look(wanted: dict) -> dict:
    files = [line.split()[0] for line in said(["systemctl", "list-unit-files", "--no-legend", "seawall*"]).splitlines()]
    files = [name for name in files if "@." not in name]
    names = sorted({*files, *(f"{unit}.{end}" for unit in wanted["units"] for end in ("timer", "service"))})
    services = [name for name in names if name.endswith(".service")]
    now = time.time()
    timers = show([name for name in names if name.endswith(".timer")], TIMER)
    for timer in timers.values():
        timer["next"] = moment(timer.pop("NextElapseUSecRealtime"))
    shown = show(services, SERVICE)
    with ThreadPoolExecutor(2) as pool:
        present = [name for name in services if shown[name]["LoadState"] == "loaded"]
        exposed = dict(zip(present, pool.map(exposure, present), strict=True))
    return {
        "now": now,
        "files": files,
        "timers": timers,
        "services": {name: {**facts, "exposure": exposed.get(name)} for name, facts in shown.items()},
        "running": [name for name, facts in shown.items() if facts["ActiveState"] in RUNNING],
        "state": said(["systemctl", "is-system-running"]),
        "failed": [line.split()[0] for line in said(["systemctl", "--failed", "--no-legend", "--plain"]).splitlines()],
    }


def said(argv: list) -> str:
    plain = {**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"}
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, env=plain).stdout.strip()


def show(names: list, properties: tuple) -> dict:
    if not names:
        return {}
    argv = ["systemctl", "show", "--timestamp=unix", f"--property=Id,{','.join(properties)}", *names]
    found = {}
    for name, block in zip(names, said(argv).split("\n\n"), strict=True):
        lines = [line.partition("=") for line in block.splitlines()]
        facts: dict = dict.fromkeys(properties, "")
        for key, _, value in lines:
            facts[key] = f"{facts[key]}\n{value}" if facts.get(key) else value
        found[name] = facts
    return found


def moment(text: str) -> float | None:
    """systemd's moment in seconds; none when the timer waits for nothing."""
    match = re.fullmatch(r"@(\d+(?:\.\d+)?)", text)
    return float(match[1]) if match else None


def exposure(name: str) -> float | None:
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", said(["systemd-analyze", "security", name]))
    return float(found[1]) if found else None
