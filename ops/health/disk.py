"""Free space and free inodes of a mounted file system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.limits import demand_between, demand_can_warn, demand_warning_first
from ops.core.names import AbsolutePath
from ops.core.quantity import Percent, Size
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext

LEAST_ENOUGH, MOST_ENOUGH = Size(1 << 30), Size(1 << 50)


@dataclass(frozen=True)
class Options:
    """Which file system to check, and how much must be free.

    path: any path on the file system.
    warn_below: share of free usable space below which the check warns.
    fail_below: share of free usable space below which the check fails.
    enough: amount of free space that is always enough, for very large file systems; at least 1 GiB.
    inodes_warn_below: share of free inodes below which the check warns.
    inodes_fail_below: share of free inodes below which the check fails.
    mount_point: require the path to be a mount point.
    """

    path: AbsolutePath = AbsolutePath("/")
    warn_below: Percent = Percent(15)
    fail_below: Percent = Percent(5)
    enough: Size | None = None
    inodes_warn_below: Percent = Percent(10)
    inodes_fail_below: Percent = Percent(5)
    mount_point: bool = False

    def __post_init__(self) -> None:
        demand_can_warn("warn_below", self.warn_below)
        demand_can_warn("inodes_warn_below", self.inodes_warn_below)
        if self.enough is not None:
            demand_between("enough", self.enough, LEAST_ENOUGH, MOST_ENOUGH)
        demand_warning_first(("warn_below", self.warn_below), ("fail_below", self.fail_below))
        demand_warning_first(
            ("inodes_warn_below", self.inodes_warn_below), ("inodes_fail_below", self.inodes_fail_below)
        )


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Look at the file system that holds the path."""
    facts = os.statvfs(options.path)  # not psutil: it counts no inodes, and space and inodes belong to one moment
    if options.mount_point and not Path(options.path).is_mount():
        message = f"nothing is mounted at {options.path}; writing there fills the disk of the parent folder"
        yield Finding(Verdict.FAIL, message)
        return
    used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    yield judge_space(options, used, facts.f_bavail * facts.f_frsize)
    if facts.f_files:  # btrfs and some network file systems count none
        yield judge_inodes(options, facts.f_files, facts.f_favail)


def judge_space(options: Options, used: int, available: int) -> Finding:
    """Judge by what an ordinary account can still write, as df does; root's reserve is no free space."""
    whole = used + available
    if not whole:
        return Finding(Verdict.UNKNOWN, f"{options.path} has no size")
    share = 100 * available / whole
    figures = {"free_percent": round(share, 1), "free_bytes": float(available)}
    message = f"{options.path}: {share:.0f}% free ({Size(available)})"
    if options.enough and available >= options.enough.bytes:
        return Finding(Verdict.PASS, message, figures)
    return Finding(_below(share, options.warn_below, options.fail_below), message, figures)


def judge_inodes(options: Options, whole: int, available: int) -> Finding:
    """Judge by the number of files that can still be made."""
    share = 100 * available / whole
    verdict = _below(share, options.inodes_warn_below, options.inodes_fail_below)
    message = f"{options.path}: {share:.0f}% of inodes free"
    return Finding(verdict, message, {"free_inodes_percent": round(share, 1)})


def _below(share: float, warn: Percent, fail: Percent) -> Verdict:
    if share < fail.value:
        return Verdict.FAIL
    return Verdict.WARN if share < warn.value else Verdict.PASS


KIND = Check(Options, probe, synonyms=("space", "filesystem", "df", "inodes"))
