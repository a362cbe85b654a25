"""Two million names, 200 GB of files and a database of 20 GB: Seawall, the same acts by hand, and our memory.

As the part `large`, on his1. The 200 GB are holes, which cost what reading, cutting and hashing cost, and no disk. It
takes hours and 60 GB of disk, so it runs only where it is named; SIZE=0.1 makes all of it ten times smaller.
"""

import os
from collections.abc import Iterator
from functools import partial

from ops.lab.lab import Lab
from tests.benchmarks import large
from tests.benchmarks.large import HAND, OURS, seconds
from tests.benchmarks.wide_door import wide

SCALE, FILES, HOLES, WORDS = 1_340, 2_000_000, 20, 20
HOURS = 3600.0


def measure(lab: Lab) -> Iterator[str]:
    """Yield the tables."""
    size = float(os.environ.get("SIZE", "1"))
    sizes = {"SCALE": round(SCALE * size), "FILES": round(FILES * size), "HOLES": round(HOLES * size), "WORDS": WORDS}
    his = lab.machine("his1")
    try:
        with wide(lab.machine("backup1")):
            large.prepare(his, sizes, 3 * HOURS)
            title = "pgbench at scale {SCALE:,}, {FILES:,} small files and {HOLES} of 10 GB (aim: 1.03, then 1.02)"
            lines = [title.format(**sizes)]
            for run in ("first run", "unchanged"):
                hand, ours = (seconds(partial(his.ssh, words, timeout=3 * HOURS)) for words in (HAND, OURS))
                lines.append(f"  {run}: by hand {hand:.0f} s, seawall {ours:.0f} s, {ours / hand:.2f}")
                yield "\n".join(lines)
                lines = []
            yield "\n".join(large.memory(his, 3 * HOURS))
    finally:
        large.clean(lab)
