"""Duties: who does them, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ops.core.errors import Problem
from ops.policy.duty import Duty
from ops.policy.model import Written
from ops.policy.rules import names

SHORTEST = timedelta(days=1)
LONGEST = timedelta(days=3653)  # ten years: what is asked for more rarely is asked for by nobody


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
    if duty.every and not SHORTEST <= duty.every.span <= LONGEST:
        yield Problem(f"{path}.every", f"{duty.every} is no period of a duty; expected 1d to {LONGEST.days}d")
    if duty.calendar and duty.calendar.longest_gap() > LONGEST:
        yield Problem(f"{path}.calendar", f"{duty.calendar} happens only once; use a calendar that repeats")
