"""What a UPS says of its battery itself: how its last self-test ended, of which day it is, and which packs are bad."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from ops.core.nut import number
from ops.core.quantity import span
from ops.core.verdict import Verdict

MOST_PACKS = 1000.0
NOT = r"(?<!no )(?<!without )\b"
TEST_FAILED = re.compile(rf"{NOT}(errors?|fail\w*|faulty?|bad|replace\w*|overload\w*|NG|BT)\b", re.IGNORECASE)
TEST_DOUBTED = re.compile(rf"{NOT}(warnings?|weak|insufficient|inconclusive)\b", re.IGNORECASE)
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y")
FIRST_YEAR = 2005  # some devices were tested in 1980, by their own clock


def judge(variables: Mapping[str, str], every: float, now: datetime | None) -> Iterator[tuple[Verdict, str]]:
    """Given a UPS's variables, judge its self-test and its count of bad packs; every: seconds between two tests."""
    result = variables.get("ups.test.result", "").strip()
    if TEST_FAILED.search(result):
        yield Verdict.FAIL, f"its last self-test: {result}"
    elif TEST_DOUBTED.search(result):
        yield Verdict.WARN, f"its last self-test: {result}"
    tested = _day(variables.get("ups.test.date", "").strip())
    if now and tested and (age := (now - tested).total_seconds()) > every:
        yield Verdict.WARN, f"its last self-test was {span(age)} ago"
    bad = number(variables.get("battery.packs.bad"))
    if bad is not None and 0 < bad <= MOST_PACKS:
        yield Verdict.WARN, f"{bad:.0f} bad battery packs"


def _day(text: str) -> datetime | None:
    """Return a day as devices write it, None where it is none, or can't be true."""
    for form in DATES:
        try:
            day = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return day if day.year >= FIRST_YEAR else None
    return None
