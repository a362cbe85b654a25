from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.core.verdict import Verdict
from ops.health.memory import KIND, Options, judge
from ops.interfaces.check import CheckContext


def meminfo(available: int) -> str:
    return f"MemTotal:       1000 kB\nMemFree:          10 kB\nMemAvailable:    {available} kB\nHugePages_Total: 0\n"


@pytest.mark.parametrize(("available", "verdict"), [(600, Verdict.PASS), (99, Verdict.WARN), (49, Verdict.FAIL)])
def test_what_is_available_is_judged_not_what_is_free(available: int, verdict: Verdict) -> None:
    assert judge(Options(), meminfo(available)).verdict is verdict


def test_a_kernel_that_does_not_say_is_unknown() -> None:
    assert judge(Options(), "MemTotal: 1000 kB\n").verdict is Verdict.UNKNOWN


def test_this_machine_has_memory() -> None:
    (finding,) = KIND.probe(Options(), CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {}))
    assert 0 < finding.figures["available_percent"] <= 100
