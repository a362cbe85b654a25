"""Duties: who does them, and how often."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

from ops.core.calendar import Calendar
from ops.core.calendar.elapses import FIRST
from ops.core.errors import Problem
from ops.policy import duty as due
from ops.policy.duty import EARLIEST, LATEST, Duty
from ops.policy.model import Written
from ops.policy.rules import names

SHORTEST = timedelta(days=1)
LONGEST = timedelta(days=3653)  # ten years: what is asked for more rarely is asked for by nobody
_MANY = 400  # moments of a calendar among which two of one day are looked for


def judge(written: Written) -> Iterator[Problem]:
    """Yield what is wrong with the duties."""
    for name, duty in written.duties.items():
        path = f"policy.duties.{name}"
        yield from names.formed(path, name)
        yield from names.known(f"{path}.who", "contact", duty.who, written.contacts)
        yield from _duty(path, duty)


def _duty(path: str, duty: Duty) -> Iterator[Problem]:
    """One that has ended is no error: it stays in the policy for as long as somebody wants to see what was done."""
    if not duty.what.strip():
        yield Problem(f"{path}.what", "is empty; say in one sentence what is to be done")
    yield from names.one_line(f"{path}.what", duty.what)
    if duty.every and not SHORTEST <= duty.every.span <= LONGEST:
        yield Problem(f"{path}.every", f"{duty.every} is no period of a duty; expected 1d to {LONGEST.days}d")
    if duty.first and not EARLIEST <= duty.first.date <= LATEST:
        yield Problem(f"{path}.first", f"{duty.first} is out of range; expected {EARLIEST} to {LATEST}")
    elif duty.first and duty.calendar:
        try:
            due.judge(duty, None, FIRST, "UTC")
        except ValueError as error:
            yield Problem(f"{path}.first", f"{duty.first} is too late: {error}")
    if duty.calendar:
        yield from _days(f"{path}.calendar", duty.calendar)


def _days(path: str, calendar: Calendar) -> Iterator[Problem]:
    """A person is asked for an act by a day; two of one day could not be told apart."""
    days = [moment.date() for moment in calendar.after(FIRST, _MANY)]
    twice = next((day for day, following in itertools.pairwise(days) if day == following), None)
    if twice:
        why = f"{calendar} comes more than once a day, as on {twice}; a duty is due once a day at most"
        yield Problem(path, f"{why}: write the days without times, such as 'daily' or 'day 10, last day'")
