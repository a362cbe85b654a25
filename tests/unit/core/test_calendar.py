import re
from datetime import UTC, datetime, timedelta

import pytest

from ops.core.calendar import Calendar
from ops.core.run import run

NOVEMBER = datetime(2026, 11, 22, 12, tzinfo=UTC)


def days(calendar: str, count: int) -> list[str]:
    return [moment.strftime("%m-%d") for moment in Calendar.parse(calendar).after(NOVEMBER, count)]


def test_the_words_of_a_procedure() -> None:
    assert days("day 10, day 20, last day", 5) == ["11-30", "12-10", "12-20", "12-31", "01-10"]
    assert days("between day 11 and day 20, last day", 3) == ["11-30", "12-11", "12-31"]
    assert days("every 2 months", 2) == ["01-01", "03-01"]


def test_systemd_expressions() -> None:
    assert Calendar.parse("*-*-* 01:30").after(NOVEMBER) == [datetime(2026, 11, 23, 1, 30, tzinfo=UTC)]


@pytest.mark.parametrize("text", ["", "now and then", "day 32", "2020-01-01", "day"])
def test_what_never_comes_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Calendar.parse(text)


@pytest.mark.parametrize(
    ("text", "gap"), [("*-*-* 01:30", timedelta(days=1)), ("day 10, day 20, last day", timedelta(days=11))]
)
def test_the_longest_gap(text: str, gap: timedelta) -> None:
    assert Calendar.parse(text).longest_gap() == gap


def test_calendars_are_read_in_the_sites_zone() -> None:
    there = Calendar.parse("*-*-* 01:30").zoned("America/Sao_Paulo")
    assert there.after(NOVEMBER) == [datetime(2026, 11, 23, 4, 30, tzinfo=UTC)]


@pytest.mark.parametrize("zone", ["Europe/Prague", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"])
def test_a_zone_of_its_own_process_says_what_systemd_says(zone: str) -> None:
    """Over both changes of the clock: 02:30 is there twice, or not at all."""
    start = datetime(2026, 2, 20, tzinfo=UTC)
    words = ["systemd-analyze", "calendar", "--iterations=300", "--base-time=2026-02-20 00:00:00 UTC"]
    said = run([*words, f"*-*-* 02:30 {zone}"], timeout=60).stdout
    wanted = re.findall(r"(?:elapse|Iter.*): \w{3} (\S+ \S+) UTC$", said, re.MULTILINE)
    found = Calendar.parse("*-*-* 02:30").zoned(zone).after(start, 300)
    assert [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in found] == wanted


@pytest.mark.parametrize("zone", ["Nowhere/City", "Europe/Prague Europe/Prague"])
def test_a_zone_that_systemd_would_not_know_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="zone"):
        Calendar.parse("*-*-* 01:30").zoned(zone).after(NOVEMBER)
