import re
from datetime import UTC, datetime, time, timedelta

import pytest

from ops.core.calendar import Calendar, fields
from ops.core.calendar.clock_changes import changes
from ops.core.run import run
from ops.core.schema import collect

NOVEMBER = datetime(2026, 11, 22, 12, tzinfo=UTC)


def days(calendar: str, count: int) -> list[str]:
    return [moment.strftime("%m-%d") for moment in Calendar.parse(calendar).after(NOVEMBER, count)]


def times(calendar: str, count: int) -> list[str]:
    return [moment.strftime("%m-%d %H:%M") for moment in Calendar.parse(calendar).after(NOVEMBER, count)]


def test_the_words_of_a_procedure() -> None:
    assert days("day 10, day 20, last day", 5) == ["11-30", "12-10", "12-20", "12-31", "01-10"]
    assert days("between day 11 and day 20, last day", 3) == ["11-30", "12-11", "12-31"]
    assert days("every 2 months", 2) == ["01-01", "03-01"]
    assert days("every quarter", 2) == days("every 3 months", 2) == ["01-01", "04-01"]
    assert days("every year", 1) == days("every 12 months", 1) == ["01-01"]
    assert days("quarter ends", 4) == ["12-31", "03-31", "06-30", "09-30"]
    assert days("yearly 06-30", 1) == ["06-30"]
    assert days("Last  Day", 1) == ["11-30"]


def test_times_of_day_with_the_words() -> None:
    assert times("last day 23:00", 2) == ["11-30 23:00", "12-31 23:00"]
    assert times("quarter ends 20:00", 1) == ["12-31 20:00"]
    assert times("every 2 months 04:00", 1) == ["01-01 04:00"]
    assert times("yearly 06-30 12:00:30", 1) == ["06-30 12:00"]


def test_a_time_holds_for_the_days_before_it_in_the_list_that_have_none() -> None:
    assert times("day 10, day 20, last day 22:00", 3) == ["11-30 22:00", "12-10 22:00", "12-20 22:00"]
    assert times("day 10 21:00, day 20, last day 22:00", 3) == ["11-30 22:00", "12-10 21:00", "12-20 22:00"]
    assert times("day 10; last day 22:00", 2) == ["11-30 22:00", "12-10 00:00"]


def test_systemd_expressions() -> None:
    assert Calendar.parse("*-*-* 01:30").after(NOVEMBER) == [datetime(2026, 11, 23, 1, 30, tzinfo=UTC)]
    assert times("Mon..Fri 20:00; Sat,Sun 12:00", 3) == ["11-23 20:00", "11-24 20:00", "11-25 20:00"]
    assert days("Sat *-*-25..31", 1) == ["11-28"]  # of a range, the days that there are


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("day 10, day 20, last day", "day 10, day 20, last day 01:45"),
        ("day 10 21:00, last day", "day 10 21:00, last day 01:45"),
        ("between day 11 and last day; Mon", "between day 11 and last day 01:45; Mon *-*-* 01:45"),
        ("daily", "*-*-* 01:45"),
        ("last day 23:00", "last day 23:00"),
        ("hourly", "hourly"),
        ("*-*-* 08,20:00", "*-*-* 08,20:00"),
    ],
)
def test_days_without_a_time_get_one_and_read_back_are_the_same(text: str, filled: str) -> None:
    calendar = Calendar.parse(text).at(time(1, 45))
    assert str(calendar) == filled
    assert Calendar.parse(filled).items == calendar.items
    assert calendar.at(time(5)) == calendar


@pytest.mark.parametrize(
    ("text", "latest"),
    [
        ("day 10 21:00, last day 22:00", time(22)),
        ("Mon..Fri 20:00; Sat,Sun 12:00", time(20)),
        ("*-*-* 08..18/2:15,45", time(18, 45)),
        ("hourly", time(23)),
        ("*:0/7", time(23, 56)),
        ("daily", time(0)),
    ],
)
def test_the_latest_time_of_a_day(text: str, latest: time) -> None:
    assert Calendar.parse(text).latest() == latest


