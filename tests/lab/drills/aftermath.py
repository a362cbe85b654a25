"""What a drill leaves on its host: a record, and nothing else."""

import json

from hospital import Site

DRILLS = "/var/lib/seawall/drills"
# What a drill could leave behind: files, mounts, programs, network interfaces.
TRACES = (
    f"ls -A {DRILLS}; findmnt --raw --noheadings --output TARGET,SOURCE | sort; ip -o link | cut -d: -f2 | sort; "
    "ps -eo comm,args --no-headers | grep -E 'nspawn|restic|qemu|seawall-drill' | grep -v grep | sort; "
    # Other units have temporary folders of their own, which come and go; those of drills must be gone.
    "ls /run/seawall/root | grep kept; ls /tmp /var/tmp | grep -v systemd-private-; "
    "ls /tmp /var/tmp | grep seawall-drill"
)


def facts(site: Site) -> dict[str, object]:
    """What the newest record holds that is not one of a round of checks."""
    acts = "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl"
    line = site.on("drill1", f"{acts} | tail -n 1", ok=range(1)).stdout
    return dict(json.loads(line))
