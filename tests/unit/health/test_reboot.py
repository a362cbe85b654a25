from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core.verdict import Finding, Verdict
from ops.health import reboot
from ops.health.reboot import KIND, Options, judge, newest_over, waits_since
from ops.interfaces.check import CheckContext

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = 86_400.0


@pytest.mark.parametrize(
    ("days", "verdict"), [(0.1, Verdict.PASS), (6.9, Verdict.PASS), (7.1, Verdict.WARN), (31, Verdict.FAIL)]
)
def test_how_long_it_waits_is_judged(days: float, verdict: Verdict) -> None:
    assert judge(Options(), ["a", "b"], days * DAY).verdict is verdict
    assert judge(Options(), [], days * DAY).verdict is Verdict.PASS


def test_further_updates_put_nothing_off() -> None:
    """A machine that gets a library or a kernel each week waits as long as the first of them does."""
    notes: dict[str, Any] = {}
    since = [waits_since(notes, [day * DAY], day * DAY) for day in (10, 12, 14, 21, 40)]
    assert since == [10 * DAY] * 5
    assert waits_since(notes, [], 41 * DAY) == 41 * DAY
    assert waits_since(notes, [42 * DAY], 43 * DAY) == 42 * DAY, "it was restarted in between"
    assert waits_since({"since": "x"}, [50 * DAY], 50 * DAY) == 50 * DAY


@pytest.mark.parametrize(
    ("running", "others", "newest"),
    [
        ("6.1.0-9-amd64", ["6.1.0-10-amd64"], "6.1.0-10-amd64"),
        ("6.1.0-28-amd64", ["6.1.0-9-amd64", "5.10.0-33-amd64"], ""),
        ("6.1.0-28-amd64", ["6.12.4+deb13-amd64"], "6.12.4+deb13-amd64"),
        ("6.1.0-28-amd64", [], ""),
    ],
)
def test_a_newer_kernel_is_found_by_its_number(running: str, others: list[str], newest: str) -> None:
    assert newest_over(running, dict.fromkeys([running, *others], 0.0)) == newest


def test_a_container_waits_for_no_kernel() -> None:
    assert newest_over("6.8.0-host", {"6.1.0-28-amd64": 0.0}) == ""
    assert newest_over("6.8.0-host", {}) == ""


def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, float]) -> Finding:
    monkeypatch.setattr(reboot, "REQUIRED", tmp_path / "reboot-required")
    monkeypatch.setattr(reboot, "BOOT", tmp_path)
    for name, days in files.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (NOW.timestamp() - days * DAY,) * 2)
    (finding,) = KIND.probe(Options(), CheckContext(NOW, {}))
    return finding


def test_a_machine_that_is_up_to_date_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = look(tmp_path, monkeypatch, {f"vmlinuz-{os.uname().release}": 90, "config-99.0.0": 8})
    assert finding.message == "nothing waits for a restart"


def test_a_machine_that_waits_is_told_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = os.uname().release
    finding = look(tmp_path, monkeypatch, {f"vmlinuz-{running}": 90, "vmlinuz-99.0.0-1": 8, "reboot-required": 31})
    assert finding.verdict is Verdict.FAIL
    kernel = f"the kernel 99.0.0-1 is installed, and {running} runs"
    assert finding.message == f"waits for a restart since 31d: an update asks for it; {kernel}"
