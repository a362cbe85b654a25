"""Exceptions: what they excuse, why, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ops.core import clock
from ops.core.errors import Problem
from ops.policy.model import Excuse, Written
from ops.policy.rules import names
from ops.policy.rules.gap_names import meaningless

LONGEST = timedelta(days=400)  # a year, and the weeks until somebody has looked


def judge(written: Written) -> Iterator[Problem]:
    """Yield what is wrong with the exceptions."""
    for name, excuse in written.exceptions.items():
        yield from names.shown(f"policy.exceptions.{name}", name)
        yield from _excuse(f"policy.exceptions.{name}", excuse)


def _excuse(path: str, excuse: Excuse) -> Iterator[Problem]:
    """One that has expired is no error: `seawall gaps` says so, and nothing else has to wait for it."""
    if message := meaningless(excuse.what):
        yield Problem(f"{path}.what", message)
    if not excuse.reason.strip():
        yield Problem(f"{path}.reason", "an exception requires a reason")
    yield from names.one_line(f"{path}.reason", excuse.reason)
    latest = clock.now().date() + LONGEST
    if excuse.until.date > latest:
        yield Problem(
            f"{path}.until",
            f"{excuse.until} is too far ahead; expected {latest} or earlier, so that it is reviewed once a year",
        )
