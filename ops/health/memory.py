"""Memory that is available to programs without swapping."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.quantity import Percent, Size
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext

MEMINFO = Path("/proc/meminfo")


@dataclass(frozen=True)
class Options:
    """How much memory must be available.

    warn_below: share of available memory below which the check warns.
    fail_below: share of available memory below which the check fails.
    """

    warn_below: Percent = Percent(10)
    fail_below: Percent = Percent(5)


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Ask the kernel how much memory is available; caches that it would give back count as available."""
    yield judge(options, MEMINFO.read_text(encoding="ascii"))


def judge(options: Options, meminfo: str) -> Finding:
    """Given the text of /proc/meminfo, judge the share that is available."""
    kilobytes = {name: int(count) for name, count in re.findall(r"^(\w+):\s+(\d+) kB$", meminfo, re.M)}
    whole, available = kilobytes.get("MemTotal"), kilobytes.get("MemAvailable")
    if not whole or available is None:
        return Finding(Verdict.UNKNOWN, "the kernel does not report how much memory is available")
    share = 100 * available / whole
    message = f"{share:.0f}% of {Size(whole * 1024)} available"
    if share < options.fail_below.value:
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.WARN if share < options.warn_below.value else Verdict.PASS
    return Finding(verdict, message, {"available_percent": round(share, 1)})


KIND = Check(Options, probe)
