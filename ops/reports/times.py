"""Moments and spans of time as people read them: in the site's zone, and to two units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.core import clock
from ops.core.quantity import Duration

PRECISE_BELOW = 10  # seconds; shorter times are shown with a tenth


@dataclass(frozen=True)
class Times:
    """How moments are read: from when, and in which zone, whose name is that of UTC where it is not known."""

    now: datetime
    zone: tzinfo
    name: str

    @classmethod
    def of(cls, now: datetime, zone: str) -> Times:
        """Return how moments are read in a zone of this name."""
        try:
            return cls(now, ZoneInfo(zone), zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return cls(now, UTC, "UTC")

    def when(self, text: str | None) -> str:
        """Return a moment in the zone; empty for what is none."""
        moment = _moment(text)
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if moment else ""

    def age(self, text: str | None) -> float | None:
        """Return the seconds since a moment, at least 0; None for what is none."""
        moment = _moment(text)
        return max(0.0, (self.now - moment).total_seconds()) if moment else None


def span(seconds: float) -> str:
    """Return a span of time as the policy writes it, to two units: 3h 2min."""
    if seconds < PRECISE_BELOW:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    return " ".join(str(Duration(int(seconds))).split()[:2])


def _moment(text: str | None) -> datetime | None:
    try:
        return clock.parse(text) if text else None
    except ValueError:
        return None
