"""Who is called at a moment of the site's own time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ops.core.week import WeekHours


@dataclass(frozen=True)
class Post:
    """A contact who is called at certain hours."""

    who: str
    hours: WeekHours = WeekHours()


def order(posts: Sequence[Post], deputies: Mapping[str, str], local: datetime) -> tuple[str, ...]:
    """Return whom to call at a moment, the first one first: who is on call now, and then who stands in for them.

    deputies: of contacts. Where nobody is on call now, everybody of the list is, in its order: an alarm that nobody
    gets is none.
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
