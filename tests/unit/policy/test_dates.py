"""The next dates of all that is scheduled, and the days on which summer time matters."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_hours import policies

from ops import cli
from ops.core import clock
from ops.core.calendar import Calendar
from ops.core.quantity import Duration
from ops.policy import dates
from ops.policy.rules.keeping import promise

NOVEMBER = datetime(2026, 11, 22, 12, tzinfo=UTC)
MISSING = "02:30 does not exist on Sun 2027-03-28, when summer time begins: nothing starts then"
TWICE = "02:30 comes twice on Sun 2027-10-31, when summer time ends: only the first starts anything"
HIS1 = "host_vars/his1/policy.yml"


@pytest.fixture(autouse=True)
def november(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOVEMBER)


def notes(text: str, zone: str = "Europe/Prague") -> list[str]:
    return list(dates.clock_notes(Calendar.parse(text).zoned(zone), NOVEMBER))


def test_the_hour_that_does_not_exist_and_the_one_that_comes_twice_are_named() -> None:
    assert notes("*-*-* 02:30") == [MISSING, TWICE]
    assert notes("Sun 02:30") == [MISSING, TWICE]


def test_where_the_clock_does_not_matter_nothing_is_said() -> None:
    assert notes("*-*-* 01:30") == notes("*-*-* 03:00") == []
    assert notes("*-*-* 02:30", "UTC") == notes("*-*-* 02:30", "America/Sao_Paulo") == []
    assert notes("day 10 02:30") == []  # neither change is on a tenth day
    assert [note for note in notes("hourly") if "exist" in note] == []  # the next hour begins at that very moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("last day 02:30", "Sun 2030-03-31"),
        ("quarter ends 02:00", "Sun 2030-03-31"),
        ("day 10, day 25 02:30", "Sun 2029-03-25"),
        ("yearly 03-30 02:59", "Sun 2031-03-30"),
        ("between day 26 and last day 02:30", "Sun 2028-03-26"),
        ("2025/2-03-28 02:30", "Sun 2027-03-28"),
    ],
)
def test_what_comes_rarely_is_noted_years_ahead(text: str, day: str) -> None:
    (note,) = [note for note in notes(text) if "exist" in note]
    assert note.partition(" on ")[2] == f"{day}, when summer time begins: nothing starts then"
    assert dates.missed_rarely(Calendar.parse(text).zoned("Europe/Prague"), NOVEMBER) == note


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("last day 01:59", "Europe/Prague"),
        ("last day 03:00", "Europe/Prague"),
        ("day 10 02:30", "Europe/Prague"),  # summer time never begins on a tenth
        ("last day 02:30", "UTC"),
        ("Sun 02:30", "Europe/Prague"),  # a week later it is made up for
        ("*-*-* 02:30", "Europe/Prague"),
    ],
)
def test_what_never_comes_in_that_hour_or_comes_often_has_no_such_note(text: str, zone: str) -> None:
    assert dates.missed_rarely(Calendar.parse(text).zoned(zone), NOVEMBER) == ""


@pytest.mark.usefixtures("quick_inventory")
def test_check_notes_it_at_its_line(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = inventory / HIS1
    site = inventory / "group_vars/all/policy.yml"
    site.write_text(site.read_text().replace("America/Sao_Paulo", "Europe/Prague"))
    assert cli.run(["policy", "check", str(inventory)]) == 0
    assert "does not exist" not in "".join(capsys.readouterr())
    path.write_text(path.read_text().replace('"day 10, day 20, last day"', '"last day 02:30"'))
    assert cli.run(["policy", "check", str(inventory)]) == 0
    said = "".join(capsys.readouterr())
    assert f"{path}:17: policy.assets.his.copies.offsite.calendar: 02:30 does not exist on Sun 2030-03-31" in said
    assert "nothing starts then; choose another time of day" in said


def promised(text: str, age: str, zone: str = "Europe/Prague") -> list[str]:
    calendar = Calendar.parse(text).zoned(zone)
    return [problem.message for problem in promise("schedule", calendar, Duration(900), ("rpo", Duration.parse(age)))]


def test_a_promise_that_summer_time_breaks_is_refused_with_the_day_and_the_hour() -> None:
    (said,) = promised("*-*-* 02:30", "26h")
    assert f"leaves up to 1d 23h 15min in between ({MISSING}); expected 1d 23h 15min or more, or another time" in said
    assert promised("*-*-* 03:00", "26h") == []


def test_a_promise_that_the_long_day_breaks_is_refused_with_that_day() -> None:
    (said,) = promised("*-*-* 01:30", "24h 30min")
    assert "leaves up to 1d 1h 15min in between (the day on which summer time ends has 25 hours); expected" in said


def test_where_the_clock_has_no_part_in_it_it_is_not_named() -> None:
    (said,) = promised("Mon 05:00", "6d", "America/Sao_Paulo")
    assert "(" not in said
    assert "or a more frequent calendar" in said


def test_the_next_dates_of_an_asset() -> None:
    made = policies(
        copy="between day 11 and day 20, last day", drill={"kind": "files", "host": "drill1", "every": "31d"}
    )
    backup, copy, drill = dates.of_assets(made["his1"], NOVEMBER)
    assert [f"{start:%a %F %R %Z}" for start in backup.starts] == [
        "Mon 2026-11-23 01:30 CET", "Tue 2026-11-24 01:30 CET", "Wed 2026-11-25 01:30 CET",
    ]  # fmt: skip
    assert [(f"{start:%F %R}", end and f"{end:%F}") for start, end in zip(copy.starts, copy.ends, strict=True)] == [
        ("2026-11-30 01:45", None), ("2026-12-11 01:45", "2026-12-20"), ("2026-12-31 01:45", None),
    ]  # fmt: skip
    assert (drill.act, drill.place, f"{drill.starts[0]:%a %F %R}") == ("drill", "drill1", "Sun 2026-11-29 04:00")
    (here,) = dates.of_drills(made["drill1"], NOVEMBER)
    assert here == drill


def test_they_are_shown_line_by_line_with_their_windows_and_notes() -> None:
    shown = "\n".join(dates.of_host(policies(copy="between day 11 and day 20", schedule="02:30")["his1"], NOVEMBER))
    assert shown.startswith("his1, next dates (times of Europe/Prague):\n")
    assert f"\n       {MISSING}\n" in shown
    assert "\n  his  copy to offsite    Fri 2026-12-11 03:00 (until Sun 2026-12-20), Mon 2027-01-11 03:00 (" in shown
    assert dates.of_host(policies()["backup1"], NOVEMBER) == []


@pytest.mark.usefixtures("quick_inventory")
def test_check_shows_them_when_asked(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["policy", "check", str(inventory), "--dates"]) == 0
    shown = capsys.readouterr().out
    assert "his  copy to offsite    Mon 2026-11-30 01:45, Thu 2026-12-10 01:45, Sun 2026-12-20 01:45" in shown
    assert "his  drill on drill1    Sun 2026-11-29 04:00, " in shown
    assert cli.run(["policy", "check", str(inventory)]) == 0
    assert "2026-11-30" not in capsys.readouterr().out


@pytest.mark.usefixtures("quick_inventory")
def test_check_tells_them_as_json(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["policy", "check", str(inventory), "--dates", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    copy = next(one for one in told["dates"] if one["act"] == "copy")
    assert (copy["host"], copy["asset"], copy["place"]) == ("his1", "his", "offsite")
    assert copy["calendar"] == "day 10, day 20, last day 01:45"
    assert copy["next"][0] == "2026-11-30T01:45:00-03:00"
    assert (copy["until"], copy["notes"]) == ([None] * 3, [])


@pytest.mark.usefixtures("quick_inventory")
def test_show_ends_with_them(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["policy", "show", "his1", "-i", str(inventory)]) == 0
    assert "his  drill on drill1    Sun 2026-11-29 04:00, " in capsys.readouterr().out
    assert cli.run(["policy", "show", "drill1", "-i", str(inventory)]) == 0
    assert capsys.readouterr().out.endswith(
        "drill1, next dates (times of America/Sao_Paulo):\n"
        "  his  drill on drill1  Sun 2026-11-29 04:00, Sun 2026-12-06 04:00, Sun 2026-12-13 04:00\n"
    )


@pytest.mark.usefixtures("quick_inventory")
def test_a_calendar_that_is_none_is_refused_with_its_place_and_what_to_write(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = inventory / HIS1
    path.write_text(
        path.read_text().replace('"day 10, day 20, last day"', '"day 31"').replace('"*-*-* 01:30:00"', "20:30")
    )
    assert cli.run(["policy", "check", str(inventory), "--dates"]) == 2
    said = capsys.readouterr().err
    assert f"{path}:11: policy.assets.his.schedule: expected a calendar, found 1230: if 20:30 was meant" in said
    assert f"{path}:17: policy.assets.his.copies.offsite.calendar: " in said
    assert "day 31 comes in 7 months of 12" in said