WRONG = {
    "": "it is empty",
    "day 10;": "nothing before or after a ';'",
    "day 31": "day 31 comes in 7 months of 12, not in February, April, June, September and November; the last day is "
    "written 'last day'",
    "day 30": "day 30 comes in 11 months of 12, not in February",
    "day 29 22:00": "day 29 comes in 11 months of 12, not in February",
    "day 32": "there is no day 32; expected 'day 1' to 'day 28', or 'last day'",
    "day 0": "there is no day 0",
    "*-*-31": "day 31 comes in 7 months of 12",
    "*-03,06,09,12-31": "not in June and September; the last day is written '*-03,06,09,12~01'",
    "*-01/2-31": "day 31 comes in 4 months of 6, not in September and November",
    "*-02-29": "29 February comes in leap years only; the last day is written '*-02~01'",
    "yearly 02-29": "29 February comes in leap years only",
    "yearly 06-31": "there is no such day as 31 June",
    "yearly 31-12": "there is no month 31; a date is written month-day",
    "Feb 30": "there is no such day as 30 February",
    "31.02.": "there is no such day as 31 February",
    "*-02-30": "there is no such day as 30 February",
    "31.12.": "write a day of each year as 'yearly 12-31'",
    "30th June": "write a day of each year as 'yearly 06-30'",
    "25:00": "there is no such time of day as 25:00; expected 00:00 to 23:59",
    "last day 24:00": "there is no such time of day as 24:00",
    "*-*-* 01:60": "there is no such time of day as 01:60",
    "*-*-* 08:00,20:00": "takes '08:00,20:00' for minutes of one hour; write each time with its days, joined by ';'",
    "every 5 months": "5 months do not fit into a year evenly",
    "every 0 months": "0 months do not fit",
    "2027-01-01": "it comes only once, and a calendar must come again and again; for every year, write 'yearly 01-01'",
    "2020-01-01": "it lies in the past",
    "2026..2028-*-10": "it comes in 2026..2028 only",
    "between day 20 and day 11": "day 11 comes before day 20",
    "between day 20 and day 31": "the last day is written 'last day'",
    "day 10, 20, last day": "'20' is no day of a list such as 'day 10, day 20, last day'; write 'day 20'",
    "01:30 Europe/Prague": "read in the site's time zone; leave out 'Europe/Prague'",
    "0 2 * * *": "an expression of cron's; systemd writes '*-*-* 02:00'",
    "*/15 8-18 * * mon-fri": "systemd writes 'Mon..Fri *-*-* 08..18:00/15'",
    "0 2 1 * 1": "systemd writes '*-*-01 02:00; Mon *-*-* 02:00'",
    "0 2 31 * *": "systemd writes '*-*-31 02:00', but day 31 comes in 7 months",
    "@daily": "systemd writes 'daily'",
    "dayly": "write it as 'daily'",
    "quaterly": "write it as 'quarterly'",
    "weekly on sunday": "write it as 'Sun'",
    "every monday, wednesday and friday": "write it as 'Mon,Wed,Fri'",
    "weekdays 20:00": "write it as 'Mon..Fri 20:00'",
    "every day at 20:00": "write it as '*-*-* 20:00'",
    "every night": "write it as 'daily'",
    "last day at 23:00": "write it as 'last day 23:00'",
    "day 10 10pm": "write it as 'day 10 22:00'",
    "last day 22.00": "write it as 'last day 22:00'",
    "day 10 and day 20": "write it as 'day 10, day 20'",
    "days 10, 20": "write it as 'day 10, day 20'",
    "from the 11th to the 20th": "write it as 'between day 11 and day 20'",
    "end of the month": "write it as 'last day'",
    "quarter end 20:00": "write it as 'quarter ends 20:00'",
    "first Sunday of the month 04:00": "write it as 'Sun *-*-01..07 04:00'",
    "Sundays": "write it as 'Sun'",
    "every 6 hours": "write it as '0/6:00'",
    "lst day": "did you mean 'last day'?",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_calendar_is_told_with_the_reason_and_what_to_write(text: str) -> None:
    with pytest.raises(ValueError):
        Calendar.parse(text)
    assert WRONG[text] in Calendar.refusal(text)


@pytest.mark.parametrize(
    "text", ["now and then", "täglich", "day", "tomorrow", "9" * 5000, "1" * 5000 + " june", "0 2 * * " + "1" * 90]
)
def test_what_nobody_can_guess_is_told_with_examples(text: str) -> None:
    with pytest.raises(ValueError):
        Calendar.parse(text)
    said = Calendar.refusal(text)
    assert said.startswith(("expected a calendar such as 'day 10, day 20, last day'", "expected a calendar, found '"))
    assert len(said) < 300


@pytest.mark.parametrize(
    "text", [each for each in WRONG if "write it as" in WRONG[each] or "systemd writes" in WRONG[each]]
)
def test_what_is_to_be_written_instead_is_a_calendar(text: str) -> None:
    instead = re.search(r"(?:write it as|systemd writes) '([^']+)'", Calendar.refusal(text))
    assert instead
    if "but" not in WRONG[text]:
        assert Calendar.parse(instead[1])


def test_a_field_of_systemds_means_no_numbers_beyond_its_own() -> None:
    assert fields.numbers("3,5..99", 1, 7) == {3, 5, 6, 7}
    assert fields.numbers("*", 0, 2) == {0, 1, 2}
    assert fields.numbers("1/5", 0, 23) == {1, 6, 11, 16, 21}


@pytest.mark.parametrize(
    ("data", "told"),
    [(1230, "if 20:30 was meant, put it into quotation marks"), (5400, "if 01:30:00 was meant"), (None, "found None")],
)
def test_a_time_that_yaml_made_a_number_is_told(data: object, told: str) -> None:
    problems: list = []
    assert collect(Calendar, data, "policy.assets.his.schedule", problems) is None
    assert told in problems[0].message


@pytest.mark.parametrize(
    ("text", "gap"), [("*-*-* 01:30", timedelta(days=1)), ("day 10, day 20, last day", timedelta(days=11))]
)
def test_the_longest_gap(text: str, gap: timedelta) -> None:
    assert Calendar.parse(text).longest_gap() == gap


def test_the_longest_gap_is_looked_for_about_a_missing_hour() -> None:
    """Twice a day, 400 elapses end in July; in Sydney the hour is missing in October."""
    twice = Calendar.parse("02:30; 14:30")
    assert twice.longest_gap() == timedelta(hours=12)
    assert twice.zoned("Australia/Sydney").longest_gap() == timedelta(hours=23)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("between day 11 and day 20", "2026-12-21"),
        ("between day 11 and last day", "2027-01-01"),
        ("between day 11 and day 11 22:00", "2026-12-12"),
    ],
)
def test_a_window_is_in_time_until_the_end_of_its_last_day(text: str, end: str) -> None:
    calendar = Calendar.parse(text).zoned("Europe/Prague")
    (due,) = calendar.after(NOVEMBER)
    wanted = datetime.fromisoformat(f"{end}T00:00:00+01:00")
    assert calendar.deadline(due, timedelta(hours=1)) == wanted
    assert calendar.deadline(due, timedelta(days=60)) == due + timedelta(days=60)


