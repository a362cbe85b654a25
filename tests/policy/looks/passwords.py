"""Accounts and what is asked of their passwords: ends, rules for new ones, idle shells, sudo. No hash leaves here."""

import re
import subprocess
from pathlib import Path

SHUT = ("nologin", "false", "sync")


def look(wanted: dict) -> dict:
    if not wanted["passwords"]:
        return {}
    shells = {line[0]: line for line in table("/etc/passwd") if line[6].rpartition("/")[2] not in SHUT}
    ends = {line[0]: line for line in table("/etc/shadow")}
    people = [name for name, line in shells.items() if 1000 <= number(line[2]) < 60_000 and has(ends.get(name))]
    stack = [line.split() for line in plain("/etc/pam.d/common-password")]
    return {
        "people": {name: ends[name][4] for name in people},
        "services": {name: kind(ends.get(name)) for name in wanted["passwords"]["services"]},
        "new": dict(line.split(None, 1) for line in plain("/etc/login.defs") if len(line.split()) > 1),
        "stack": [line for line in stack if line[0] == "password"],
        "quality": quality(),
        "idle": run(["env", "-i", "PATH=/usr/bin:/bin", "bash", "-lic", 'echo "TMOUT=$TMOUT"'], r"^TMOUT=(\d*)$"),
        "sudo_log": run(["sudo", "-V"], r"^Path to log file: (\S+)$"),
    }


def table(path: str) -> list:
    lines = [line.split(":") for line in Path(path).read_text("utf-8").splitlines()]
    return [line for line in lines if len(line) in {7, 9}]


def number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def has(line: list) -> bool:
    return bool(line) and line[1][:1] not in {"!", "*", ""}


def kind(line: list) -> str:
    if not line:
        return "no account"
    return "password" if has(line) or not line[1] else "end" if line[4].isdigit() and int(line[4]) < 99_999 else "key"


def plain(path: str) -> list:
    lines = Path(path).read_text("utf-8").splitlines() if Path(path).exists() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def quality() -> dict:
    """What pam_pwquality reads: its folder in order of names, then its file, which says the last word."""
    paths = [*sorted(Path("/etc/security/pwquality.conf.d").glob("*.conf")), Path("/etc/security/pwquality.conf")]
    words = [re.split(r"\s*=\s*", line, maxsplit=1) for path in paths for line in plain(str(path))]
    return {word[0]: word[1] for word in words if len(word) > 1}


def run(argv: list, pattern: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
    found = re.search(pattern, done.stdout, re.MULTILINE)
    return found[1] if found else ""
