"""Whether the machine waits to be started anew, so that an updated kernel or library is in use at last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.limits import demand_between, demand_warning_first
from ops.core.quantity import Duration, span
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.health._notes import number
from ops.interfaces.check import Check, CheckContext

DAY = 86_400
LONGEST = Duration(366 * DAY)
REQUIRED = Path("/run/reboot-required")
BOOT = Path("/boot")


@dataclass(frozen=True)
class Options:
    """How long a machine may wait to be started anew.

    warn_after: time after which the check warns.
    fail_after: time after which it fails.
    """

    warn_after: Duration = Duration(7 * DAY)
    fail_after: Duration = Duration(30 * DAY)

    def __post_init__(self) -> None:
        demand_between("fail_after", self.fail_after, Duration(3600), LONGEST)
        demand_warning_first(("fail_after", self.fail_after), ("warn_after", self.warn_after))


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Look for the file that packages leave, and for a kernel that is newer than the one that runs.

    Each further update makes both anew; so what counts is since when something waited, without a restart in between.
    """
    import psutil

    found = []
    running = (Path(psutil.PROCFS_PATH) / "sys/kernel/osrelease").read_text("ascii").strip()
    if REQUIRED.exists():
        found.append(("an update asks for it", REQUIRED.stat().st_mtime))
    # The time of change is of the day on which it was built; it was installed when the file got its place.
    times = {
        path.name.partition("-")[2]: path.stat().st_ctime for path in BOOT.iterdir() if path.name[:8] == "vmlinuz-"
    }
    if newer := newest_over(running, times):
        found.append((f"the kernel {newer} is installed, and {running} runs", times[newer]))
    since = waits_since(context.notes, [when for _, when in found], context.now.timestamp())
    yield judge(options, [why for why, _ in found], context.now.timestamp() - since)


def waits_since(notes: dict[str, Plain], times: list[float], now: float) -> float:
    """Note and return since when something waits; times: since when each thing does that waits now, as far as known."""
    if not times:
        notes.clear()
        return now
    since = min(number(notes.get("since")) or now, *times, now)
    notes["since"] = since
    return since


def newest_over(running: str, installed: dict[str, float]) -> str:
    """Return the newest of the installed kernels where it is newer than the one that runs; nothing otherwise.

    A machine whose running kernel is none of its own, such as a container, waits for nothing.
    """
    if running not in installed:
        return ""
    newest = max(installed, key=_order)
    return newest if _order(newest) > _order(running) else ""


def _order(version: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(r"\d+|[a-z]+", version.lower())]


def judge(options: Options, why: list[str], seconds: float) -> Finding:
    """Judge why the machine waits, and for how long already."""
    if not why:
        return Finding(Verdict.PASS, "nothing waits for a restart", {"waiting_seconds": 0.0})
    message = f"waits for a restart since {span(seconds)}: {'; '.join(why)}"
    if seconds > options.fail_after.seconds:
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.WARN if seconds > options.warn_after.seconds else Verdict.PASS
    return Finding(verdict, message, {"waiting_seconds": float(round(seconds))})


KIND = Check(
    Options,
    probe,
    synonyms=("restart", "reboot_required", "kernel"),
    why="A security update of the kernel protects nobody before the machine starts with it. And a machine that was "
    "not started for a year is one of which nobody knows whether it starts.",
    remedy="Agree on a time with those who use it, look that the backup is young, and restart it in a maintenance "
    "window.",
)
