"""At what hour something is due whose calendar names only days; and that everyone reads it with this hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.calendar import Calendar
from ops.core.errors import PolicyError
from ops.core.quantity import Duration
from ops.policy import HostLayers, HostPolicy, compile_site, read_document
from ops.policy.compile import document
from ops.policy.hours import spread
from ops.policy.units import Unit, units

NOVEMBER = datetime(2026, 11, 22, 12, tzinfo=UTC)
Made = Callable[..., HostPolicy]


def layers(zone: str, **asset: Any) -> HostLayers:
    return HostLayers(
        all={
            "version": 1,
            "site": {"name": "Test hospital", "timezone": zone},
            "contacts": {"it": {"name": "Head of IT"}},
            "repositories": {
                "primary": {"kind": "rest_server", "place": "primary", "host": "backup1"},
                "offsite": {"kind": "rest_server", "place": "offsite", "host": "offsite1"},
            },
        },
        host={
            "assets": {
                "his": {
                    "owner": "it",
                    "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/his"]}}},
                    "repository": "primary",
                    "schedule": "*-*-* 01:30",
                    "rpo": "90d",
                    "rto": "1h",
                    "retention": {"all": "100d"},
                    **asset,
                }
            }
        },
    )


def policies(zone: str = "Europe/Prague", copy: str = "last day", **asset: Any) -> dict[str, HostPolicy]:
    copies = {"offsite": {"to": "offsite", "calendar": copy}}
    hosts = {name: HostLayers(layers(zone).all) for name in ("backup1", "offsite1", "drill1")}
    return compile_site({**hosts, "his1": layers(zone, copies=copies, **asset)})


def copied(zone: str = "Europe/Prague", copy: str = "last day", **asset: Any) -> str:
    """Return when the policy of such an asset makes its copy."""
    return str(policies(zone, copy, **asset)["his1"].assets["his"].copies["offsite"].calendar)


def unit(policy: HostPolicy, name: str) -> Unit:
    return next(one for one in units(policy) if one.name == name)


@pytest.mark.parametrize(
    ("schedule", "when"),
    [
        ("*-*-* 01:30", "01:45"),
        ("*-*-* 08,20:00", "20:15"),
        ("Mon..Fri 20:00; Sat,Sun 12:00", "20:15"),
        ("hourly", "23:15"),
        ("*-*-* 23:44:59", "23:59:59"),
        ("daily", "23:15"),  # a backup without a time is made at 23:00
        ("last day", "23:15"),
    ],
)
def test_a_copy_without_a_time_is_made_after_the_last_backup_of_its_day(schedule: str, when: str) -> None:
    assert copied(schedule=schedule) == f"last day {when}"


@pytest.mark.parametrize(
    ("schedule", "delay", "smaller"),
    [
        ("*-*-* 23:50", "15min", "9min"),
        ("*-*-* 23:45", "15min", "14min"),
        ("*-*-* 12,23:50", "15min", "9min"),
        ("*-*-* 23:00", "2h", "59min"),
        ("daily", "2h", "59min"),  # a backup without a time is made at 23:00
        ("*-*-* 08,22:00", "4h", "1h 59min"),
        ("Mon..Fri 20:00; Sat,Sun 23:59:30", "1min", "0s"),
    ],
)
def test_a_copy_that_would_follow_a_backup_of_the_next_day_is_refused(schedule: str, delay: str, smaller: str) -> None:
    """The backup of the last day may start on the first of the next month: then no hour of the day is after it."""
    with pytest.raises(PolicyError) as refused:
        policies(schedule=schedule, random_delay=delay)
    (problem,) = refused.value.problems
    assert problem.path == "policy.assets.his.copies.offsite.calendar"
    assert "may start on the next day: at" in problem.message
    assert f"Write an earlier schedule, a random_delay of {smaller} or less, or a time of day for" in problem.message
    assert copied(schedule=schedule, random_delay=smaller) > "last day 23"
    assert copied(copy="last day 23:59", schedule=schedule, random_delay=delay) == "last day 23:59"
    with pytest.raises(PolicyError):
        policies(copy="day 10 22:00; daily", schedule=schedule, random_delay=delay)


@pytest.mark.parametrize("schedule", ["*:0/15", "Mon..Fri *:0/10; Sat,Sun 12:00", "*-*-* 23:30,50"])
def test_one_that_follows_backups_within_the_random_delay_is_not(schedule: str) -> None:
    """A backup before the last one has surely started by then."""
    assert copied(schedule=schedule, random_delay="20min") == "last day 23:59:59"


def test_a_document_from_before_that_was_refused_is_read() -> None:
    told = document(policies()["his1"])
    told["assets"]["his"] |= {"schedule": "23:50"}
    told["assets"]["his"]["copies"]["offsite"]["calendar"] = "last day"
    assert str(read_document(told).assets["his"].copies["offsite"].calendar) == "last day 23:59:59"


def test_a_copy_with_a_time_is_made_then() -> None:
    assert copied(copy="last day 00:10") == "last day 00:10"
    assert copied(copy="hourly") == "hourly"


def test_so_is_a_copy_that_names_its_days_as_systemd_does() -> None:
    assert copied(copy="daily") == "*-*-* 01:45"
    assert copied(copy="between day 11 and day 20, quarter ends") == "between day 11 and day 20, quarter ends 01:45"


def test_it_waits_as_long_as_the_backup_may_be_delayed() -> None:
    assert copied(random_delay="2h") == "last day 03:30"
    assert copied(random_delay="0s") == "last day 01:30"


def test_it_is_never_made_in_the_hour_that_summer_time_takes() -> None:
    assert copied(schedule="*-*-* 01:50") == "last day 03:00"  # 02:05 does not exist on 31 March 2030
    assert copied(schedule="*-*-* 03:00") == "last day 03:15"
    assert copied("America/Sao_Paulo", schedule="*-*-* 01:50") == "last day 02:05"


def test_starts_are_spread_within_the_day() -> None:
    assert spread(Calendar.parse("last day 23:59"), Duration(900)) == Duration(59)
    assert spread(Calendar.parse("last day 22:00"), Duration(900)) == Duration(900)


def test_drills_and_backups_without_a_time_have_their_hour() -> None:
    drill = {"kind": "files", "host": "drill1", "every": "40d", "calendar": "day 10"}
    made = policies(schedule="day 1", drill=drill)
    his = made["his1"].assets["his"]
    assert (str(his.schedule), str(his.drill.calendar if his.drill else "")) == ("day 1 23:00", "day 10 04:00")
    assert unit(made["drill1"], "seawall-drill-his").calendar == ("*-*-10 04:00:00 Europe/Prague",)
    assert unit(made["his1"], "seawall-backup-his").calendar == ("*-*-01 23:00:00 Europe/Prague",)


def test_the_unit_and_the_check_read_what_the_policy_says() -> None:
    his1 = policies(copy="day 10, last day")["his1"]
    copy = unit(his1, "seawall-copy-his-offsite")
    assert copy.calendar == ("*-*-10 01:45:00 Europe/Prague", "*-*~01 01:45:00 Europe/Prague")
    options = his1.checks["copy_age-his-offsite"].options
    assert (options["calendar"], options["timezone"]) == ("day 10, last day 01:45", "Europe/Prague")
    read = read_document(document(his1))
    assert units(read) == units(his1)
    asked = read.checks["copy_age-his-offsite"].options
    assert asked.calendar.zoned(asked.timezone).after(NOVEMBER, 9) == read.assets["his"].copies[
        "offsite"
    ].calendar.after(NOVEMBER, 9)


def test_a_document_from_before_is_read_with_the_same_hours() -> None:
    told = document(policies()["his1"])
    told["assets"]["his"]["copies"]["offsite"]["calendar"] = "last day"
    assert str(read_document(told).assets["his"].copies["offsite"].calendar) == "last day 01:45"


def test_the_last_days_backup_is_in_the_copy_of_the_last_day() -> None:
    """The copy never starts before the backup of its day may have started, and waits for it."""
    his1 = policies(schedule="*-*-* 22:00")["his1"]
    copy, backup = unit(his1, "seawall-copy-his-offsite"), unit(his1, "seawall-backup-his")
    assert copy.after == ("seawall-backup-his.service",)
    assert backup.after == ()
    his = his1.assets["his"]
    for due in his.copies["offsite"].calendar.after(NOVEMBER, 12):
        (last,) = [one for one in his.schedule.after(due - timedelta(hours=3)) if one < due]
        assert due - last == timedelta(seconds=backup.random_delay)
