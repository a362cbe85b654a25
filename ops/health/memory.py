"""Memory that is available to programs without swapping, and programs that the kernel ended because there was none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.limits import demand_between, demand_can_warn, demand_warning_first
from ops.core.quantity import Percent, Size, counted
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.health._notes import number, pairs
from ops.interfaces.check import Check, CheckContext

DAY = 86_400.0
MOST_KILLS = 1_000_000
CONTAINER = Path("/run/systemd/container")  # what systemd notes in one


@dataclass(frozen=True)
class Options:
    """How much memory must be available, and how often the kernel may end programs for want of it.

    warn_below: share of available memory below which the check warns.
    fail_below: share of available memory below which the check fails.
    killed_warn_from: number of programs ended within a day from which the check warns.
    killed_fail_from: number of programs ended within a day from which the check fails.
    """

    warn_below: Percent = Percent(10)
    fail_below: Percent = Percent(5)
    killed_warn_from: int = 1
    killed_fail_from: int = 3

    def __post_init__(self) -> None:
        demand_can_warn("warn_below", self.warn_below)
        demand_warning_first(("warn_below", self.warn_below), ("fail_below", self.fail_below))
        demand_between("killed_fail_from", self.killed_fail_from, 1, MOST_KILLS)
        demand_between("killed_warn_from", self.killed_warn_from, 1, self.killed_fail_from)


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Ask the kernel how much memory is available; caches that it would give back count as available."""
    import psutil

    memory = psutil.virtual_memory()
    yield judge(options, memory.total, memory.available)
    place = Path(psutil.PROCFS_PATH)
    if CONTAINER.exists():
        return  # its kernel counts for all containers and for the machine below, whose memory this is not
    counted_since_start = killed((place / "vmstat").read_text("ascii"))
    if counted_since_start is None:
        return  # a kernel that counts none has no such line
    boot = (place / "stat").read_text("ascii").partition("\nbtime ")[2].partition("\n")[0]
    kills = within_a_day(context.notes, context.now.timestamp(), counted_since_start, boot)
    yield judge_killed(options, kills)


def judge(options: Options, whole: int, available: int) -> Finding:
    """Judge the share of the memory that is available; both are in bytes."""
    if not whole:
        return Finding(Verdict.UNKNOWN, "the kernel does not report how much memory there is")
    share = 100 * available / whole
    message = f"{share:.0f}% of {Size(whole)} available"
    if share < options.fail_below.value:
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.WARN if share < options.warn_below.value else Verdict.PASS
    return Finding(verdict, message, {"available_percent": round(share, 1)})


def killed(vmstat: str) -> int | None:
    """Given /proc/vmstat, return how many programs were ended for want of memory since the machine started."""
    line = next((line for line in vmstat.splitlines() if line.startswith("oom_kill ")), "")
    count = line.partition(" ")[2]
    return int(count) if count.isdecimal() else None


def within_a_day(notes: dict[str, Plain], now: float, count: int, boot: str) -> int:
    """Note a count, and return by how much it rose within the last day.

    count: since the machine started. boot: when that was, in seconds since 1970, as the kernel says; a count of another
    start begins at 0. Of a machine that nobody looked at before, what was counted since a start within a day is of it.
    """
    started = float(boot) if boot.isdecimal() else 0.0
    before = number(notes.get("count"))
    same = before is not None and notes.get("boot") == boot and before <= count
    known = before if same and before is not None else 0.0
    risen = count - known
    if before is None and now - started > DAY:
        risen = 0.0  # it may be of long ago
    rises = [one for one in pairs(notes.get("rises")) if now - DAY < one[0] <= now]
    rises += [(now, risen)] if risen else []
    notes |= {"count": float(count), "boot": boot, "rises": [list(one) for one in rises]}
    return int(sum(number for _, number in rises))


def judge_killed(options: Options, count: int) -> Finding:
    """Judge how many programs were ended within a day."""
    figures = {"killed_in_a_day": float(count)}
    if count < options.killed_warn_from:
        return Finding(Verdict.PASS, "no program was ended for want of memory", figures)
    verdict = Verdict.FAIL if count >= options.killed_fail_from else Verdict.WARN
    return Finding(verdict, f"{counted(count, 'program')} ended for want of memory within a day", figures)


KIND = Check(
    Options,
    probe,
    synonyms=("ram", "oom"),
    why="Without memory the kernel ends a program of its choice, often the database. It may start again by itself, so "
    "that nobody hears of it. What caches hold is given back and counts as available; swap that is in use does not "
    "tell.",
    remedy="`journalctl -k --grep='Out of memory'` names what was ended, `ps -eo rss,comm --sort=-rss | head` what "
    "takes most now. Limit it, or give the machine more.",
)
