"""Verdicts: pass, warn, fail, unknown. Unknown is never a pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of one look; its exit code follows the monitoring-plugins convention."""

    PASS = "pass"  # noqa: S105 -- a verdict, not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 warn, 2 fail, 3 unknown."""
        return ("pass", "warn", "fail", "unknown").index(self.value)

    @property
    def severity(self) -> int:
        """What is worse has the higher number; fail outranks unknown, unknown outranks warn."""
        return ("pass", "warn", "unknown", "fail").index(self.value)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts; of none at all it is unknown, for nothing was looked at."""
    return max(verdicts, key=lambda verdict: verdict.severity, default=Verdict.UNKNOWN)


@dataclass(frozen=True)
class Finding:
    """One thing seen: a verdict, one sentence for a person, and the figures behind it by name.

    configured: whether it could be looked at with what was said and kept; what was not is shown, and judged by nobody.
    subject: the device that it is about, where a check looks at several; the message names it, too.
    """

    verdict: Verdict
    message: str
    figures: dict[str, float] = field(default_factory=dict)
    configured: bool = True
    subject: str = ""


def not_configured(why: str) -> Finding:
    """Return what is said of a thing that nobody asked to look at; it is never a pass."""
    return Finding(Verdict.UNKNOWN, f"not configured: {why}", configured=False)


def judged(wrong: Sequence[str], good: str, most: int = 5) -> Finding:
    """Return fail with the first of what is wrong, or pass with `good` when nothing is."""
    if not wrong:
        return Finding(Verdict.PASS, good)
    more = f" and {len(wrong) - most} more" if len(wrong) > most else ""
    return Finding(Verdict.FAIL, "; ".join(wrong[:most]) + more)