def test_a_window_to_the_last_day_of_february() -> None:
    calendar = Calendar.parse("between day 20 and last day")
    (due,) = calendar.after(datetime(2027, 2, 1, tzinfo=UTC))
    assert calendar.deadline(due, timedelta(0)) == datetime(2027, 3, 1, tzinfo=UTC)


def test_without_a_window_the_grace_alone_counts() -> None:
    calendar = Calendar.parse("day 11; between day 12 and day 20")
    day_11, day_12 = calendar.after(NOVEMBER, 2)
    assert calendar.deadline(day_11, timedelta(hours=1)) == day_11 + timedelta(hours=1)
    assert calendar.deadline(day_12, timedelta(hours=1)) == datetime(2026, 12, 21, tzinfo=UTC)


@pytest.mark.parametrize("text", ["between day 11 and day 20; day 11 08:00", "day 11 08:00; between day 11 and day 20"])
def test_what_is_due_on_the_day_of_a_window_at_another_time_is_not_of_the_window(text: str) -> None:
    calendar = Calendar.parse(text).zoned("Europe/Prague")
    begin, eight = calendar.after(NOVEMBER, 2)
    assert calendar.deadline(begin, timedelta(hours=1)) == datetime.fromisoformat("2026-12-21T00:00:00+01:00")
    assert calendar.deadline(eight, timedelta(hours=1)) == eight + timedelta(hours=1)


def test_calendars_are_read_in_the_sites_zone() -> None:
    there = Calendar.parse("*-*-* 01:30").zoned("America/Sao_Paulo")
    assert there.after(NOVEMBER) == [datetime(2026, 11, 23, 4, 30, tzinfo=UTC)]
    assert there.expressions == ("*-*-* 01:30:00 America/Sao_Paulo",)


def test_the_changes_of_a_clock() -> None:
    spring, autumn = changes("Europe/Prague", datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
    assert (spring.at, spring.skipped) == (datetime(2027, 3, 28, 1, tzinfo=UTC), True)
    assert (f"{spring.begins:%d %H:%M}", f"{spring.ends:%d %H:%M}") == ("28 02:00", "28 03:00")
    assert (autumn.at, autumn.skipped) == (datetime(2027, 10, 31, 1, tzinfo=UTC), False)
    assert (f"{autumn.begins:%d %H:%M}", f"{autumn.ends:%d %H:%M}") == ("31 02:00", "31 03:00")
    assert changes("UTC", spring.at, autumn.at) == changes("Nowhere/City", spring.at, autumn.at) == ()


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("*-*-* 02:30", "2027-03-28 02:30:00"),
        ("*-*-* 02:00", "2027-03-28 02:00:00"),
        ("*-*-* 03:00", "None"),
        ("last day 02:30", "None"),  # it is no last day
    ],
)
def test_a_time_that_a_change_of_the_clock_concerns(text: str, local: str) -> None:
    (spring,) = changes("Europe/Prague", datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))
    assert str(Calendar.parse(text).would_be_due(spring)) == local


@pytest.mark.parametrize("zone", ["Europe/Prague", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"])
def test_a_zone_of_its_own_process_says_what_systemd_says(zone: str) -> None:
    """Over both changes of the clock: 02:30 is there twice, or not at all."""
    start = datetime(2026, 2, 20, tzinfo=UTC)
    words = ["systemd-analyze", "calendar", "--iterations=300", "--base-time=2026-02-20 00:00:00 UTC"]
    said = run([*words, f"*-*-* 02:30 {zone}"], timeout=60).stdout
    wanted = re.findall(r"(?:elapse|Iter.*): \w{3} (\S+ \S+) UTC$", said, re.MULTILINE)
    found = Calendar.parse("*-*-* 02:30").zoned(zone).after(start, 300)
    assert [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in found] == wanted


@pytest.mark.parametrize("zone", ["Nowhere/City", "Europe", "Europe/Prague Europe/Prague", "../etc/passwd", ""])
def test_a_zone_that_systemd_would_not_know_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="zone"):
        Calendar.parse("*-*-* 01:30").zoned(zone).after(NOVEMBER)
