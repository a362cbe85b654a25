from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.core.verdict import Verdict
from ops.health.load import KIND, Options, judge
from ops.interfaces.check import CheckContext

AROUND = CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})


@pytest.mark.parametrize(
    ("load", "processors", "verdict"),
    [
        (0.2, 4, Verdict.PASS),
        (8.0, 4, Verdict.PASS),
        (8.1, 4, Verdict.WARN),
        (400.0, 4, Verdict.WARN),  # never a failure
        (4.0, 1, Verdict.PASS),
        (4.1, 1, Verdict.WARN),
    ],
)
def test_the_load_per_processor_is_judged(load: float, processors: int, verdict: Verdict) -> None:
    assert judge(Options(), load, processors).verdict is verdict


def test_the_load_over_fifteen_minutes_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psutil.PROCFS_PATH", str(tmp_path))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    (tmp_path / "loadavg").write_text("90.00 40.00 1.50 3/900 4242\n")
    (finding,) = KIND.probe(Options(), AROUND)
    assert (finding.verdict, finding.message) == (Verdict.PASS, "load 1.5 over 15 min on 2 processors")
    (tmp_path / "loadavg").write_text("0.00 1.00 6.50 3/900 4242\n")
    (finding,) = KIND.probe(Options(), AROUND)
    assert finding.verdict is Verdict.WARN


def test_this_machine_has_a_load() -> None:
    (finding,) = KIND.probe(Options(warn_above=1000.0), AROUND)
    assert finding.verdict is Verdict.PASS
