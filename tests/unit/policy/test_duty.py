"""Duties in the policy: what is refused, whose they are, and on which day each is due."""

from pathlib import Path
from typing import Any

import pytest

from ops.core import clock
from ops.core.errors import PolicyError
from ops.core.schema import decode
from ops.fleet.inventory.check import judge as judge_inventory
from ops.policy import HostPolicy, compile_site, read_document
from ops.policy.compile import document
from ops.policy.duty import Duty, judge
from ops.policy.layers import HostLayers

ZONE = "America/Sao_Paulo"
SITE: dict[str, Any] = {
    "version": 1,
    "site": {"name": "Test", "timezone": ZONE},
    "contacts": {"it_head": {"name": "Head of IT"}},
}
UPS = {"what": "Let each UPS run on its battery", "who": "it_head", "every": "92d"}
QUARTERS = {"what": "Sign the list of accounts", "who": "it_head", "calendar": "*-03,06,09,12-30"}


def compiled(site: dict[str, Any], host: dict[str, Any] | None = None) -> HostPolicy:
    layers = HostLayers(all={**SITE, "duties": site}, host={"duties": host} if host else {})
    return compile_site({"his1": layers, "docs1": HostLayers(all=layers.all)})["his1"]


def refused(duty: dict[str, Any], **host: Any) -> str:
    with pytest.raises(PolicyError) as error:
        compiled({"ups": duty}, host)
    return "; ".join(f"{problem.path}: {problem.message}" for problem in error.value.problems)


def standing(duty: dict[str, Any], done: str | None, today: str) -> tuple[str, str, str]:
    """How a duty stands on a day that was last done on a day, both at noon of the site."""
    noon = "T12:00:00-03:00"
    attested = clock.parse(done + noon) if done else None
    found = judge(decode(Duty, duty, "duty"), attested, clock.parse(today + noon), ZONE)
    return found.standing.value, found.verdict.value, str(found.day or "")


def test_a_duty_of_all_is_the_sites_and_one_of_a_host_is_its_own() -> None:
    policy = compiled({"ups": UPS}, {"fans": UPS})
    assert (list(policy.site_duties), list(policy.duties), sorted(policy.all_duties)) == (
        ["ups"],
        ["fans"],
        ["fans", "ups"],
    )


def test_duties_are_read_back_from_a_machines_own_policy() -> None:
    policy = compiled({"ups": UPS, "accounts": QUARTERS}, {"fans": {**UPS, "first": "2027-01-01"}})
    read = read_document(document(policy))
    assert (read.duties, read.site_duties) == (policy.duties, policy.site_duties)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"who": "it_haed"}, "duties.ups.who: there is no contact 'it_haed', did you mean 'it_head'?"),
        ({"what": " "}, "duties.ups.what: is empty"),
        ({"every": "12h"}, "duties.ups.every: 12h is no period of a duty; expected 1d to 3653d"),
        ({"every": "11y"}, "duties.ups.every: 4017d"),
        ({"calendar": "quarterly"}, "duties.ups: expected either `every: 92d` or `calendar: quarter ends`"),
        ({"every": None}, "duties.ups: expected either `every: 92d` or"),
        (
            {"every": None, "calendar": "2099-01-01"},
            "duties.ups.calendar: expected a calendar, found '2099-01-01': it comes only once",
        ),
        ({"first": "0001-01-01"}, "duties.ups.first: 0001-01-01 is out of range; expected 2000-01-01 to 2199-12-31"),
        ({"first": "1999-12-31"}, "duties.ups.first: 1999-12-31 is out of range"),
        ({"first": "2200-01-05"}, "duties.ups.first: 2200-01-05 is out of range"),
        (
            {"every": None, "calendar": "yearly 06-30", "first": "2199-07-01"},
            "duties.ups.first: 2199-07-01 is too late: yearly 06-30 names no day up to 2199-12-31",
        ),
        ({"every": None, "calendar": "hourly"}, "duties.ups.calendar: hourly comes more than once a day, as on 2026-"),
        ({"every": None, "calendar": "08,20:00"}, "a duty is due once a day at most: write the days without times"),
        ({"every": None, "calendar": "day 10 08:00; day 10 20:00"}, "more than once a day, as on 2026-01-10"),
        ({"first": "2027-02-01", "until": "2027-01-31"}, "ends on 2027-01-31, before it is first due on 2027-02-01"),
        ({"until": "31.12.2027"}, "expected a day such as 2027-03-31"),
        ({"evry": "92d"}, "unknown key 'evry', did you mean 'every'?"),
    ],
)
def test_what_is_no_duty_is_refused(change: dict[str, Any], says: str) -> None:
    assert says in refused({**UPS, **change})


