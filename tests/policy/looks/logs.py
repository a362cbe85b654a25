"""How long the machine keeps what it logged: the journal's settings as they count, and how many text logs stay."""

import re
import subprocess
from pathlib import Path

ROTATED = ("alternatives", "apt", "btmp", "dpkg", "rsyslog", "wtmp")
DAYS = {"daily": 1, "weekly": 7, "monthly": 28, "yearly": 365}


def look(wanted: dict) -> dict:
    if not wanted["logs"]:
        return {}
    done = subprocess.run(
        ["systemd-analyze", "cat-config", "systemd/journald.conf"],
        capture_output=True, text=True, timeout=20, check=True,
    )  # fmt: skip
    words = [line.split("=", 1) for line in done.stdout.splitlines() if re.match(r"[A-Z]\w+=", line)]
    machine = Path("/etc/machine-id").read_text("utf-8").strip()
    return {
        "journal": dict(words),
        "on_disk": any(Path("/var/log/journal", machine).glob("*.journal")),
        "texts": {name: kept(Path("/etc/logrotate.d", name)) for name in ROTATED},
    }


def kept(path: Path) -> list:
    """For how many days each group of logs of a file is kept."""
    text = path.read_text("utf-8", "replace") if path.exists() else ""
    groups = re.findall(r"\{(.*?)^\s*\}", text, re.DOTALL | re.MULTILINE)
    return [days(group) for group in groups]


def days(group: str) -> int:
    often = re.search(r"^\s*(daily|weekly|monthly|yearly)\b", group, re.MULTILINE)
    count = re.search(r"^\s*rotate\s+(\d+)", group, re.MULTILINE)
    return DAYS[often[1]] * int(count[1]) if often and count else 0
