"""Which sets stay: each rule by itself, and what stays whatever the rules say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from test_whole_sets import A, card

from ops.keeper.choice import Rules, choose
from ops.keeper.whole import DAY, HOUR, WholeSet

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()


def sets(*arrived: float, proven: tuple[int, ...] = ()) -> list[WholeSet]:
    """Sets that arrived so many days ago; proven: the places of those that are."""
    return [WholeSet(card(f"s{n}", A), NOON - days * DAY, n in proven) for n, days in enumerate(arrived)]


def staying(several: list[WholeSet], rules: Rules, zone: str = "UTC") -> dict[str, str]:
    return {one.set.card.set: one.stays for one in choose(several, rules, NOON, ZoneInfo(zone)) if one.stays}


def test_the_newest_and_the_newest_proven_stay_whatever_the_rules_say() -> None:
    assert staying(sets(900, 800, 700, 600, proven=(0, 1)), Rules(all=DAY)) == {
        "s1": "the newest proven set",
        "s3": "the newest whole set",
    }


def test_all_keeps_what_is_young() -> None:
    assert set(staying(sets(20, 15, 13, 1), Rules(all=14 * DAY))) == {"s2", "s3"}


def test_of_each_day_the_newest_stays_and_the_newest_proven() -> None:
    several = sets(5.3, 5.2, 5.1, 0, proven=(0,))
    assert set(staying(several, Rules(all=HOUR, daily=10 * DAY))) == {"s0", "s2", "s3"}
    assert set(staying(sets(50, 0), Rules(all=HOUR, daily=10 * DAY))) == {"s1"}


def test_a_day_is_one_of_the_site() -> None:
    """14:00 and 16:00 UTC are two days where midnight is at 15:00 UTC."""
    several = sets(1 - 2 / 24, 1 - 4 / 24, 0)
    assert set(staying(several, Rules(all=HOUR, daily=10 * DAY))) == {"s1", "s2"}
    assert set(staying(several, Rules(all=HOUR, daily=10 * DAY), "Asia/Tokyo")) == {"s0", "s2"}


def test_months_and_years_are_filled_by_proven_sets() -> None:
    several = sets(80, 75, 72, 45, 42, 0, proven=(1,))
    told = staying(several, Rules(all=HOUR, monthly=365 * DAY))
    assert told == {
        "s1": "the newest proven set",
        "s4": "the newest of the month 2026-10, of which none is proven",
        "s5": "the newest whole set",
    }
    more = [replace(one, proven=True) if one.card.set in {"s1", "s3"} else one for one in several]
    assert staying(more, Rules(all=HOUR, monthly=365 * DAY))["s1"] == "the newest proven of the month 2026-09"
    assert "s4" not in staying(more, Rules(all=HOUR, monthly=365 * DAY))
    assert staying(several, Rules(all=HOUR, yearly=3650 * DAY)) == {
        "s1": "the newest proven set",
        "s5": "the newest whole set",
    }
