"""How much of a quota a repository takes up, and how much more rest-server may add to it.

rest-server counts bytes alone. A file takes more of a disk than its bytes: a block, and an inode, of which ext4 has
one for each 16 KiB. So each file counts as so much at least, and who adds a million empty files fills the quota, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median_low

from ops.keeper.repository import Stored

LEAST = 16 << 10
DAY = 86_400.0
COUNTED_EVERY = 6 * 3_600.0  # seconds; the client's unit counts anew as often
WEEK = 7
DAYS = 4 * WEEK


@dataclass(frozen=True)
class Use:
    """What a repository takes up, in bytes as a quota counts. daily: so much more each day, of late."""

    used: int
    daily: int


def charged(size: int) -> int:
    """Return as how many bytes a file of a size counts."""
    return max(size, LEAST)


def use(stored: Iterable[Stored], now: float) -> Use:
    """Return how much the files of a repository take up, and how much more each day. now: in seconds since 1970."""
    used = 0
    days: Counter[int] = Counter()
    for one in stored:
        counts = charged(one.size)
        used += counts
        days[min(max(int((now - one.arrived) // DAY), 0), DAYS + 1)] += counts
    return Use(used, _daily(days))


def _daily(days: Counter[int]) -> int:
    """Given what arrived by the age in days, return how much arrives on a day in the middle of days, or of weeks.

    What a machine brings but once, as with its first backup, is in no middle; what it brings each week is in one.
    """
    known = min(max(days, default=0), DAYS)  # the oldest day is that of the first backup, or no longer looked at
    weeks = [sum(days[age] for age in range(first, first + WEEK)) for first in range(0, known - WEEK + 1, WEEK)]
    weekly = median_low(weeks) // WEEK if len(weeks) > 2 else 0  # noqa: PLR2004 -- of two, none is in the middle
    return max(median_low([days[age] for age in range(known)] or [0]), weekly)


def most(stored: Iterable[Stored], quota: int | None, free: int, now: float) -> int:
    """Return the limit to give rest-server, in bytes as it counts; never 0, which it takes for none at all.

    quota: in bytes; None: half of what is free on the file system may be added. free: in bytes. now: in seconds since
    1970. What arrived since the count before is of that half: whoever makes the server end early gains nothing.
    """
    size = used = fresh = 0
    for one in stored:
        size += one.size
        used += charged(one.size)
        fresh += charged(one.size) if one.arrived > now - COUNTED_EVERY else 0
    allowed = used + max(0, (free + fresh) // 2 - fresh) if quota is None else quota
    return max(1, allowed - (used - size))
