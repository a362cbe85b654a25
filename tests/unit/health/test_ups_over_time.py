"""What is judged of a UPS by more than one look: the time to shut down, words that last, the day of its self-test."""

from __future__ import annotations

import pytest
from test_ups import HEALTHY, NOWHERE

from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.health.ups import Options, counted, judge


@pytest.mark.parametrize(
    ("shutdown", "runtime", "status", "expected"),
    [
        (60, "370", "OL", Verdict.PASS),
        (900, "370", "OL", Verdict.WARN),
        (900, "1190", "OB", Verdict.WARN),
        (900, "590", "OB", Verdict.FAIL),
        (60, "299", "OB", Verdict.FAIL),
    ],
)
def test_the_time_that_this_machine_takes_to_shut_down_counts(
    shutdown: int, runtime: str, status: str, expected: Verdict
) -> None:
    options = Options(shutdown_time=Duration(shutdown))
    assert judge(options, HEALTHY | {"ups.status": status, "battery.runtime": runtime}).verdict is expected


@pytest.mark.parametrize("word", ["LB", "RB"])
def test_a_word_that_passes_by_is_no_trouble_on_mains(word: str) -> None:
    verdicts = []
    rounds: dict[str, int] = {}
    for said in (word, word, "", word, word, word, word):
        rounds = counted(rounds, {"OL", said})
        verdicts.append(judge(Options(), HEALTHY | {"ups.status": f"OL {said}"}, rounds).verdict.value)
    assert verdicts == ["pass"] * 5 + ["warn"] * 2
    assert judge(Options(), HEALTHY | {"ups.status": "OB LB"}, counted({}, {"OB", "LB"})).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-09-01", Verdict.PASS),
        ("2026-08-01", Verdict.WARN),
        ("09/30/2026", Verdict.PASS),
        ("07/03/2026", Verdict.WARN),
        ("30/06/2026", Verdict.WARN),
        ("01/01/1980", Verdict.PASS),  # its clock was never set
        ("not set", Verdict.PASS),
        ("", Verdict.PASS),
    ],
)
def test_a_self_test_of_long_ago_warns(date: str, expected: Verdict) -> None:
    assert judge(Options(), HEALTHY | {"ups.test.date": date}, now=NOWHERE.now).verdict is expected
