"""Calendars: when something is due, in a procedure's words or as a systemd calendar expression.

`day 10, day 20, last day`, `between day 11 and day 20` and `every 2 months` are turned into systemd's own
expressions; everything else must be one already. systemd-analyze, the program that will act on it, is asked
when it elapses, so the policy and the timers cannot disagree.
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.core.errors import CommandError
from ops.core.run import run

_ELAPSE = re.compile(r"^ *(?:Next elapse|Iter[^:]*|\(in UTC\)): +\w{3} (\S+ \S+) UTC$", re.MULTILINE)
_ZONED = re.compile(r"(.+) ([A-Z][A-Za-z_]*(?:/[A-Za-z0-9_+-]+)+|UTC)")


@dataclass(frozen=True)
class Calendar:
    """The days and times on which something is due; systemd expressions, joined by `or`."""

    text: str
    expressions: tuple[str, ...]
    expected: ClassVar[str] = (
        "a calendar such as 'day 10, day 20, last day', 'every 2 months' or a systemd expression like '*-*-* 01:30'"
    )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the calendar a text stands for; raise ValueError when systemd does not understand it."""
        parts = tuple(expression for part in text.split(";") for expression in _expressions(part.strip()))
        for expression in parts:
            _elapses(expression, _EPOCH, 1)
        return cls(text, parts)

    def zoned(self, zone: str) -> Calendar:
        """Return the same calendar read in a time zone such as Europe/Prague."""
        return Calendar(self.text, tuple(f"{expression} {zone}" for expression in self.expressions))

    def after(self, moment: datetime, count: int = 1) -> list[datetime]:
        """Return the next `count` moments at which this is due after a moment, in UTC."""
        found = {time for part in self.expressions for time in _elapses(part, moment, count)}
        return sorted(found)[:count]

    def longest_gap(self) -> timedelta:
        """Return the longest time between two following moments, looked at over some 400 elapses."""
        times = self.after(_EPOCH, 400)
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        return max(gaps, default=timedelta.max)

    def __str__(self) -> str:
        return self.text


_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def _expressions(text: str) -> list[str]:
    """Turn a procedure's words into systemd expressions; what is no such word stays as it is."""
    if match := re.fullmatch(r"every (1|2|3|4|6|12) months", text):  # others don't fit into a year evenly
        return ["*-01-01" if match[1] == "12" else f"*-01/{match[1]}-01"]
    words = [word.strip() for word in text.split(",")]
    turned = [_day(word) for word in words]
    return [day for day in turned if day] if all(turned) else [text]


def _day(word: str) -> str | None:
    if word == "last day":
        return "*-*~01"
    if match := re.fullmatch(r"day (\d{1,2})", word):
        return f"*-*-{int(match[1]):02d}"
    if match := re.fullmatch(r"between day (\d{1,2}) and day (\d{1,2})", word):
        return f"*-*-{int(match[1]):02d}"
    return None


@functools.lru_cache(maxsize=512)
def _elapses(expression: str, base: datetime, count: int) -> tuple[datetime, ...]:
    """Ask systemd for the next elapses of an expression; raise ValueError when it is none."""
    words, zone = _parted(expression)
    argv = [
        "systemd-analyze",
        "calendar",
        f"--iterations={count}",
        f"--base-time={base.strftime('%Y-%m-%d %H:%M:%S')} UTC",
        "--",
        words,
    ]
    try:
        output = run(argv, timeout=20, env={"TZ": zone}).stdout
    except CommandError as error:
        raise ValueError(f"{expression}: {error.stderr.strip()}") from error
    found = [datetime.strptime(time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) for time in _ELAPSE.findall(output)]
    if not found:
        raise ValueError(f"{expression}: never elapses")
    return tuple(found)


def _parted(expression: str) -> tuple[str, str]:
    """Return an expression without its time zone, and that; raise ValueError for an unknown one, or two.

    For a zone in its own expression systemd starts a process for each elapse, which takes fifteen times as long.
    """
    found = _ZONED.fullmatch(expression)
    if not found:
        return expression, "UTC"
    words, zone = found.groups()
    if _ZONED.fullmatch(words):
        raise ValueError(f"{expression}: has two time zones")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{expression}: {zone} is not a known time zone") from error
    return words, zone
