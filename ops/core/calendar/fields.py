"""The parts of a systemd calendar expression, and what each must be: real days, real times, years without an end."""

from __future__ import annotations

import itertools
import re
from calendar import month_name, monthrange
from datetime import time

_TIME = re.compile(r"(?<![\d:.])(\d{1,3}):(\d{2,})(?::(\d{2,}))?(?![\d:])")
_LISTED = re.compile(r"(?<![\d:.])\d{1,2}:\d{2},\d{1,2}:\d{2}(?![\d:])")
_DATE = re.compile(r"(?:^|(?<= ))(?:[\d*][\d*.,/]*-)?([\d*][\d,./]*)-([\d,./]+)(?=$| )")
_COMMON = 2027  # a year without 29 February
_YEAR = 12


class Refused(ValueError):
    """What is wrong with a text as a calendar, and what to write instead, in a person's words."""


def numbers(field: str, low: int, high: int) -> set[int]:
    """Return the numbers that a field such as `*`, `08,20`, `1..5` or `0/15` means, between a lowest and a highest."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dots, last = span.partition("..")
        start = low if first == "*" else int(first)
        end = int(last) if dots else high if step or first == "*" else start
        found |= set(range(start, max(start, min(end, high)) + 1, int(step or 1)))
    return found


def hours(field: str) -> set[int]:
    """Return the hours of systemd's times, such as `08,20:00:00`."""
    return numbers(field.partition(":")[0], 0, 23)


def latest(field: str) -> time:
    """Return the latest time of day that systemd's times, such as `08,20:00:00`, name."""
    _, minutes, seconds = field.split(":")
    return time(max(hours(field)), max(numbers(minutes, 0, 59)), max(numbers(seconds.partition(".")[0], 0, 59)))


def times(field: str) -> set[time]:
    """Return the times of day that systemd's times, such as `08,20:00:00`, name, in whole seconds."""
    _, minutes, seconds = field.split(":")
    parts = (hours(field), numbers(minutes, 0, 59), numbers(seconds.partition(".")[0], 0, 59))
    return {time(*numbered) for numbered in itertools.product(*parts)}


def demand_time(text: str) -> None:
    """Raise Refused when a text has a time of day that does not exist, such as 25:00, or lists times by commas."""
    if listed := _LISTED.search(text):
        one, other = listed[0].split(",")
        raise Refused(
            f"systemd takes {listed[0]!r} for minutes of one hour; write each time with its days, joined by ';', such "
            f"as '{one}; {other}'"
        )
    for match in _TIME.finditer(text):
        hour, minute, second = (int(number or 0) for number in match.groups())
        if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 -- hours, minutes and seconds
            raise Refused(f"there is no such time of day as {match[0]}; expected 00:00 to 23:59")


def demand_day(days: str) -> None:
    """Raise Refused when a date such as `*-02-30` or `*-06,09-31` has days that not all of its months have."""
    match = _DATE.search(days)
    if match is None:
        return
    months = sorted(numbers(match[1], 1, 12))
    if not set(months) <= set(range(1, 13)):
        raise Refused(f"there is no month {months[-1]}; a date is written month-day, such as 06-30")
    for day in match[2].split(","):
        if day.isdigit():  # the days of a range such as 25..31 are meant where there are such
            _demand_in(int(day), months)


def _demand_in(day: int, months: list[int]) -> None:
    lacking = [month for month in months if not 1 <= day <= monthrange(_COMMON, month)[1]]
    if not lacking:
        return
    hint = f"; the last day is written {_last_day(months)!r}"
    if months == [2] and day == 29:  # noqa: PLR2004 -- February
        raise Refused(f"29 February comes in leap years only{hint}")
    if lacking == months:
        which = f"{day} {month_name[months[0]]}" if len(months) == 1 else f"day {day}"
        raise Refused(f"there is no such day as {which}{hint if day else ''}")
    names = [month_name[month] for month in lacking]
    named = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    raise Refused(f"day {day} comes in {len(months) - len(lacking)} months of {len(months)}, not in {named}{hint}")


def _last_day(months: list[int]) -> str:
    return "last day" if len(months) == _YEAR else f"*-{','.join(f'{month:02d}' for month in months)}~01"


def demand_repeating(days: str, still: bool) -> None:
    """Raise Refused when normalized days come in some years only. still: whether they come at all from now on."""
    date = days.rsplit(maxsplit=1)[-1]
    year, _, rest = date.partition("-")
    if any(part == "*" or re.fullmatch(r"\d+/\d+", part) for part in year.split(",")):
        return
    again = f"yearly {rest}" if re.fullmatch(r"\d{2}-\d{2}", rest) else f"*-{rest}"
    when = f"it comes in {year} only"
    if year.isdigit():
        when = "it comes only once" if again.startswith("yearly") else when
    if not still:
        when = "it lies in the past"
    raise Refused(f"{when}, and a calendar must come again and again; for every year, write {again!r}")
