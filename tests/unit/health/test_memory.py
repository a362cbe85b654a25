from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core.verdict import Verdict
from ops.health import memory
from ops.health.memory import KIND, MOST_KILLS, Options, judge, judge_killed, killed, within_a_day
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
    (tmp_path / "vmstat").write_text("nr_free_pages 5\n")
    (finding,) = KIND.probe(Options(), AROUND)
    assert finding.message == "60% of 1000 KiB available"


def test_this_machine_has_memory() -> None:
    finding, *killed = KIND.probe(Options(killed_warn_from=MOST_KILLS, killed_fail_from=MOST_KILLS), AROUND)
    assert {one.verdict for one in killed} <= {Verdict.PASS}
    assert 0 < finding.figures["available_percent"] <= 100


@pytest.mark.parametrize(
    ("count", "verdict"), [(0, Verdict.PASS), (1, Verdict.WARN), (2, Verdict.WARN), (3, Verdict.FAIL)]
)
def test_programs_that_were_ended_are_judged(count: int, verdict: Verdict) -> None:
    assert judge_killed(Options(), count).verdict is verdict


def test_the_kernels_count_is_read() -> None:
    assert killed("nr_free_pages 5\noom_kill 7\noom_kill_x 9\n") == 7
    assert killed("nr_free_pages 5\n") is None


def test_a_container_is_not_told_of_programs_of_other_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("meminfo", "vmstat", "stat"):
        (tmp_path / name).write_text(Path("/proc", name).read_text() if name != "vmstat" else "oom_kill 4\n")
    (tmp_path / "stat").write_text(f"cpu 1\nbtime {int(AROUND.now.timestamp()) - 60}\n")
    monkeypatch.setattr("psutil.PROCFS_PATH", str(tmp_path))
    monkeypatch.setattr(memory, "CONTAINER", tmp_path / "container")
    assert [finding.verdict for finding in KIND.probe(Options(), AROUND)][1:] == [Verdict.FAIL]
    (tmp_path / "container").write_text("systemd-nspawn\n")
    assert len(list(KIND.probe(Options(), AROUND))) == 1


NOW = 1_795_000_000.0


def test_what_was_ended_within_a_day_is_counted_over_a_restart() -> None:
    notes: dict[str, Any] = {}
    long_ago, lately = str(int(NOW - 90 * 86_400)), str(int(NOW + 7000))
    seen = [
        within_a_day(notes, NOW, 5, long_ago),  # nobody knows of when they are
        within_a_day(notes, NOW + 300, 5, long_ago),
        within_a_day(notes, NOW + 600, 6, long_ago),
        within_a_day(notes, NOW + 7200, 1, lately),  # after a restart
        within_a_day(notes, NOW + 7500, 1, lately),
        within_a_day(notes, NOW + 600 + 86_400, 1, lately),  # the first is more than a day ago
        within_a_day(notes, NOW + 7200 + 86_400, 1, lately),
    ]
    assert seen == [0, 0, 1, 2, 2, 1, 0]


def test_a_machine_that_started_today_tells_all_of_its_day() -> None:
    assert within_a_day({}, NOW, 3, str(int(NOW - 3600))) == 3
    assert within_a_day({"count": "x", "boot": [], "rises": 4}, NOW, 3, str(int(NOW - 3600))) == 3
