"""The page about calendars: each date on it is the one that the code and systemd say, each refusal is one."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ops.core.calendar import Calendar
from ops.core.calendar.words import COUNTS
from ops.policy import hours

PAGE = (Path(__file__).parents[3] / "docs/calendars.md").read_text()
ZONE = ZoneInfo("Europe/Prague")
NOON = datetime(2027, 1, 14, 12, tzinfo=ZONE)
DATED = re.findall(r"^\| `(.+?)` \| .+? \| (\w{3} \d{4}-.+) \|$", PAGE, re.MULTILINE)
REFUSED = re.findall(r"^\| `(.+?)` \| (.+); `(.+)` \|$", PAGE, re.MULTILINE)
WORDS = ["day 10", "last day", "quarter ends", "every year", "every quarter", "every month", "yearly 06-30"]


@pytest.mark.parametrize(("text", "shown"), DATED, ids=[text for text, _ in DATED])
def test_each_date_is_the_one_that_the_code_says(text: str, shown: str) -> None:
    calendar = Calendar.parse(text)
    timed = all(item.time for item in calendar.items)
    due = [moment.astimezone(ZONE) for moment in calendar.zoned("Europe/Prague").after(NOON, 3)]
    assert shown == ", ".join(f"{moment:%a %F %R}" if timed else f"{moment:%a %F}" for moment in due)


@pytest.mark.parametrize(("text", "reason", "instead"), REFUSED, ids=[text for text, _, _ in REFUSED])
def test_each_refusal_is_one_for_this_reason_and_its_remedy_is_accepted(text: str, reason: str, instead: str) -> None:
    assert reason in Calendar.refusal(text)
    with pytest.raises(ValueError):
        Calendar.parse(text)
    assert Calendar.parse(instead)


def test_every_word_is_there() -> None:
    shown = {text for text, _ in DATED}
    assert set(WORDS) <= shown
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(DATED) + len(REFUSED) == len(rows)
    assert ", ".join(map(str, COUNTS[:-1])) + f" and {COUNTS[-1]} fit into a year" in PAGE


def test_the_hours_without_a_time_are_those_of_the_code() -> None:
    assert f"| a backup | at {hours.BACKUP:%H:%M}," in PAGE
    assert f"| a drill | at {hours.DRILL:%H:%M} |" in PAGE
