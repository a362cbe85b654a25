"""A whole machine drilled by restore, against the same by hand; and how its size matters to an instant boot.

Everything runs on the drill host of the demo, from the backup host. Proofs are left out: by hand there are none.
"""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

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
# The guard against losses is right to refuse a machine that lost most of its bytes, so it is told why. The repository
# keeps them, for a client can't remove anything; the next run writes the same bytes, and adds nothing.
LIGHT = f"rm -rf {FOLDER}; seawall backup his1_server --accept-loss 'the ballast of the benchmark was removed'"


def measure(lab: Lab) -> Iterator[str]:
    """Yield the tables."""
    his, drill = lab.machine("his1"), lab.machine("drill1")
    his.ssh(LIGHT, timeout=10 * MINUTES)  # what a run that was interrupted left is not measured
    yield against_by_hand(drill)
    try:
        yield from by_size(his, drill)
    finally:
        his.ssh(LIGHT, timeout=10 * MINUTES)


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


def by_size(his: Machine, drill: Machine) -> Iterator[str]:
    """Compare the time to the first answer of its database when the machine holds more and more."""
    found: dict[str, Mapping[str, Any]] = {}
    for size in GIBIBYTES:
        his.ssh(BALLAST.format(last=(size << 10) // PIECE - 1), timeout=20 * MINUTES)
        his.ssh("seawall backup his1_server", timeout=30 * MINUTES)
        rounds = [drilled(drill, "--instant") for _ in range(ROUNDS)]
        found[f"{size} GiB more"] = sorted(rounds, key=lambda facts: float(facts["recovery_seconds"]))[ROUNDS // 2]
    first = next(iter(found))
    seconds = {name: float(facts["recovery_seconds"]) for name, facts in found.items()}
    title = "instant drill, from the decision to the first answer"
    yield "\n".join([table(title, seconds, first, "10 s; at 20 GiB at most 1.2"), *map(shares, found, found.values())])


def shares(name: str, facts: Mapping[str, Any]) -> str:
    """Return the seconds of each step of a drill's recovery with its share."""
    steps = {step: seconds for step, seconds in facts["parts"].items() if step != "prove"}
    whole = sum(steps.values())
    return f"  {name}: " + ", ".join(f"{step} {took:.1f} s ({took / whole:.0%})" for step, took in steps.items())


def drilled(drill: Machine, how: str) -> Mapping[str, Any]:
    """Drill the machine; return what the ledger has of it."""
    drill.ssh(f"seawall drill his1_server {how}", timeout=20 * MINUTES)
    lines = drill.ssh("tail -n 20 /var/lib/seawall/ledger/ledger.jsonl").stdout.splitlines()
    records = [json.loads(line) for line in lines]
    return dict([one["facts"] for one in records if (one["act"], one["subject"]) == ("drill", "his1_server")][-1])
