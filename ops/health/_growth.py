"""How fast a thing fills, from samples of several days; told only where growth is steady enough to be believed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from ops.core.schema import Plain
from ops.health._notes import number, pairs

DAY = 86_400.0
EVERY = DAY / 4  # between two samples: a nightly job that fills and cleans is seen at each hour of its day
KEPT = 30 * DAY
LEAST = 7 * DAY  # of samples; one burst, or one clean-up, is no trend
FROM = 0.6  # of the whole; what is half empty is in no hurry, however fast it grew last week
RESIZED = 0.02  # of the whole; a file system that was enlarged begins anew


def sampled(notes: dict[str, Plain], now: float, used: int, whole: int) -> list[tuple[float, float]]:
    """Note how many bytes are used of the whole now, and return the samples of the last month with this one.

    now: seconds since 1970. Samples from the future, and those of another size of the file system, are forgotten.
    """
    before = number(notes.get("whole"))
    same = before is not None and abs(whole - before) <= RESIZED * whole
    samples = [one for one in pairs(notes.get("used")) if same and now - KEPT <= one[0] <= now]
    current = (now, float(used))
    if not samples or now - samples[-1][0] >= EVERY:
        notes["used"] = [list(one) for one in (*samples, current)]
        notes["whole"] = float(whole)
    return [*samples, current]


def days_left(samples: Sequence[tuple[float, float]], available: int) -> float | None:
    """Return the days until what is available is used up; None where nothing grows steadily, or nobody knows yet.

    samples: time in seconds, and bytes used, in their order. The slope is the median of all slopes between two samples
    at least a day apart (Theil and Sen): one night's dump moves it little. Where a quarter do not grow, it is none.
    """
    if len(samples) < LEAST / DAY or samples[-1][0] - samples[0][0] < LEAST:
        return None
    used = samples[-1][1]
    if used < FROM * (used + available):
        return None
    slopes = [
        (later[1] - earlier[1]) / (later[0] - earlier[0]) * DAY
        for place, earlier in enumerate(samples)
        for later in samples[place + 1 :]
        if later[0] - earlier[0] >= DAY
    ]
    low, middle, _ = statistics.quantiles(slopes, n=4)
    return available / middle if low > 0 else None
