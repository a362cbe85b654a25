"""The record of a drill: nothing invented, and what is too much for paper is counted."""

import re
import sys
from pathlib import Path

import pytest

from ops.core.verdict import Verdict
from ops.reports import intoto, record_html
from ops.reports.drill_record import NOT_RECORDED, Evidence

sys.path.insert(0, str(Path(__file__).parent))
from drill_record import NAMES, RUNGS, TOLD, evidence, record
from test_html import Page


def page(line: dict | None = None) -> str:
    return Page(record_html.render(evidence(line), NAMES)).text


def crowded() -> dict:
    """A record with far too much of everything."""
    rungs = [{"name": f"part {n} volume", "verdict": "fail", "message": "rows differ; " * 40} for n in range(90)]
    moments = [{"when": "2026-11-22T07:00:01Z", "what": "something long " * 9}] * 70
    line = record(**{**TOLD, "rungs": rungs, "timeline": moments, "not_proved": ["x y " * 200] * 30})
    return {**line, "message": "m " * 4000, "result": "fail"}


WANTED = [
    "chosen by person:claudia; random seed 2874419210",
    "8 processors, 33 GiB of memory, Linux 6.12.48, x86_64",
    "7c1f2a90-8f3c-4f5e-9d39-6d1f0b6c1a55, of 2026-11-22 01:30:02, from repository offsite",
    "started straight from the mounted repository",
    "2026-11-22 04:00:00 to 2026-11-22 04:00:12 (America/Sao_Paulo)",
    "8.1s; required (RTO): 1h; met",
    "2h 30min; required (RPO): 1d 2h; met",
    "5 passed: archive, structure, volume, rto, rpo",
    "the kernel, the boot loader and the layout of the disks",
    "04:00:01 find · 04:00:04 start",
    "number 41 of the ledger of drill1",
    f"Record 41 of drill1, SHA-256 {'12' * 32}",
    "SHA256:Q0Uo5rbpX1dWzBGlBbF0IYpPpoV8v9XbY1C4B2hU5sE",
    "sed -n 41p ledger.jsonl | sha256sum",
    "Hospital São Lucas",
    "Participants",
    "Owner Date",
    "Signatures",
]


@pytest.mark.parametrize("said", WANTED)
def test_the_page_says_what_an_auditor_asks(said: str) -> None:
    assert said in page()


def test_what_was_not_recorded_is_not_invented() -> None:
    text = page(record())
    assert f"random seed {NOT_RECORDED}" in text
    assert f"Hardware {NOT_RECORDED}" in text
    assert f"Method {NOT_RECORDED}" in text
    assert f"Timeline {NOT_RECORDED}" in text
    assert f"Not proved by this drill {NOT_RECORDED}" in text
    bare = {"version": 1, "n": 1, "when": "", "act": "drill", "result": "unknown", "subject": "his", "previous": ""}
    assert f"Recovery time {NOT_RECORDED}; required (RTO): {NOT_RECORDED} of which" in page(bare)


def test_what_is_not_good_comes_first_and_loud() -> None:
    rungs = [*RUNGS[:2], {"name": "roles", "verdict": "unknown", "message": "not asked"}]
    rungs.append({"name": "volume", "verdict": "fail", "message": "patients has 3 rows, had 4"})
    text = page({**record(rungs=rungs), "result": "fail"})
    assert "FAIL: volume: patients has 3 rows, had 4 UNKNOWN: roles: not asked 2 passed: archive, structure" in text


def test_times_are_judged_as_the_drill_judged_them() -> None:
    assert "required (RTO): 1h; exceeded" in page(record(recovery_seconds=4000))
    aged = record(data_age_seconds=900000)
    assert "required (RPO): 1d 2h; older, as is normal for a copy" in page(aged)
    judged = [*RUNGS[:4], {"name": "rpo", "verdict": "fail", "message": "too old"}]
    assert "required (RPO): 1d 2h; exceeded" in page(record(data_age_seconds=900000, rungs=judged))


def test_damage_on_purpose_stands_in_the_title() -> None:
    text = page({**record(sabotage="a table emptied"), "act": "sabotage"})
    assert "Record of a drill with injected damage: his" in text
    assert "Damage a table emptied" in text


def test_what_does_not_fit_is_counted() -> None:
    text = page(crowded())
    assert "and 82 more, in the JSON form" in text
    assert len(intoto.statement(evidence(crowded()))["predicate"]["failedTests"]) == 90


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    hostile = {**record(), "message": "<script>alert(1)</script>", "subject": "<img src=x>"}
    html = record_html.render(evidence(hostile), NAMES)
    assert "<script" not in html
    assert not {name for name, _ in Page(html).attributes} & {"src", "href", "srcset", "onload"}
    assert not re.search(r"url\(|@import|https?:", html)


@pytest.mark.parametrize(
    ("result", "said"), [("pass", "PASSED"), ("warn", "WARNED"), ("fail", "FAILED"), ("unknown", "FAILED")]
)
def test_the_statement_never_calls_unknown_passed(result: str, said: str) -> None:
    rungs = [{"name": verdict.value, "verdict": verdict.value, "message": ""} for verdict in Verdict]
    predicate = intoto.statement(evidence({**record(rungs=rungs), "result": result}))["predicate"]
    assert predicate["result"] == said
    assert (predicate["passedTests"], predicate["warnedTests"]) == (["pass"], ["warn"])
    assert (predicate["failedTests"], predicate["unknownTests"]) == (["fail", "unknown"], ["unknown"])


def test_the_statement_names_the_set_by_its_manifest_or_the_record_by_itself() -> None:
    def subject(line: dict) -> dict:
        whole: Evidence = evidence(line)
        return intoto.statement(whole)["subject"][0]

    assert subject(record()) == {"name": "record 41 of drill1", "digest": {"sha256": "12" * 32}}
    known = subject(record(manifest_sha256="ef" * 32))
    assert known == {"name": "set 7c1f2a90-8f3c-4f5e-9d39-6d1f0b6c1a55", "digest": {"sha256": "ef" * 32}}
    assert intoto.statement(evidence())["predicate"]["configuration"][0]["digest"] == {"sha256": "ab" * 32}
