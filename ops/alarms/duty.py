"""Who is on duty, what is quiet, and what is in a window of maintenance, at a moment of the site's own time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Hours:
    """Hours of days of the week; such that end before they begin go on into the next day.

    days: by number, 0 is Monday. begin, end: the end is not among them; where both are one, it is the whole day.
    """

    days: frozenset[int] = frozenset(range(7))
    begin: time = time()
    end: time = time()

    def holds(self, local: datetime) -> bool:
        """Whether a moment of local time is within."""
        now, today = local.time(), local.weekday() in self.days
        if self.begin < self.end:
            return today and self.begin <= now < self.end
        yesterday = (local.weekday() - 1) % 7 in self.days
        return (today and now >= self.begin) or (yesterday and now < self.end and self.begin != self.end)


@dataclass(frozen=True)
class Post:
    """A contact who is called at certain hours."""

    who: str
    hours: Hours = Hours()


@dataclass(frozen=True)
class Window:
    """When a certain machine's checks may be bad because people work there. first, last: days between which it holds."""

    hours: Hours
    first: date | None = None
    last: date | None = None

    def holds(self, local: datetime) -> bool:
        """Whether a moment of local time is within; the hours after midnight are the evening's day's."""
        evening = local.date()
        if self.hours.begin >= self.hours.end and local.time() < self.hours.end:
            evening -= timedelta(days=1)
        return (
            self.hours.holds(local)
            and (self.first is None or self.first <= evening)
            and (self.last is None or evening <= self.last)
        )


def order(posts: Sequence[Post], deputies: Mapping[str, str], local: datetime) -> tuple[str, ...]:
    """Return the contacts to call at a moment, the first one first: who is on duty now, and then who stands in for them.

    Where nobody is on duty now, everybody of the list is called in its order: an alarm that nobody gets is none.
    """
    present = [post.who for post in posts if post.hours.holds(local)] or [post.who for post in posts]
    return tuple(dict.fromkeys([*present, *_standing_in(present, deputies)]))


def _standing_in(present: Sequence[str], deputies: Mapping[str, str]) -> Iterator[str]:
    seen = set(present)
    waiting = list(present)
    while waiting:
        deputy = deputies.get(waiting.pop(0), "")
        if deputy and deputy not in seen:
            seen.add(deputy)
            waiting.append(deputy)
            yield deputy