@pytest.mark.parametrize("calendar", ["daily", "Mon 08:00", "*-*-01..28", "day 28, last day", "Mon *-02~01"])
def test_a_calendar_of_days_is_taken(calendar: str) -> None:
    for first in ("2000-01-01", "2027-01-31"):
        assert compiled({"ups": {**QUARTERS, "calendar": calendar, "first": first}}).site_duties


def test_a_duty_that_has_ended_is_no_error() -> None:
    assert compiled({"ups": {**UPS, "until": "2020-01-31"}}).site_duties


def test_a_name_that_can_not_be_typed_is_refused() -> None:
    with pytest.raises(PolicyError, match="'UPS room' is not a valid name"):
        compiled({"UPS room": UPS})


def test_a_host_can_not_change_a_duty_of_the_site() -> None:
    said = refused(UPS, ups={"until": "2027-01-31"})
    assert "duties.ups: is a duty of the site, written in policy__all; in policy__host, give the duty another" in said


@pytest.mark.usefixtures("quick_inventory")
def test_a_mistake_in_a_duty_is_named_with_its_line(inventory: Path) -> None:
    path = inventory / "group_vars/all/policy.yml"
    line = path.read_text().count("\n") + 2
    path.write_text(f"{path.read_text()}  duties:\n    ups: {{what: Test it, who: nobody, every: 92d}}\n")
    (problem,) = judge_inventory(inventory)[1]
    assert problem.where.endswith(f"policy.yml:{line}")
    assert "there is no contact 'nobody'" in problem.message


@pytest.mark.parametrize(
    ("done", "today", "expected"),
    [
        (None, "2026-11-26", ("overdue", "warn", "")),
        ("2026-11-26", "2026-11-26", ("later", "pass", "2027-02-26")),
        ("2026-11-26", "2027-02-11", ("later", "pass", "2027-02-26")),
        ("2026-11-26", "2027-02-12", ("soon", "pass", "2027-02-26")),
        ("2026-11-26", "2027-02-26", ("soon", "pass", "2027-02-26")),
        ("2026-11-26", "2027-02-27", ("overdue", "warn", "2027-02-26")),
        ("2026-11-26", "2027-05-29", ("overdue", "warn", "2027-02-26")),
        ("2026-11-26", "2027-05-30", ("overdue", "fail", "2027-02-26")),
    ],
)
def test_a_period_counts_from_the_day_on_which_it_was_done(
    done: str | None, today: str, expected: tuple[str, str, str]
) -> None:
    assert standing(UPS, done, today) == expected


