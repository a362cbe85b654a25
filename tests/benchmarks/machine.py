"""A whole machine drilled by restore, against the same by hand; and how its size matters to an instant boot.

Everything runs on the drill host of the demo, from the backup host. Proofs are left out: by hand there are none.
"""

import json
import time
from pathlib import Path
from statistics import median

from ops.lab.lab import Lab
from ops.lab.machine import Machine
from tests.benchmarks.timing import table

HAND = Path(__file__).with_name("machine_by_hand.sh")
MINUTES = 60.0
ROUNDS = 3
BY_HAND, OURS = "by hand: restic restore, systemd-nspawn --boot", "seawall drill --no-instant, without its proofs"
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


def measure(lab: Lab) -> str:
    """Return the tables."""
    his, drill = lab.machine("his1"), lab.machine("drill1")
    his.ssh("seawall backup his1_server", timeout=10 * MINUTES)
    restored = against_by_hand(drill)
    try:
        return f"{restored}\n\n{by_size(his, drill)}"
    finally:
        his.ssh(f"rm -rf {FOLDER}; seawall backup his1_server", timeout=10 * MINUTES)


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
    drill.ssh(f"bash -s {found} his1-primary", input=HAND.read_text("utf-8"), timeout=10 * MINUTES)
    return time.perf_counter() - started


def by_size(his: Machine, drill: Machine) -> str:
    """Compare the time to the first answer of its database when the machine holds more and more."""
    found = {}
    for size in GIBIBYTES:
        his.ssh(BALLAST.format(last=(size << 10) // PIECE - 1), timeout=20 * MINUTES)
        his.ssh("seawall backup his1_server", timeout=30 * MINUTES)
        found[f"{size} GiB more"] = median(first_answer(drill) for _ in range(ROUNDS))
    first = next(iter(found))
    return table("instant drill, from the decision to the first answer", found, first, "20 s; at 20 GiB at most 1.2")


def first_answer(drill: Machine) -> float:
    """Drill it straight from the repository; return the seconds of all that comes before the first answer."""
    return float(drilled(drill, "--instant")["recovery_seconds"])


def drilled(drill: Machine, how: str) -> dict[str, object]:
    """Drill the machine; return what the ledger has of it."""
    drill.ssh(f"seawall drill his1_server {how}", timeout=20 * MINUTES)
    record = json.loads(drill.ssh("grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 1").stdout)
    return dict(record["facts"])
