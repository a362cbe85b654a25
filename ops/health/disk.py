"""Free space and free inodes of a mounted file system, how soon it is full, and whether it can still be written to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.limits import demand_between, demand_can_warn, demand_warning_first
from ops.core.mounts import is_read_only
from ops.core.names import AbsolutePath
from ops.core.quantity import Duration, Percent, Size
from ops.core.verdict import Finding, Verdict
from ops.health._growth import days_left, sampled
from ops.interfaces.check import Check, CheckContext

LEAST_ENOUGH, MOST_ENOUGH = Size(1 << 30), Size(1 << 50)
LONGEST = Duration(366 * 86_400)
DAY = 86_400


@dataclass(frozen=True)
class Options:
    """Which file system to check, and how much must be free.

    path: any path on the file system.
    warn_below: share of free usable space below which the check warns.
    fail_below: share of free usable space below which the check fails.
    tight_warn_below: share of free space below which it also warns of little free space, or of what is full soon.
    tight_fail_below: likewise, below which it fails.
    little_warn: amount of free space that is little, for a warning.
    little_fail: amount of free space that is little, for a failure.
    full_warn_within: time within which it is going to be full, for a warning.
    full_fail_within: time within which it is going to be full, for a failure.
    enough: amount of free space that is always enough, for very large file systems; at least 1 GiB.
    inodes_warn_below: share of free inodes below which the check warns.
    inodes_fail_below: share of free inodes below which the check fails.
    mount_point: require the path to be a mount point.
    read_only: whether nothing is to be written there, so that it is well when nothing can be.
    """

    path: AbsolutePath = AbsolutePath("/")
    warn_below: Percent = Percent(10)
    fail_below: Percent = Percent(5)
    tight_warn_below: Percent = Percent(20)
    tight_fail_below: Percent = Percent(10)
    little_warn: Size = Size(10 << 30)
    little_fail: Size = Size(5 << 30)
    full_warn_within: Duration = Duration(14 * DAY)
    full_fail_within: Duration = Duration(3 * DAY)
    enough: Size | None = None
    inodes_warn_below: Percent = Percent(10)
    inodes_fail_below: Percent = Percent(5)
    mount_point: bool = False
    read_only: bool = False

    def __post_init__(self) -> None:
        demand_can_warn("warn_below", self.warn_below)
        demand_can_warn("inodes_warn_below", self.inodes_warn_below)
        demand_between("full_warn_within", self.full_warn_within, Duration(0), LONGEST)
        if self.enough is not None:
            demand_between("enough", self.enough, LEAST_ENOUGH, MOST_ENOUGH)
        for warn, fail in (
            ("warn_below", "fail_below"),
            ("inodes_warn_below", "inodes_fail_below"),
            ("tight_warn_below", "tight_fail_below"),
            ("little_warn", "little_fail"),
            ("full_warn_within", "full_fail_within"),
        ):
            demand_warning_first((warn, getattr(self, warn)), (fail, getattr(self, fail)))


@dataclass(frozen=True)
class Space:
    """The room on a file system, in bytes. days: until it is full; None where it does not grow, or nobody knows."""

    used: int
    available: int
    days: float | None = None


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Look at the file system that holds the path."""
    facts = os.statvfs(options.path)  # not psutil: it counts no inodes, and space and inodes belong to one moment
    if options.mount_point and not Path(options.path).is_mount():
        message = f"nothing is mounted at {options.path}; writing there fills the disk of the parent folder"
        yield Finding(Verdict.FAIL, message)
        return
    if not options.read_only and is_read_only(Path(options.path)):
        yield Finding(Verdict.FAIL, f"{options.path} can't be written to: its file system became read-only")
    used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    available = facts.f_bavail * facts.f_frsize
    samples = sampled(context.notes, context.now.timestamp(), used, used + available)
    yield judge_space(options, Space(used, available, days_left(samples, available)))
    if facts.f_files:  # btrfs and some network file systems count none
        yield judge_inodes(options, facts.f_files, facts.f_favail)


def judge_space(options: Options, space: Space) -> Finding:
    """Judge by what an ordinary account can still write, as df does; root's reserve is no free space."""
    whole = space.used + space.available
    if not whole:
        return Finding(Verdict.UNKNOWN, f"{options.path} has no size")
    share = 100 * space.available / whole
    figures = {"free_percent": round(share, 1), "free_bytes": float(space.available)}
    message = f"{options.path}: {share:.0f}% free ({Size(space.available)})"
    if space.days is not None:
        figures["days_to_full"] = round(space.days, 1)
    if options.enough and space.available >= options.enough.bytes:
        return Finding(Verdict.PASS, message, figures)
    verdict = _room(options, space, share)
    if space.days is not None and verdict is not Verdict.PASS:
        message += f", full in {'less than a day' if space.days < 1 else f'{space.days:.0f} days'} as it grows now"
    return Finding(verdict, message, figures)


def _room(options: Options, space: Space, share: float) -> Verdict:
    """Return the verdict on a share: a small one is bad by itself, a larger one if it is little, or full soon."""
    days = float("inf") if space.days is None else space.days
    for verdict, below, tight, little, within in (
        (Verdict.FAIL, options.fail_below, options.tight_fail_below, options.little_fail, options.full_fail_within),
        (Verdict.WARN, options.warn_below, options.tight_warn_below, options.little_warn, options.full_warn_within),
    ):
        hurry = space.available < little.bytes or days < within.seconds / DAY
        if share < below.value or (share < tight.value and hurry):
            return verdict
    return Verdict.PASS


def judge_inodes(options: Options, whole: int, available: int) -> Finding:
    """Judge by the number of files that can still be made."""
    share = 100 * available / whole
    if share < options.inodes_fail_below.value:
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.WARN if share < options.inodes_warn_below.value else Verdict.PASS
    message = f"{options.path}: {share:.0f}% of inodes free"
    return Finding(verdict, message, {"free_inodes_percent": round(share, 1)})


KIND = Check(
    Options,
    probe,
    synonyms=("space", "filesystem", "df", "inodes"),
    why="A full disk stops databases and backups at once, and one that became read-only loses what is entered. A "
    "share alone warns of large disks for ever and of small ones too late; so little room and the days until it is "
    "full count.",
    remedy="Find what grows (`du -xh --max-depth=2 PATH | sort -h | tail`) and remove or move it, or enlarge the file "
    "system. If it became read-only, read `journalctl -k` and look at the disk before you mount it anew.",
)
