"""ClamAV: from where its signatures come, how new they are, what is scanned, and what the last scan said."""

import re
import subprocess
import time
from datetime import datetime
from pathlib import Path

SIGNATURES = Path("/var/lib/clamav")
SUMMARY = Path("/var/log/seawall-antivirus/summary")
FETCHES, SCANS = "clamav-freshclam.service", "seawall-antivirus"


def look(wanted: dict) -> dict:
    if not wanted["antivirus"]:
        return {}
    said = SUMMARY.read_text("utf-8", "replace") if SUMMARY.exists() else ""
    return {
        "fetches": shown(FETCHES, "ActiveState", "UnitFileState"),
        "sources": re.findall(r"^(?:PrivateMirror|DatabaseMirror)\s+(\S+)", read("/etc/clamav/freshclam.conf"), re.M),
        "made": max((made(path) for path in SIGNATURES.glob("daily.c[lv]d")), default=0),
        "timer": shown(f"{SCANS}.timer", "ActiveState", "UnitFileState"),
        "scanned": scanned(shown(f"{SCANS}.service", "ExecStart").get("ExecStart", "")),
        "last": dict(line.split(": ", 1) for line in said.splitlines() if ": " in line),
        "aged": SUMMARY.stat().st_mtime if said else 0,
        "now": time.time(),
    }


def shown(unit: str, *names: str) -> dict:
    argv = ["systemctl", "show", f"--property={','.join(names)}", "--", unit]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def read(path: str) -> str:
    return Path(path).read_text("utf-8", "replace") if Path(path).exists() else ""


def made(path: Path) -> float:
    """When a database was made, by the words at its beginning."""
    with path.open("rb") as file:
        words = file.read(512).decode("ascii", "replace").split(":")
    return datetime.strptime(words[1], "%d %b %Y %H-%M %z").timestamp() if words[0] == "ClamAV-VDB" else 0


def scanned(start: str) -> list:
    """The folders that the unit's program is given."""
    found = re.search(r"argv\[\]=(.*?) ;", start)
    return [word for word in found[1].split()[2:] if not word.startswith("--")] if found else []
