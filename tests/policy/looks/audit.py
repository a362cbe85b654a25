"""What the kernel records of acts on the machine, and whether anybody writes it down."""

import subprocess
from pathlib import Path

RULES = Path("/etc/audit/rules.d/50-seawall.rules")


def look(wanted: dict) -> dict:
    if not wanted["audit"]:
        return {}
    code, status = said("auditctl", "-s")
    _, active = said("systemctl", "is-active", "auditd.service")
    written = RULES.read_text("utf-8").splitlines() if RULES.exists() else []
    return {
        "kernel": code == 0,
        "status": dict(line.split(" ", 1) for line in status.splitlines() if " " in line),
        "loaded": said("auditctl", "-l")[1],
        "active": active.strip(),
        "written": [line for line in written if line.startswith("-a ")],
    }


def said(*argv: str) -> tuple:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError:
        return 127, ""
    return done.returncode, done.stdout
