"""Hours of the days of a week, in local time; written `Mon-Fri 07:00-17:00`, `Sat, Sun`, `22:00-06:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import ClassVar, Self

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FORM = re.compile(r"(?:(?P<days>[A-Z][A-Za-z, -]*?)\s*)?(?P<times>\d\d:\d\d\s*-\s*\d\d:\d\d)?")


@dataclass(frozen=True)
class WeekHours:
    """Hours of some days of the week; those that end before they begin go on into the next day.

    text: as it was written. days: by number, 0 is Monday. begin, end: the end is not among them; where both are one, it
    is the whole day.
    """

    text: str = "Mon-Sun"
    days: frozenset[int] = frozenset(range(7))
    begin: time = time()
    end: time = time()
    expected: ClassVar[str] = "hours of a week such as 'Mon-Fri 07:00-17:00', 'Sat, Sun' or '22:00-06:00'"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the hours that a text stands for; raise ValueError for anything else."""
        match = _FORM.fullmatch(text.strip())
        if not match or not text.strip():
            raise ValueError(text)
        days = _days(match["days"]) if match["days"] else frozenset(range(7))
        begin, end = (_time(word) for word in match["times"].split("-")) if match["times"] else (time(), time())
        if match["times"] and begin == end:
            raise ValueError(text)
        return cls(text, days, begin, end)

    def holds(self, local: datetime) -> bool:
        """Whether a moment of local time is within."""
        now, today = local.time(), local.weekday() in self.days
        if self.begin < self.end:
            return today and self.begin <= now < self.end
        yesterday = (local.weekday() - 1) % 7 in self.days
        return (today and now >= self.begin) or (yesterday and now < self.end)

    def __str__(self) -> str:
        return self.text


def _days(text: str) -> frozenset[int]:
    """Return the days that words such as `Mon-Fri, Sun` name; raise ValueError."""
    found: set[int] = set()
    for word in text.split(","):
        first, dash, last = (part.strip() for part in word.partition("-"))
        begin, end = WEEK.index(first), WEEK.index(last if dash else first)
        found |= {day % 7 for day in range(begin, end + (7 if end < begin else 0) + 1)}
    return frozenset(found)


def _time(text: str) -> time:
    """Return a time of day; midnight at the end of a day may be written 24:00."""
    return time() if text.strip() == "24:00" else time.fromisoformat(text.strip())
