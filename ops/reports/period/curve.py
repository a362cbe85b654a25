"""A figure over time as a small line, and how it changed."""

from __future__ import annotations

from collections.abc import Sequence

from ops.core import clock
from ops.interfaces.fleet_period import Point
from ops.reports.period.model import Curve

WIDTH, HEIGHT, EDGE = 120, 24, 2
MOST = 60  # points; more can't be told apart in such a field


def curve(points: Sequence[Point], limit: float | None = None) -> Curve:
    """Return the line through some points, the earliest first; it begins at nothing, so that little looks like little.

    limit: drawn as a line of its own.
    """
    if not points:
        return Curve("", None, None)
    few = (
        points if len(points) <= MOST else [points[number * (len(points) - 1) // (MOST - 1)] for number in range(MOST)]
    )
    times = [clock.parse(point.when).timestamp() for point in few]
    top = max([*(point.value for point in few), limit or 0.0]) or 1.0
    length = times[-1] - times[0]
    places = [
        (_across((time - times[0]) / length if length else 1.0), _up(point.value / top))
        for time, point in zip(times, few, strict=True)
    ]
    line = " ".join(f"{across},{up}" for across, up in places) if length else ""
    return Curve(line, places[-1], _up(limit / top) if limit else None)


def _across(share: float) -> str:
    return f"{EDGE + share * (WIDTH - 2 * EDGE):.1f}"


def _up(share: float) -> str:
    return f"{HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE):.1f}"


def middle(values: Sequence[float]) -> float:
    """Return the middle one of some values, of which there is one at least."""
    return sorted(values)[len(values) // 2]
