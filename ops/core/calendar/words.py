"""From what stands in a policy to days and times: the words of procedures, and systemd's own calendar expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ops.core.calendar import elapses, fields
from ops.core.calendar.fields import Refused
from ops.core.numbers import demand_few_digits

_LONG = 1_000  # letters
COUNTS = (1, 2, 3, 4, 6, 12)  # the numbers of months that fit into a year evenly
LAST = 31  # as the end of a window: the last day of the month, whichever that is
_ITEM = re.compile(r"(?P<days>.*?)(?:(?:^| )(?P<time>\d{1,3}:\d{2,}(?::\d{2,})?))?")
_WINDOW = re.compile(r"between day (\d+) and (?:day (\d+)|last day)")
_NORMAL = re.compile(r"(.+?) (\S*:\S*)(?: (\S+))?")  # as systemd writes an expression
_UNITS = {"month": 1, "quarter": 3, "year": 12}
_TIMED = ("hourly", "minutely")  # systemd's words that say times without a colon


@dataclass(frozen=True)
class Item:
    """Days, and the times of day on them.

    days: as systemd writes them, such as `*-*~01`. time: likewise, such as `22:00:00` or `08,20:00:00`; empty where
    none was said. said: the days in a procedure's words; empty where they are systemd's own. window: the first and the
    last day of the month between which it may be done; LAST is the last of any month.
    """

    days: str
    time: str = ""
    said: str = ""
    window: tuple[int, int] | None = None

    @property
    def expression(self) -> str:
        """What systemd is told; without a time of day, the beginning of the day."""
        return f"{self.days} {self.time or '00:00:00'}"


def read(text: str) -> tuple[Item, ...]:
    """Return what a text means; raise Refused with the reason, ValueError where only systemd can say why it is none."""
    if not text.strip():
        raise Refused("it is empty")
    try:
        if len(text) > _LONG:  # a shorter one is told with examples
            demand_few_digits(text)
    except ValueError as error:
        raise Refused(str(error)) from error
    return tuple(item for clause in text.split(";") for item in _clause(" ".join(clause.split())))


def written(items: tuple[Item, ...]) -> str:
    """Return a text that means the same."""
    parts = []
    for item, following in zip(items, [*items[1:], None], strict=True):
        both = following is not None and bool(item.said and following.said)
        shared = both and following is not None and following.time == item.time
        parts.append(item.said or item.days)
        if item.time and not shared:
            parts.append(f" {item.time.removesuffix(':00')}")
        if following is not None:
            parts.append(", " if both else "; ")
    return "".join(parts)


def _clause(text: str) -> list[Item]:
    """Return the items of a list in a procedure's words, or the one of a systemd expression."""
    if not text:
        raise Refused("there is nothing before or after a ';'")
    words = [word.strip() for word in text.split(",")]
    found = [_word(word) for word in words]
    items = [item for item in found if item]
    if len(items) == len(found):
        return _shared(items)
    if items:
        strange = next(word for word, item in zip(words, found, strict=True) if item is None)
        number = f"; write 'day {strange}'" if strange.isdigit() else ""
        raise Refused(f"{strange!r} is no day of a list such as 'day 10, day 20, last day'{number}")
    return [_systemd(text)]


def _shared(items: list[Item]) -> list[Item]:
    """A time of day holds for the days before it in the list that have none: `day 10, last day 22:00`."""
    time, shared = "", []
    for item in reversed(items):
        time = item.time or time
        shared.append(Item(item.days, time, item.said, item.window))
    return shared[::-1]


def _word(text: str) -> Item | None:
    """Return the days that a procedure's words name, with their time; None when they are no such words."""
    match = _ITEM.fullmatch(text)
    if match is None:
        return None
    said = match["days"].lower()
    item = _fixed(said) or _day(said) or _window(said) or _months(said) or _yearly(said)
    return Item(item.days, _time(match["time"]), said, item.window) if item else None


def _fixed(said: str) -> Item | None:
    days = {"last day": "*-*~01", "quarter ends": "*-03,06,09,12~01"}.get(said)
    return Item(days) if days else None


def _day(said: str) -> Item | None:
    match = re.fullmatch(r"day (\d+)", said)
    return Item(f"*-*-{_number(match[1]):02d}") if match else None


def _window(said: str) -> Item | None:
    match = _WINDOW.fullmatch(said)
    if not match:
        return None
    first, last = _number(match[1]), _number(match[2]) if match[2] else LAST
    if last < first:
        raise Refused(f"day {last} comes before day {first}; a window lies within one month")
    return Item(f"*-*-{first:02d}", window=(first, last))


def _number(text: str) -> int:
    """Return the number of a day that every month has; raise Refused for others."""
    day = int(text)
    if not 1 <= day <= LAST:
        raise Refused(f"there is no day {day}; expected 'day 1' to 'day 28', or 'last day'")
    fields.demand_day(f"*-*-{day:02d}")
    return day


def _months(said: str) -> Item | None:
    match = re.fullmatch(r"every (?:(\d+) months?|(month|quarter|year))", said)
    if not match:
        return None
    count = int(match[1]) if match[1] else _UNITS[match[2]]
    if count not in COUNTS:
        known = ", ".join(map(str, COUNTS[:-1]))
        raise Refused(
            f"{count} months do not fit into a year evenly, and each year begins anew; expected 'every N months' with "
            f"{known} or {COUNTS[-1]}"
        )
    return Item("*-01-01" if count == COUNTS[-1] else f"*-01/{count}-01")


def _yearly(said: str) -> Item | None:
    match = re.fullmatch(r"yearly (\d{1,2})-(\d{1,2})", said)
    if not match:
        return None
    month, day = int(match[1]), int(match[2])
    fields.demand_day(f"*-{month:02d}-{day:02d}")
    return Item(f"*-{month:02d}-{day:02d}")


def _time(text: str | None) -> str:
    """Return a time of day as systemd writes it; raise Refused when there is none such."""
    if text is None:
        return ""
    fields.demand_time(text)
    numbers = [int(number) for number in text.split(":")]
    return ":".join(f"{number:02d}" for number in [*numbers, 0][:3])


def _systemd(text: str) -> Item:
    """Return the item of a systemd expression; raise ValueError when it is none, or does not come again and again."""
    fields.demand_time(text)
    fields.demand_day(text)
    answer = elapses.ask(text, "UTC", elapses.FIRST, 1)
    normal = _NORMAL.fullmatch(answer.normal)
    if normal is None:
        raise ValueError(f"{answer.normal}: no days and times")
    days, time, zone = normal.groups()
    fields.demand_repeating(days, still=bool(answer.moments))
    fields.demand_day(days)
    if zone:
        raise Refused(f"a calendar is read in the site's time zone; leave out {zone!r}")
    if not answer.moments:
        raise Refused("it never comes")
    timed = ":" in text or text.lower() in _TIMED
    return Item(days, time if timed else "")
