"""Memory that is available to programs without swapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.limits import demand_can_warn, demand_warning_first
from ops.core.quantity import Percent, Size
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext


@dataclass(frozen=True)
class Options:
    """How much memory must be available.

    warn_below: share of available memory below which the check warns.
    fail_below: share of available memory below which the check fails.
    """

    warn_below: Percent = Percent(10)
    fail_below: Percent = Percent(5)

    def __post_init__(self) -> None:
        demand_can_warn("warn_below", self.warn_below)
        demand_warning_first(("warn_below", self.warn_below), ("fail_below", self.fail_below))


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Ask the kernel how much memory is available; caches that it would give back count as available."""
    import psutil

    memory = psutil.virtual_memory()
    yield judge(options, memory.total, memory.available)


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


KIND = Check(Options, probe, synonyms=("ram",))
