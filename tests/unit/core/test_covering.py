"""Which calendars come on all days that another one demands."""

from __future__ import annotations

import pytest

from ops.core.calendar import Calendar
from ops.core.calendar.covering import covers

THREE = "day 10, day 20, last day"


@pytest.mark.parametrize(
    ("own", "demanded", "does"),
    [
        ("*-*-* 01:30", "daily", True),
        ("*:0/15", "daily", True),
        ("*-*-1..31 23:30", "daily", True),  # also on the day that has 25 hours
        ("Mon..Sat", "daily", False),  # Monday's first moment is not on Sunday
        (THREE, "daily", False),
        ("daily", THREE, True),
        ("day 10 22:00, day 20, last day; Sun 12:00", THREE, True),
        ("day 10, day 20", THREE, False),
        ("Sun", "day 10", False),
        ("day 12, last day", "between day 11 and day 20, last day", True),
        ("day 21, last day", "between day 11 and day 20, last day", False),
        ("last day", "quarter ends", True),
        ("day 15", "every 2 months", True),
        ("every 3 months", "every 2 months", False),
    ],
)
def test_days_that_are_demanded(own: str, demanded: str, does: bool) -> None:
    assert covers(Calendar.parse(own), Calendar.parse(demanded), "America/Sao_Paulo") is does
    assert covers(Calendar.parse(own), Calendar.parse(demanded), "Europe/Prague") is does
