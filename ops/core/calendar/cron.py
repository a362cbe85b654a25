"""An expression of cron's as systemd writes it, for whoever knows cron better."""

from __future__ import annotations

import re

_FIELD = re.compile(r"[\d*,/-]+")
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MACROS = {"@hourly": "hourly", "@daily": "daily", "@midnight": "daily", "@weekly": "weekly", "@monthly": "monthly"}
_MACROS |= {"@yearly": "yearly", "@annually": "yearly"}


def converted(text: str) -> str:
    """Return systemd's expression for five fields such as `0 2 * * *`; empty when they are none of cron's."""
    if text in _MACROS:
        return _MACROS[text]
    parts = text.split()
    if len(parts) != 5 or not all(_FIELD.fullmatch(part) for part in parts[:4]):  # noqa: PLR2004 -- cron's fields
        return ""
    minute, hour, day, month = (_field(part, start) for part, start in zip(parts[:4], "0011", strict=True))
    weekday = _weekday(parts[4])
    if weekday is None:
        return ""
    of_date, of_week = f"*-{month}-{day} {hour}:{minute}", f"{weekday} *-{month}-* {hour}:{minute}"
    if not weekday:
        return of_date
    return of_week if day == "*" else f"{of_date}; {of_week}"  # cron means either of the two


def _field(part: str, start: str) -> str:
    """What is 1-5 in cron is 1..5 in systemd, and */15 is 0/15; numbers have two digits."""
    said = re.sub(r"\d+", lambda number: f"{int(number[0]):02d}", part.replace("*/", f"{start}/"))
    return said.replace("-", "..")


def _weekday(part: str) -> str | None:
    if part == "*":
        return ""
    named = re.sub(r"[0-7]", lambda number: _DAYS[int(number[0])], part).replace("-", "..")
    names = [name for each in named.split(",") for name in each.split("..")]
    if any(name.title() not in _DAYS for name in names):
        return None
    return ",".join("..".join(name.title() for name in each.split("..")) for each in named.split(","))
