"""What a drill leaves on its host: a record, and nothing else."""

import json
import time
from collections import Counter

from hospital import Site

DRILLS = "/var/lib/seawall/drills"
SECONDS = 60.0
CREDENTIALS = "/run/credentials/"
# What a drill could leave behind: files, mounts, programs, network interfaces.
TRACES = (
    f"ls -A {DRILLS}; findmnt --raw --noheadings --output TARGET,SOURCE | sort; ip -o link | cut -d: -f2 | sort; "
    "ps -eo comm,args --no-headers | grep -E 'nspawn|restic|qemu|seawall-drill' | grep -v grep | sort; "
    # Other units have temporary folders of their own, which come and go; those of drills must be gone.
    "ls /run/seawall/root | grep kept; ls /tmp /var/tmp | grep -v systemd-private-; "
    "ls /tmp /var/tmp | grep seawall-drill"
)


def changed(site: Site, before: str, *but: str) -> list[str]:
    """What is there now and was not, or the other way round; what other units have for a moment is waited for.

    What bears the name of a drill or its asset is not: it has to be as it was when the drill ends. But the credentials
    of a unit come and go by systemd, a moment after the unit. but: how lines begin that may differ.
    """
    was, until = Counter(before.splitlines()), time.monotonic() + SECONDS
    while True:
        now = Counter(site.on("drill1", TRACES).stdout.splitlines())
        gone = (line for line in (was - now).elements() if not line.startswith(CREDENTIALS))
        found = sorted(line for line in (*(now - was).elements(), *gone) if not line.startswith(but))
        if not found or time.monotonic() > until or any(map(_of_a_drill, found)):
            return found
        time.sleep(0.5)


def _of_a_drill(line: str) -> bool:
    return not line.startswith(CREDENTIALS) and any(name in line for name in ("drill", "his1"))


def facts(site: Site) -> dict[str, object]:
    """What the newest record holds that is not one of a round of checks."""
    acts = "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl"
    line = site.on("drill1", f"{acts} | tail -n 1", ok=range(1)).stdout
    return dict(json.loads(line))
