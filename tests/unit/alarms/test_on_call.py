from __future__ import annotations

from datetime import datetime

from ops.alarms.on_call import Post, order
from ops.core.week import WeekHours

MONDAY_NOON = datetime(2026, 11, 23, 12)  # noqa: DTZ001 -- local time
MONDAY_NIGHT = datetime(2026, 11, 23, 23)  # noqa: DTZ001 -- local time
DAY, NIGHT = WeekHours.parse("Mon-Fri 07:00-17:00"), WeekHours.parse("22:00-06:00")


def test_who_is_there_comes_first_and_then_who_stands_in() -> None:
    posts = [Post("anna", DAY), Post("night", NIGHT), Post("head")]
    deputies = {"anna": "ben", "ben": "anna", "night": "carl", "carl": "dora"}
    assert order(posts, deputies, MONDAY_NOON) == ("anna", "head", "ben")
    assert order(posts, deputies, MONDAY_NIGHT) == ("night", "head", "carl", "dora")


def test_where_nobody_is_there_all_are_called() -> None:
    assert order([Post("anna", DAY), Post("ben", DAY)], {}, MONDAY_NIGHT) == ("anna", "ben")
