"""Calendars in a procedure's words: what is due comes in order, on the days that were said, as systemd has it."""

from __future__ import annotations

import calendar
import itertools
from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from ops.core.calendar import Calendar
from ops.core.run import run

START = datetime(2026, 1, 1, tzinfo=UTC)
months = st.sampled_from([1, 2, 3, 4, 6, 12])
days = st.integers(1, 28)
moments = st.integers(0, 126_000_000).map(lambda seconds: START + timedelta(seconds=seconds))
word = st.one_of(
    st.just("last day"),
    days.map("day {}".format),
    st.tuples(days, days).map(sorted).map(lambda pair: f"between day {pair[0]} and day {pair[1]}"),
    days.map("between day {} and last day".format),
)
clock = st.times().map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=None))
times = st.one_of(st.just(""), clock.map(" {:%H:%M}".format))
said = st.lists(word, min_size=1, max_size=3)
listed = st.lists(st.tuples(word, times).map("".join), min_size=1, max_size=3).map(", ".join)
further = st.one_of(
    st.just("quarter ends"),
    months.map("every {} months".format),
    st.tuples(st.integers(1, 12), days).map(lambda pair: f"yearly {pair[0]:02d}-{pair[1]:02d}"),
)
spoken = st.one_of(listed, st.tuples(further, times).map("".join))
expressions = st.one_of(
    st.sampled_from(["daily", "weekly", "monthly", "hourly", "quarterly", "yearly", "Mon..Fri", "*-*-25..31", "*:0/7"]),
    st.tuples(st.sampled_from(["", "Mon ", "Sat,Sun ", "*-*-01..07 ", "*-*~01 "]), clock.map("{:%H:%M}".format)).map(
        "".join
    ),
)
accepted = st.lists(st.one_of(spoken, expressions), min_size=1, max_size=2).map("; ".join)


def meant(words: list[str], moment: datetime) -> bool:
    """Say whether a procedure's words mean this day."""
    last = calendar.monthrange(moment.year, moment.month)[1]
    firsts = [last if one == "last day" else int(one.removeprefix("between ").split()[1]) for one in words]
    return moment.day in firsts


@examples(15)
@given(said, times, moments)
def test_what_is_due_comes_in_order_on_the_days_that_were_said(words: list[str], at: str, moment: datetime) -> None:
    due = Calendar.parse(", ".join(words) + at).after(moment, 6)
    assert len(due) == 6
    assert all(before < after for before, after in itertools.pairwise([moment, *due]))
    assert [one for one in due if not meant(words, one) or f"{one:%H:%M}" != (at or "00:00").strip()] == []


@examples(6)
@given(months, moments)
def test_so_many_months_lie_between(count: int, moment: datetime) -> None:
    due = Calendar.parse(f"every {count} months").after(moment, 5)
    numbers = [one.year * 12 + one.month for one in due]
    assert {after - before for before, after in itertools.pairwise(numbers)} == {count}


@examples(25)
@given(accepted, st.sampled_from(["UTC", "Europe/Prague", "America/Sao_Paulo"]))
def test_what_is_accepted_is_what_systemd_takes(text: str, zone: str) -> None:
    for expression in Calendar.parse(text).zoned(zone).expressions:
        run(["systemd-analyze", "calendar", "--", expression], timeout=20)


@examples(25)
@given(accepted, moments)
def test_what_is_accepted_comes_again_and_again_later_and_later(text: str, moment: datetime) -> None:
    one = Calendar.parse(text)
    due = one.after(moment, 4)
    assert len(due) == 4
    assert one.after(moment + timedelta(hours=7))[0] >= due[0]
    assert one.after(due[0])[0] == due[1]
    assert one.deadline(due[0], timedelta(0)) >= due[0]


@examples(25)
@given(accepted, clock)
def test_with_its_times_filled_in_it_means_the_same_days_and_can_be_written(text: str, at: time) -> None:
    one = Calendar.parse(text)
    filled = one.at(at)
    assert Calendar.parse(str(filled)).items == filled.items
    assert [item.days for item in filled.items] == [item.days for item in one.items]
    assert filled.latest() >= max((at for item in one.items if not item.time), default=time(0))


@examples(40)
@given(
    st.text(max_size=12) | st.from_regex(r"(every|day|last|between|yearly|-|\*|[0-9]{1,3}|[ ,;:~/.])+", fullmatch=True)
)
def test_anything_else_is_refused_or_comes_again_and_again(text: str) -> None:
    try:
        found = Calendar.parse(text)
    except ValueError:
        assert Calendar.refusal(text).startswith("expected a calendar")
        return
    assert len(found.after(START, 3)) == 3
