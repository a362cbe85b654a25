"""Duties in status and report: by when, by whom, since when, and whom to call."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.core import clock
from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import DutyStatus
from ops.reports.duties import DutyLine, lines
from ops.reports.status import html as status_html
from ops.reports.status import text as status_text
from ops.reports.times import Times

sys.path.insert(0, str(Path(__file__).parent))
from sample import healthy, typed

TIMES = Times.of(clock.parse("2026-11-26T12:00:00Z"), "America/Sao_Paulo")
SAMPLE = replace(TIMES, now=clock.parse("2026-11-22T14:05:00Z"))
DUTY = DutyStatus(
    name="ups",
    host="",
    what="Let each UPS run on its battery",
    who="Head of IT",
    phone="+55 11 5555 0100",
    standing="later",
    verdict=Verdict.PASS,
    due="2027-02-20",
    done="2026-11-20T18:00:00Z",
    by="ana",
    on="docs1",
)
LATE = replace(DUTY, name="fans", host="docs1", standing="overdue", verdict=Verdict.WARN, due="2026-11-20")


def line(**changed: object) -> DutyLine:
    (found,) = lines([replace(DUTY, **changed)], TIMES)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("changed", "when"),
    [
        ({}, "due by 2027-02-20"),
        ({"standing": "soon", "due": "2026-11-27"}, "due in 1 day, by 2026-11-27"),
        ({"standing": "soon", "due": "2026-11-28"}, "due in 2 days, by 2026-11-28"),
        ({"standing": "soon", "due": "2026-11-26"}, "due today"),
        ({"standing": "overdue", "due": "2026-11-25"}, "1 day overdue: was due by 2026-11-25"),
        ({"standing": "overdue", "due": "", "done": ""}, "never done"),
        ({"due": "", "until": "2026-12-31"}, "not due again before it ends on 2026-12-31"),
        ({"standing": "unknown", "due": "", "done": ""}, "by when is unknown"),
        ({"standing": "ended", "due": "", "until": "2026-10-31"}, "ended on 2026-10-31"),
        (
            {"standing": "ended", "due": "2026-10-15", "until": "2026-10-31", "verdict": Verdict.WARN},
            "ended on 2026-10-31, not done: was due by 2026-10-15",
        ),
        (
            {"standing": "ended", "due": "", "done": "", "until": "2026-10-31", "verdict": Verdict.UNKNOWN},
            "ended on 2026-10-31, never done",
        ),
    ],
)
def test_when_it_is_due_is_said_in_words(changed: dict[str, Any], when: str) -> None:
    assert line(**changed).when == when


def test_who_did_it_last_is_said_with_the_time_of_the_site() -> None:
    assert line().done == "2026-11-20 15:00 by ana on docs1"
    assert line(done="", by="", on="").done == "never"


def test_where_something_is_wrong_it_is_said_whom_to_call() -> None:
    assert line().trouble == ""
    (late,) = lines([LATE], TIMES)
    assert (late.about, late.trouble) == (
        "fans on docs1",
        "6 days overdue: was due by 2026-11-20; call Head of IT, +55 11 5555 0100",
    )
    (unsure,) = lines([replace(LATE, message="his1 gave no status", phone="")], TIMES)
    assert unsure.trouble == "6 days overdue: was due by 2026-11-20; his1 gave no status"


def test_the_worst_stands_on_top_and_then_the_next() -> None:
    ordered = lines([replace(DUTY, name="b", due="2027-03-01"), replace(DUTY, name="a", due=""), DUTY, LATE], TIMES)
    assert [one.about for one in ordered] == ["fans on docs1", "ups", "b", "a"]


def test_status_and_report_have_them() -> None:
    status = replace(typed(healthy()), duties=(DUTY, LATE))
    text = status_text.render(status)
    block = text.split("\n\n")[3].splitlines()
    assert block[0].split() == ["DUTY", "DUE", "WHO", "LAST", "DONE"]
    assert block[1].startswith("warn     fans on docs1  2 days overdue: was due by 2026-11-20  Head of IT  2026-11-20")
    assert block[2].endswith("warn: Let each UPS run on its battery: " + lines([LATE], SAMPLE)[0].trouble)
    assert block[3].startswith("pass     ups            due by 2027-02-20 ")
    page = status_html.render(status)
    assert "Duties</button></h2>" in page
    today = page.index("What needs a person today")
    assert today < page.index("fans on docs1") < page.index("Due next")
    assert (
        page.index("Due next")
        < page.index("fans on docs1", page.index("Due next"))
        < page.index("Duties</button></h2>")
    )


def test_a_site_without_duties_has_no_word_of_them() -> None:
    assert "DUTY" not in status_text.render(typed(healthy()))
    assert "Duties" not in status_html.render(typed(healthy()))
