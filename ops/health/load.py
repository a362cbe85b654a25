"""The load of the processors: how many programs run or wait to run, over 15 minutes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.limits import demand_between
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext


@dataclass(frozen=True)
class Options:
    """How much load is too much.

    warn_above: load per processor, over 15 minutes, above which the check warns; it never fails.
    """

    warn_above: float = 2.0

    def __post_init__(self) -> None:
        demand_between("warn_above", self.warn_above, 0.1, 1000.0)


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Ask the kernel for the load and for the processors that are there."""
    import psutil

    text = (Path(psutil.PROCFS_PATH) / "loadavg").read_text("ascii")
    yield judge(options, float(text.split()[2]), os.cpu_count() or 1)


def judge(options: Options, load: float, processors: int) -> Finding:
    """Judge the load over 15 minutes; one processor counts as two, for it is easily kept busy."""
    share = load / max(processors, 2)
    verdict = Verdict.WARN if share > options.warn_above else Verdict.PASS
    of = f"{processors} processor{'' if processors == 1 else 's'}"
    return Finding(verdict, f"load {load:.1f} over 15 min on {of}", {"load_per_processor": round(share, 2)})


KIND = Check(
    Options,
    probe,
    synonyms=("cpu", "loadavg", "processor"),
    why="A high load means that users wait: too few processors, or a disk that does not answer, for what waits for a "
    "disk counts, too. It is no failure by itself, so the check only warns.",
    remedy="`top` shows what runs; programs in state D wait for a disk or a network file system: look at that first.",
)
