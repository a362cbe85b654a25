"""What one machine has of the writers' door while another floods it, with all that it may ask at once.

his1 uploads with five requests at once, as restic does, alone and beside lis1, which tries more than it may. Uploads
are those of whole packs under names that are not theirs, so that nothing of them stays.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ops.lab.lab import Lab
from ops.lab.machine import Machine
from tests.door_floods import ALLOWED, ENDED, STOP, flood

SECONDS, RESTICS = 15.0, 5
AIM = RESTICS / (RESTICS + ALLOWED)  # of all that passes, where requests are treated alike


def measure(lab: Lab) -> Iterator[str]:
    """Yield the table."""
    his, lis = lab.machine("his1"), lab.machine("lis1")
    with flooding(his, RESTICS):
        (alone,) = ended(his)
    with flooding(lis, ALLOWED + 8), flooding(his, RESTICS):
        beside, others = ended(his, lis)
    lines = [f"packs that his1 uploads in {SECONDS:.0f} s with {RESTICS} requests at once"]
    lines.append(f"  alone{alone:>45}")
    lines.append(f"  beside a flood of lis1{beside:>28}{beside / max(alone, 1):>8.2f} of what it has alone")
    share = beside / max(beside + others, 1)
    lines.append(f"  share of all that passes{share:>26.2f} (aim: at least {AIM:.2f})")
    yield "\n".join(lines)


@contextmanager
def flooding(machine: Machine, at_once: int) -> Iterator[None]:
    """Let a machine upload for a block."""
    machine.ssh(flood(at_once))
    try:
        yield
    finally:
        machine.ssh(STOP)


def ended(*machines: Machine) -> list[int]:
    """Return how many uploads of each machine end in the same time."""
    before = [int(machine.ssh(ENDED).stdout) for machine in machines]
    time.sleep(SECONDS)
    return [int(machine.ssh(ENDED).stdout) - count for machine, count in zip(machines, before, strict=True)]