@pytest.mark.parametrize(
    ("done", "today", "expected"),
    [
        (None, "2026-11-26", ("overdue", "warn", "")),
        ("2026-09-30", "2026-10-01", ("later", "pass", "2026-12-30")),
        ("2026-10-05", "2026-11-26", ("later", "pass", "2026-12-30")),  # late: the next day stays
        ("2026-12-16", "2026-12-16", ("later", "pass", "2027-03-30")),  # from fourteen days before, it counts for it
        ("2026-12-15", "2026-12-15", ("later", "pass", "2026-12-30")),  # a day earlier, it does not
        ("2026-09-30", "2026-12-16", ("soon", "pass", "2026-12-30")),
        ("2026-09-30", "2026-12-31", ("overdue", "warn", "2026-12-30")),
        ("2026-09-30", "2027-03-30", ("overdue", "warn", "2026-12-30")),
        ("2026-09-30", "2027-03-31", ("overdue", "fail", "2026-12-30")),
    ],
)
def test_a_calendar_names_its_days(done: str | None, today: str, expected: tuple[str, str, str]) -> None:
    assert standing(QUARTERS, done, today) == expected


@pytest.mark.parametrize("period", [{"every": "7d"}, {"every": None, "calendar": "Fri"}])
def test_a_weekly_duty_is_due_soon_for_one_day_only(period: dict[str, Any]) -> None:
    weekly = {**UPS, **period}
    assert standing(weekly, "2026-11-27", "2026-12-02") == ("later", "pass", "2026-12-04")
    assert standing(weekly, "2026-11-27", "2026-12-03") == ("soon", "pass", "2026-12-04")


@pytest.mark.parametrize(
    ("done", "today", "expected"),
    [
        (None, "2026-11-26", ("later", "pass", "2027-01-31")),
        (None, "2027-01-20", ("soon", "pass", "2027-01-31")),
        (None, "2027-02-01", ("overdue", "warn", "2027-01-31")),
        (None, "2027-05-05", ("overdue", "fail", "2027-01-31")),
        ("2026-11-26", "2026-11-26", ("later", "pass", "2027-01-31")),  # too early to count for it
        ("2027-01-20", "2027-01-20", ("later", "pass", "2027-04-22")),
    ],
)
def test_a_first_day_is_when_it_is_first_due(done: str | None, today: str, expected: tuple[str, str, str]) -> None:
    assert standing({**UPS, "first": "2027-01-31"}, done, today) == expected


def test_a_calendar_is_first_due_on_its_own_day() -> None:
    assert standing({**QUARTERS, "first": "2027-01-01"}, None, "2026-11-26") == ("later", "pass", "2027-03-30")


@pytest.mark.parametrize(
    ("calendar", "done", "today", "expected"),
    [
        ("daily", "2026-11-20", "2026-11-20", ("later", "pass", "2026-11-21")),
        ("daily", "2026-11-20", "2026-11-21", ("soon", "pass", "2026-11-21")),
        ("daily", "2026-11-20", "2026-11-22", ("overdue", "warn", "2026-11-21")),
        ("daily", "2026-11-20", "2026-11-23", ("overdue", "fail", "2026-11-21")),
        ("*-*-* 23:30", "2026-01-20", "2026-11-26", ("overdue", "fail", "2026-01-21")),
        ("08,20:00", "2026-11-20", "2026-11-26", ("overdue", "fail", "2026-11-21")),
        ("hourly", "2026-11-20", "2026-11-22", ("overdue", "warn", "2026-11-21")),
        ("minutely", "2026-11-20", "2026-11-26", ("overdue", "fail", "2026-11-21")),
        ("*-*-01..28", "2026-11-28", "2026-11-30", ("later", "pass", "2026-12-01")),
        ("*-*-01..28", "2026-11-28", "2026-12-03", ("overdue", "fail", "2026-12-01")),
        ("Mon..Fri", "2026-11-20", "2026-11-26", ("overdue", "fail", "2026-11-23")),
        ("Sun *-02~01", "2026-11-20", "2026-11-26", ("later", "pass", "2027-02-28")),
    ],
)
@pytest.mark.parametrize("first", [None, "2026-01-01"])
def test_a_calendar_of_any_density_is_judged(
    calendar: str, done: str, today: str, expected: tuple[str, str, str], first: str | None
) -> None:
    assert standing({**QUARTERS, "calendar": calendar, "first": first}, done, today) == expected


