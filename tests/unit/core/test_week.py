from __future__ import annotations

from datetime import datetime

import pytest

from ops.core.week import WeekHours

MONDAY, SATURDAY, SUNDAY = 23, 28, 29  # of November 2026


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute)  # noqa: DTZ001 -- local time


@pytest.mark.parametrize(
    ("text", "within", "without"),
    [
        ("Mon-Fri 07:00-17:00", [at(MONDAY, 7), at(27, 16, 59)], [at(MONDAY, 17), at(SATURDAY, 12), at(MONDAY, 6, 59)]),
        ("Sat, Sun", [at(SATURDAY, 0), at(SUNDAY, 23, 59)], [at(MONDAY, 0), at(27, 23, 59)]),
        ("22:00-06:00", [at(MONDAY, 22), at(MONDAY, 5, 59), at(SUNDAY, 23)], [at(MONDAY, 6), at(MONDAY, 21, 59)]),
        ("Sat 22:00-06:00", [at(SATURDAY, 22), at(SUNDAY, 5, 59)], [at(SUNDAY, 6), at(SATURDAY, 5), at(SUNDAY, 22)]),
        ("Sat-Mon 08:00-12:00", [at(SATURDAY, 8), at(SUNDAY, 8), at(MONDAY, 8)], [at(24, 8), at(27, 8)]),
        ("18:00-24:00", [at(MONDAY, 18), at(MONDAY, 23, 59)], [at(MONDAY, 0), at(MONDAY, 17, 59)]),
    ],
)
def test_hours_hold(text: str, within: list[datetime], without: list[datetime]) -> None:
    hours = WeekHours.parse(text)
    assert [moment for moment in within if not hours.holds(moment)] == []
    assert [moment for moment in without if hours.holds(moment)] == []
    assert str(hours) == text


@pytest.mark.parametrize("text", ["", "always", "Mon-Fry", "07:00", "25:00-26:00", "Mon 07:00-07:00", "Mon-Fri 7-17"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        WeekHours.parse(text)
