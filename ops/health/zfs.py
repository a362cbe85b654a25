"""Pools of ZFS: whether one works without a disk, stands still, or is nearly full."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.limits import demand_between
from ops.core.nut import number
from ops.core.quantity import Percent
from ops.core.verdict import Finding, Verdict
from ops.health import _devices
from ops.health._devices import word
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.devices import FILE

COLUMNS = 3  # name, share used, health
HEALTH = {"ONLINE": Verdict.PASS, "DEGRADED": Verdict.WARN}  # all others are a pool that does not work


@dataclass(frozen=True)
class Options:
    """Which pools, and how full one may be.

    pools: names of pools that must be there; those that are there are looked at anyway.
    ignore: patterns of pools that are not looked at.
    warn_above: share that is used above which the check warns; a fuller pool becomes slow.
    fail_above: share that is used above which it fails.
    """

    pools: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    warn_above: Percent = Percent(80)
    fail_above: Percent = Percent(90)

    def __post_init__(self) -> None:
        demand_between("warn_above", self.warn_above, Percent(0), self.fail_above)


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge each pool that root's look saw."""
    seen = _devices.seen(context.now, Path(FILE))
    rows = [line.split("\t") for line in seen.pools.splitlines()]
    there = {word(row[0]) for row in rows}
    yield from (
        Finding(Verdict.FAIL, f"{name} is not there", subject=name) for name in options.pools if name not in there
    )
    if not rows and not options.pools:
        why = (
            word(next(iter(seen.troubles), ""), 200) or "this machine has no pool; remove the check, or name its pools"
        )
        yield Finding(Verdict.UNKNOWN, why)
    for row in rows:
        if not any(fnmatch.fnmatchcase(word(row[0]), pattern) for pattern in options.ignore):
            yield judge(options, row)


def judge(options: Options, row: list[str]) -> Finding:
    """Given the name of a pool, the share that is used in per cent, and its health, judge it."""
    name = word(row[0])
    used = number(row[1]) if len(row) == COLUMNS else None
    if used is None:
        return Finding(Verdict.UNKNOWN, f"{name}: zpool says nothing that can be read", subject=name)
    health, figures = word(row[2]), {"used_percent": used}
    verdict = HEALTH.get(health, Verdict.FAIL)
    full = (
        Verdict.FAIL if used > options.fail_above.value else Verdict.WARN if used > options.warn_above.value else None
    )
    worst = max((verdict, full or Verdict.PASS), key=lambda one: one.severity)
    return Finding(worst, f"{name} is {health.lower()}, {used:.0f}% used", figures, subject=name)


KIND = Check(
    Options,
    probe,
    devices=True,
    synonyms=("zpool", "pool", "raidz"),
    why="A pool works on without a disk, and without a word, until the next one dies; a pool that is nearly full "
    "becomes slow, then can't even delete.",
    remedy="`zpool status -x` names the disk; replace it with `zpool replace`. If it is full, destroy old snapshots "
    "of ZFS first, then move data away.",
)