def test_a_first_day_is_found_in_every_calendar() -> None:
    daily = {**QUARTERS, "calendar": "daily", "first": "2026-12-01"}
    assert standing(daily, None, "2026-11-26") == ("later", "pass", "2026-12-01")
    assert standing({**daily, "first": "2000-01-01"}, None, "2026-11-26") == ("overdue", "fail", "2000-01-01")
    last = {**QUARTERS, "calendar": "quarter ends", "first": "2199-12-31"}
    assert standing(last, None, "2026-11-26") == ("later", "pass", "2199-12-31")


@pytest.mark.parametrize(
    ("done", "today", "expected"),
    [
        ("2026-10-15", "2026-11-10", ("later", "pass", "2026-11-20")),
        ("2026-10-15", "2026-11-11", ("soon", "pass", "2026-11-20")),
        ("2026-10-15", "2026-11-21", ("overdue", "warn", "2026-11-20")),
        ("2026-10-15", "2026-12-21", ("overdue", "fail", "2026-11-20")),
        ("2026-11-11", "2026-11-11", ("later", "pass", "2026-12-20")),
        ("2026-11-10", "2026-11-11", ("soon", "pass", "2026-11-20")),
        ("2026-11-25", "2026-11-25", ("later", "pass", "2026-12-20")),
        (None, "2026-11-25", ("later", "pass", "2026-12-20")),
    ],
)
def test_a_window_is_due_by_its_last_day_and_open_from_its_first(
    done: str | None, today: str, expected: tuple[str, str, str]
) -> None:
    window = {**UPS, "every": None, "calendar": "between day 11 and day 20"}
    if done is None:
        window["first"] = "2026-12-15"
    assert standing(window, done, today) == expected


def test_what_is_due_after_its_end_is_not_asked_for() -> None:
    ended = {**UPS, "until": "2026-12-31"}
    assert standing(ended, "2026-09-01", "2026-12-31") == ("overdue", "warn", "2026-12-02")
    assert standing(ended, "2026-11-26", "2026-12-31") == ("later", "pass", "")  # its next day would be in February


@pytest.mark.parametrize(
    ("change", "done", "today", "expected"),
    [
        ({}, "2026-11-26", "2027-01-01", ("ended", "pass", "")),
        ({}, "2026-09-01", "2027-01-01", ("ended", "warn", "2026-12-02")),
        ({}, "2026-01-01", "2027-01-01", ("ended", "warn", "2026-04-03")),
        ({}, "2026-09-01", "2030-01-01", ("ended", "warn", "2026-12-02")),
        ({}, "2027-01-15", "2027-01-20", ("ended", "pass", "")),  # done after all
        ({}, None, "2027-01-01", ("ended", "warn", "")),
        ({"first": "2026-12-15"}, None, "2027-01-01", ("ended", "warn", "2026-12-15")),
        (QUARTERS, "2026-09-30", "2027-01-01", ("ended", "warn", "2026-12-30")),
        (QUARTERS, "2026-12-16", "2027-01-01", ("ended", "pass", "")),
        ({**QUARTERS, "first": "2026-12-31"}, None, "2027-01-01", ("ended", "pass", "")),  # it was never due
    ],
)
def test_a_duty_that_has_ended_warns_while_its_last_time_is_not_done(
    change: dict[str, Any], done: str | None, today: str, expected: tuple[str, str, str]
) -> None:
    duty = {**UPS, "until": "2026-12-31", **change}
    assert standing({**duty, "every": None} if change.get("calendar") else duty, done, today) == expected


def test_days_are_those_of_the_site() -> None:
    """Attested at 23:30 in São Paulo, which is the next day in UTC."""
    duty = decode(Duty, UPS, "duty")
    now = clock.parse("2027-02-26T23:30:00-03:00")
    found = judge(duty, clock.parse("2026-11-26T23:30:00-03:00"), now, ZONE)
    assert (found.standing.value, str(found.day)) == ("soon", "2027-02-26")
