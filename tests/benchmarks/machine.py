"""A whole machine drilled by restore, against the same by hand; and how its size matters to an instant boot.

Everything runs on the drill host of the demo, from the backup host, in the real units, but with a repository, states
and a ledger of their own: no guard has to be passed when the data are removed, no trend of the true drills changes, and
nothing is left. Proofs are left out: by hand there are none.
"""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from ops.core.errors import Unavailable
from ops.core.quantity import Size
from ops.lab.lab import Lab
from ops.lab.machine import Machine
from tests.benchmarks.timing import table
from tests.benchmarks.wide_door import wide

HAND = Path(__file__).with_name("machine_by_hand.sh")
PREPARE = Path(__file__).with_name("machine_prepare.sh")
MINUTES = 60.0
ROUNDS = 3
BY_HAND, OURS = "by hand: restic restore, systemd-nspawn --boot", "seawall drill --no-instant, without its proofs"
# Its place on both machines: the units may write there, and no backup of a machine takes it.
ROOT = "/var/cache/seawall/benchmark"
REPOSITORY = "bench-machine"
BACKUP, DRILL = "seawall-backup-his1_server.service", "seawall-drill-his1_server.service"
# So much data, which compress like documents that are compressed already.
GIBIBYTES = (1, 20)
FOLDER = "/srv/ballast"
PIECE = 64
BALLAST = f"""
mkdir -p {FOLDER}; cd {FOLDER}
for piece in $(seq $(ls | wc -l) {{last}}); do
  (openssl enc -aes-128-ctr -nosalt -pass pass:$piece -pbkdf2 -iter 1 -in /dev/zero 2>/dev/null || true) |
    head -c {PIECE}M >$piece
done
"""


def measure(lab: Lab) -> Iterator[str]:
    """Yield the tables; raise Unavailable without room for the data and for their backup."""
    his, drill = lab.machine("his1"), lab.machine("drill1")
    needed = 2 * max(GIBIBYTES) + 4 << 30
    free = int(his.ssh("df --output=avail -B1 /srv | tail -n 1").stdout)
    if free < needed:
        raise Unavailable(f"the data and their backup need {Size(needed)} of disk, {Size(free)} are free")
    with apart(lab):
        his.ssh(f"systemctl start {BACKUP}", timeout=10 * MINUTES)
        yield against_by_hand(drill)
        yield by_size(his, drill)


@contextmanager
def apart(lab: Lab) -> Iterator[None]:
    """Let both units work in a place of their own for the block; what an interrupted run left is removed first."""
    prepare, password = PREPARE.read_text("utf-8"), secrets.token_hex(32)
    his, drill, backup = (lab.machine(host) for host in ("his1", "drill1", "backup1"))
    _remove(his, drill, backup)
    with ExitStack() as after:
        after.callback(_remove, his, drill, backup)
        after.enter_context(wide(backup))
        words = f"root={ROOT} repository={REPOSITORY}\n{prepare}"
        his.ssh(f"unit={BACKUP} name=primary owner=seawall\n{words}", input=password, timeout=2 * MINUTES)
        drill.ssh(f"unit={DRILL} name=his1-primary owner=root\n{words}", input=password, timeout=2 * MINUTES)
        yield


def _remove(his: Machine, drill: Machine, backup: Machine) -> None:
    for machine, unit in ((his, BACKUP), (drill, DRILL)):
        there = f"/run/systemd/system/{unit}.d"
        machine.ssh(f"rm -rf {FOLDER} {ROOT} {there}; systemctl daemon-reload", timeout=5 * MINUTES)
    # A client can't remove what it wrote; the backup host's administrator can.
    backup.ssh(f"rm -rf /srv/seawall/his1/{REPOSITORY}", timeout=5 * MINUTES)


def against_by_hand(drill: Machine) -> str:
    """Compare the time from the decision to a machine that is up."""
    hand: list[float] = []
    ours: list[float] = []
    for _ in range(ROUNDS):
        facts = drilled(drill, "--no-instant")
        ours.append(float(facts["recovery_seconds"]))
        hand.append(by_hand(drill, str(facts["set"])))
    found = {BY_HAND: median(hand), OURS: median(ours)}
    return table("a machine of the lab, restored into memory", found, BY_HAND, "at most 1.15")


def by_hand(drill: Machine, found: str) -> float:
    started = time.perf_counter()
    words = f"bash -s {found} {ROOT}/etc/seawall/credentials/his1-primary"
    drill.ssh(words, input=HAND.read_text("utf-8"), timeout=10 * MINUTES)
    return time.perf_counter() - started


def by_size(his: Machine, drill: Machine) -> str:
    """Compare the time to the first answer of its database when the machine holds more and more."""
    found: dict[str, Mapping[str, Any]] = {}
    for size in GIBIBYTES:
        his.ssh(BALLAST.format(last=(size << 10) // PIECE - 1), timeout=20 * MINUTES)
        his.ssh(f"systemctl start {BACKUP}", timeout=30 * MINUTES)
        rounds = [drilled(drill, "--instant") for _ in range(ROUNDS)]
        found[f"{size} GiB more"] = sorted(rounds, key=lambda facts: float(facts["recovery_seconds"]))[ROUNDS // 2]
    first = next(iter(found))
    seconds = {name: float(facts["recovery_seconds"]) for name, facts in found.items()}
    title = "instant drill, from the decision to the first answer"
    return "\n".join([table(title, seconds, first, "10 s; at 20 GiB at most 1.2"), *map(shares, found, found.values())])


def shares(name: str, facts: Mapping[str, Any]) -> str:
    """Return the seconds of each step of a drill's recovery with its share."""
    steps = {step: seconds for step, seconds in facts["parts"].items() if step != "prove"}
    whole = sum(steps.values())
    return f"  {name}: " + ", ".join(f"{step} {took:.1f} s ({took / whole:.0%})" for step, took in steps.items())


def drilled(drill: Machine, how: str) -> Mapping[str, Any]:
    """Drill the machine; return what the ledger has of it."""
    words = f"[Service]\\nExecStart=\\nExecStart=/usr/bin/seawall drill his1_server {how}\\n"
    start = f"systemctl daemon-reload && systemctl start {DRILL} || {{ journalctl -n 12 -u {DRILL} >&2; exit 1; }}"
    drill.ssh(f"printf '{words}' >/run/systemd/system/{DRILL}.d/how.conf; {start}", timeout=20 * MINUTES)
    record = json.loads(drill.ssh(f"tail -n 1 {ROOT}/var/lib/seawall/ledger/ledger.jsonl").stdout)
    return dict(record["facts"])
