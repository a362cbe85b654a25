from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.core.verdict import Verdict
from ops.health.memory import KIND, Options, judge
from ops.interfaces.check import CheckContext

AROUND = CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})


@pytest.mark.parametrize(("available", "verdict"), [(600, Verdict.PASS), (99, Verdict.WARN), (49, Verdict.FAIL)])
def test_the_share_that_is_available_is_judged(available: int, verdict: Verdict) -> None:
    assert judge(Options(), 1000, available).verdict is verdict


def test_a_machine_without_memory_is_unknown() -> None:
    assert judge(Options(), 0, 0).verdict is Verdict.UNKNOWN


def test_what_is_available_is_asked_for_not_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kilobytes = {"MemTotal": 1000, "MemFree": 10, "MemAvailable": 600, "Buffers": 5, "Cached": 700, "Shmem": 1}
    kilobytes |= {"Active": 400, "Inactive": 300}
    (tmp_path / "meminfo").write_text("".join(f"{name}: {size} kB\n" for name, size in kilobytes.items()))
    monkeypatch.setattr("psutil.PROCFS_PATH", str(tmp_path))
    (finding,) = KIND.probe(Options(), AROUND)
    assert finding.message == "60% of 1000 KiB available"


def test_this_machine_has_memory() -> None:
    (finding,) = KIND.probe(Options(), AROUND)
    assert 0 < finding.figures["available_percent"] <= 100
