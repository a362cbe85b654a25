"""The report of a period: who has to do something today, the calendar, trends, and who signed it off."""

from __future__ import annotations

import re
from dataclasses import replace

import fifty
import periods
import pytest
from test_html import Page

from ops.core.verdict import Verdict
from ops.interfaces.fleet_period import KINDS, Collected, Measured, Scheduled
from ops.interfaces.fleet_status import Person
from ops.reports.period.curve import MOST, curve
from ops.reports.period.mail import letter
from ops.reports.status import html as status_html
from ops.reports.status import text as status_text
from ops.reports.status.view import view


def text(period_of: str = "daily", **changed: object) -> str:
    return Page(status_html.render(fifty.troubled(), replace(periods.troubled(period_of), **changed))).text


@pytest.mark.parametrize("kind", KINDS)
def test_a_healthy_site_needs_nobody_today(kind: str) -> None:
    page = status_html.render(fifty.healthy(), periods.healthy(kind))
    read = Page(page)
    assert read.open == []
    assert "What needs a person today" not in read.text
    assert "Everything is as the policy requires" in read.text
    assert not re.search(r"https?:|src=|href=", page)
    assert view(fifty.healthy(), periods.healthy(kind)).period.loud == ()


def test_what_needs_a_person_comes_first_with_the_name() -> None:
    read = text()
    first = read.index("What needs a person today")
    assert first < read.index("Call Head of IT") < read.index("Off-site")
    assert read.index("Call Head of IT") < read.index("Call Facility manager, +351 239 000 103")
    today = read[first : read.index("Off-site")]
    for said in (
        "copy offsite copied 11d ago, late",
        "backup missing: was due 2026-11-22 01:05",
        "copy to offsite missing: was due 2026-11-21 01:05; done since",
        "its records are known until 2026-11-21 11:05",
        "does not answer: Could not connect (timed out)",
        "signed off by nobody: 2026-11-21",
        "none was made: 2026-11-18",
        "its exception old_archive ends on 2026-11-30: decide again",
        "its exception trial ended on 2026-11-01: decide again",
    ):
        assert said in today, said


def test_what_nobody_is_named_for_is_whose_turn_it_is() -> None:
    turn = Person(name="Ana", phone="100")
    assert "Call Ana, 100" in text(on_call=(turn,))
    assert "The policy names nobody for this" in text(on_call=())


def test_what_is_missing_makes_the_verdict_worse() -> None:
    good = fifty.healthy()
    period = periods.healthy("daily")
    act = replace(period.acts[0], on_time=(), missing=period.acts[0].on_time[-1:])
    assert view(good, period).verdict is Verdict.PASS
    assert view(good, replace(period, acts=(act,))).verdict is Verdict.FAIL
    lost = replace(act, missing=(), unknown=act.missing)
    assert view(good, replace(period, acts=(lost,))).verdict is Verdict.UNKNOWN


def test_fifty_assets_are_fifty_lines() -> None:
    page = status_html.render(fifty.troubled(), periods.troubled("daily"))
    assert page.count('class="item asset') == 50
    assert not re.findall(r'class="item asset \w+" open', page)


def test_the_calendar_shows_each_day_and_names_what_it_means() -> None:
    shown = view(fifty.troubled(), periods.troubled("weekly")).period
    assert [full for _, full in shown.columns] == [f"2026-11-{day}" for day in range(16, 23)]
    his = next(row for row in shown.loud if (row.about, row.act) == ("his", "backup"))
    assert [cell.mark for cell in his.cells] == ["✓"] * 5 + ["!", "✕"]
    assert (his.verdict, his.tally, his.cells[-1].told) == (Verdict.FAIL, "6 of 7", "1 missing")
    assert all(row.verdict is Verdict.PASS for row in shown.quiet)
    assert len(shown.loud) + len(shown.quiet) == len(periods.troubled("weekly").acts)


def test_a_year_has_months() -> None:
    shown = view(fifty.healthy(), periods.healthy("yearly")).period
    assert [short for short, _ in shown.columns][:3] == ["11", "12", "01"]
    assert [cell.told for cell in shown.quiet[0].cells][1] == "31 in time"


def test_recovery_times_stand_against_their_rto() -> None:
    period = periods.healthy("monthly")
    slow = {**period.drills, "his": (Measured(when=fifty.ago(days=2), seconds=4000.0),)}
    shown = view(fifty.healthy(), replace(period, drills=slow)).period
    first = next(group for group in shown.trends if "RTO" in group.title).trends[0]
    assert (first.about, first.newest, first.over) == ("his", "1h 6min of 1h", True)
    assert first.curve.limit is not None
    healthy = view(fifty.healthy(), period).period
    assert not any(trend.over for group in healthy.trends for trend in group.trends)


def test_a_line_of_many_points_has_few() -> None:
    many = [periods.Point(when=fifty.ago(minutes=number), value=float(number)) for number in range(5000, 0, -1)]
    assert len(curve(many).points.split()) == MOST
    assert curve(many[:1]).points == ""
    assert curve([]).dot is None


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-18", "no report was made"),
        ("2026-11-19", "signed off by rui on srv02, 2026-11-19 07:00; without the page itself"),
        ("2026-11-20", "signed off by rui on srv02, 2026-11-20 07:00; with another page than was made here"),
        ("2026-11-21", "signed off by nobody"),
    ],
)
def test_who_signed_off_which_day(day: str, said: str) -> None:
    assert f"{day} {said}" in text()


def test_what_machines_wrote_is_never_markup() -> None:
    evil = "<script>alert(1)</script>"
    period = replace(
        periods.troubled("daily"),
        collected={"srv07": Collected(verdict=Verdict.FAIL, message=evil)},
        signed=(replace(periods.healthy().signed[0], by=evil),),
        acts=(Scheduled(host="srv01", act="backup", asset=evil, missing=(fifty.ago(hours=3),)),),
    )
    for page in (status_html.render(fifty.troubled(), period), letter(fifty.troubled(), period).html):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_mail_reads_as_text_and_has_no_script() -> None:
    found = letter(fifty.troubled(), periods.troubled("daily"))
    assert found.subject == "Hospital São Lucas: Daily report, 2026-11-21 to 2026-11-22: fail"
    assert Page(found.html).open == []
    assert "<script" not in found.html
    assert "<details" not in found.html
    for said in ("What needs a person today", "Call Head of IT", "signed off by nobody", "missing: was due"):
        assert said in found.text
        assert said in Page(found.html).text
    assert found.text.index("What needs a person today") < found.text.index("Off-site")


def test_the_same_facts_are_the_same_bytes() -> None:
    for kind in KINDS:
        status, period = fifty.troubled(), periods.troubled(kind)
        assert status_html.render(status, period) == status_html.render(fifty.troubled(), periods.troubled(kind))
        assert status_text.render(status, period) == status_text.render(fifty.troubled(), periods.troubled(kind))
