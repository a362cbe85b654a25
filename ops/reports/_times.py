"""Moments and spans of time as a report shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.core import clock
from ops.core.quantity import Duration

PRECISE_BELOW = 10  # seconds; shorter times are shown with a tenth


@dataclass(frozen=True)
class Times:
    """How moments are read: from when, and in which zone."""

    now: datetime
    zone: tzinfo

    def when(self, text: str | None) -> str:
        """Return a moment in the zone; of what is none, nothing."""
        moment = _moment(text)
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if moment else ""

    def age(self, text: str | None) -> float | None:
        """Return how many seconds ago a moment was, at least 0; of what is none, None."""
        moment = _moment(text)
        return max(0.0, (self.now - moment).total_seconds()) if moment else None


def span(seconds: float) -> str:
    """Return a span of time as the policy writes it, to two units: 3h 2min."""
    if seconds < PRECISE_BELOW:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    return " ".join(str(Duration(int(seconds))).split()[:2])


def zone(name: str) -> tuple[str, tzinfo]:
    """Return a zone and its name; UTC where there is none of this name."""
    try:
        return name, ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC", UTC


def _moment(text: str | None) -> datetime | None:
    try:
        return clock.parse(text) if text else None
    except ValueError:
        return None
