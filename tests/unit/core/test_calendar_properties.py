"""Calendars in a procedure's words: what is due comes in order, on the days that were said, as systemd has it."""

from __future__ import annotations

import calendar
import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from ops.core.calendar import Calendar
from ops.core.run import run

START = datetime(2026, 1, 1, tzinfo=UTC)
months = st.sampled_from([1, 2, 3, 4, 6, 12])
days = st.integers(1, 31)
moments = st.integers(0, 126_000_000).map(lambda seconds: START + timedelta(seconds=seconds))
word = st.one_of(
    st.just("last day"),
    days.map("day {}".format),
    st.tuples(days, days).map(sorted).map(lambda pair: f"between day {pair[0]} and day {pair[1]}"),
)
said = st.lists(word, min_size=1, max_size=3)


def meant(words: list[str], moment: datetime) -> bool:
    """Say whether a procedure's words mean this day."""
    last = calendar.monthrange(moment.year, moment.month)[1]
    firsts = [last if one == "last day" else int(one.removeprefix("between ").split()[1]) for one in words]
    return moment.day in firsts


@examples(15)
@given(said, moments)
def test_what_is_due_comes_in_order_on_the_days_that_were_said(words: list[str], moment: datetime) -> None:
    due = Calendar.parse(", ".join(words)).after(moment, 6)
    assert len(due) == 6
    assert all(before < after for before, after in itertools.pairwise([moment, *due]))
    assert [one for one in due if not meant(words, one)] == []


@examples(6)
@given(months, moments)
def test_so_many_months_lie_between(count: int, moment: datetime) -> None:
    due = Calendar.parse(f"every {count} months").after(moment, 5)
    numbers = [one.year * 12 + one.month for one in due]
    assert {after - before for before, after in itertools.pairwise(numbers)} == {count}


@examples(8)
@given(said)
def test_what_is_accepted_is_what_systemd_takes(words: list[str]) -> None:
    for expression in Calendar.parse("; ".join(words)).expressions:
        run(["systemd-analyze", "calendar", "--", expression], timeout=20)


@examples(15)
@given(st.text(max_size=12) | st.from_regex(r"(every|day|last|between|-|\*|[0-9]{1,3}|[ ,;:~/])+", fullmatch=True))
def test_anything_else_is_refused_or_elapses(text: str) -> None:
    try:
        found = Calendar.parse(text)
    except ValueError:
        return
    assert found.after(datetime(2026, 1, 1, tzinfo=UTC))
