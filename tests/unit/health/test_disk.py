from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core import mounts
from ops.core.quantity import Percent, Size
from ops.core.verdict import Verdict
from ops.health._growth import days_left, sampled
from ops.health.disk import KIND, Options, Space, judge_inodes, judge_space
from ops.interfaces.check import CheckContext

NOWHERE = CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})
GIB = 1 << 30


TIB = 1 << 40


@pytest.mark.parametrize(
    ("whole", "free", "days", "verdict"),
    [
        (TIB, 0.50, None, Verdict.PASS),
        (TIB, 0.11, None, Verdict.PASS),  # a large disk: 113 GiB are enough
        (TIB, 0.09, None, Verdict.WARN),
        (TIB, 0.04, None, Verdict.FAIL),
        (TIB, 0.0, None, Verdict.FAIL),
        (40 * GIB, 0.21, None, Verdict.PASS),
        (40 * GIB, 0.19, None, Verdict.WARN),  # 7.6 GiB of 40
        (40 * GIB, 0.09, None, Verdict.FAIL),  # 3.6 GiB of 40
        (TIB, 0.19, 15.0, Verdict.PASS),
        (TIB, 0.19, 13.0, Verdict.WARN),
        (TIB, 0.19, 2.0, Verdict.WARN),
        (TIB, 0.09, 2.0, Verdict.FAIL),
        (TIB, 0.60, 2.0, Verdict.PASS),  # half empty: a burst is no emergency
    ],
)
def test_space_is_judged_by_its_share_its_amount_and_the_days_left(
    whole: int, free: float, days: float | None, verdict: Verdict
) -> None:
    available = int(whole * free)
    assert judge_space(Options(), Space(whole - available, available, days)).verdict is verdict


def test_the_days_left_are_told_where_they_count() -> None:
    assert judge_space(Options(), Space(81 * TIB, 19 * TIB, 13.2)).message.endswith("full in 13 days as it grows now")
    assert judge_space(Options(), Space(95 * TIB, 5 * TIB, 0.2)).message.endswith(
        "full in less than a day as it grows now"
    )
    assert "full" not in judge_space(Options(), Space(50 * TIB, 50 * TIB, 13.2)).message


def test_much_free_space_is_enough_whatever_its_share() -> None:
    options = Options(enough=Size(1 << 40))
    assert judge_space(options, Space(99 << 40, 1 << 40)).verdict is Verdict.PASS
    assert judge_space(options, Space(99 << 40, (1 << 40) - 1)).verdict is Verdict.FAIL


def test_a_file_system_without_size_is_unknown() -> None:
    assert judge_space(Options(), Space(0, 0)).verdict is Verdict.UNKNOWN


def grown(notes: dict[str, Any], days: int, used: Callable[[float], float], whole: int) -> float | None:
    """Look once an hour for so many days; return the days left at the end."""
    samples: list[tuple[float, float]] = []
    for hour in range(days * 24):
        samples = sampled(notes, START + hour * 3600, int(used(hour / 24)), whole)
    return days_left(samples, whole - int(used((days * 24 - 1) / 24)))


START = 1_795_000_000.0


def test_a_disk_that_grows_each_day_is_full_on_a_day_that_is_told() -> None:
    notes: dict[str, Any] = {}
    left = grown(notes, 20, lambda day: (70 + day) * GIB, 100 * GIB)
    assert left == pytest.approx(10, abs=0.5)
    assert len(notes["used"]) == 20 * 4
    assert len(json.dumps(notes)) < 8_000


@pytest.mark.parametrize(
    ("days", "used"),
    [
        (6, lambda day: (70 + day) * GIB),  # too short to tell
        (30, lambda day: (30 + day) * GIB),  # half empty
        (30, lambda day: 85 * GIB),
        (30, lambda day: (95 - day / 2) * GIB),
        (30, lambda day: (80 + 8 * (day % 1)) * GIB),  # filled and cleaned every day
        (30, lambda day: (75 + 2 * (day % 7)) * GIB),  # and every week
        (30, lambda day: (80 + (10 if day > 29 else 0)) * GIB),  # one burst
        (30, lambda day: (80 + (10 if int(day) in {3, 11, 19, 27} else 0)) * GIB),
    ],
    ids=["short", "half", "still", "shrinks", "daily", "weekly", "burst", "bursts"],
)
def test_what_is_no_steady_growth_is_none(days: int, used: Callable[[float], float]) -> None:
    assert grown({}, days, used, 100 * GIB) is None


def test_samples_end_after_a_month_and_with_another_size() -> None:
    notes: dict[str, Any] = {}
    grown(notes, 60, lambda day: 70 * GIB, 100 * GIB)
    assert len(notes["used"]) <= 30 * 4 + 1
    assert len(sampled(notes, START + 61 * 86_400, 70 * GIB, 200 * GIB)) == 1
    assert len(notes["used"]) == 1


@pytest.mark.parametrize(
    "notes", [{"used": "x", "whole": []}, {"used": [[1], ["a", 2], None], "whole": 100}, {"used": 1}]
)
def test_damaged_notes_are_begun_anew(notes: dict[str, Any]) -> None:
    assert sampled(notes, START, 70, 100) == [(START, 70.0)]
    assert notes["used"] == [[START, 70.0]]


def test_a_file_system_that_became_read_only_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    number = max(int(line.split()[0]) for line in lines) + 1
    around = [line for line in lines if Path(line.split()[4]) in tmp_path.parents]
    parent = max(around, key=lambda line: len(line.split()[4])).split()[0]
    for options, kind, expected in (
        ("ro,errors=remount-ro", "ext4", True),
        ("rw", "ext4", False),
        ("ro", "iso9660", False),
    ):
        line = f"{number} {parent} 8:1 / {tmp_path} rw,relatime - {kind} /dev/sda1 {options}"
        found = mounts.read("\n".join([*lines, line]))
        monkeypatch.setattr(mounts, "mounts", lambda found=found: found)
        said = [one.message for one in KIND.probe(Options(path=str(tmp_path)), NOWHERE)]
        assert any("became read-only" in one for one in said) is expected
    monkeypatch.undo()
    assert not mounts.is_read_only(tmp_path)
    calm = Options(path=str(tmp_path), read_only=True)
    assert not any("became read-only" in one.message for one in KIND.probe(calm, NOWHERE))


@pytest.mark.parametrize(("free", "verdict"), [(60, Verdict.PASS), (9, Verdict.WARN), (4, Verdict.FAIL)])
def test_inodes_are_judged_by_the_share_that_is_free(free: int, verdict: Verdict) -> None:
    assert judge_inodes(Options(), 100, free).verdict is verdict


def test_a_real_file_system_is_looked_at() -> None:
    shares = {f"{what}{how}_below": Percent(0) for what in ("tight_", "inodes_", "") for how in ("warn", "fail")}
    generous = Options(**shares | {"warn_below": Percent(0.1), "inodes_warn_below": Percent(0.1)})
    findings = list(KIND.probe(generous, NOWHERE))
    assert {finding.verdict for finding in findings} == {Verdict.PASS}
    assert "free_percent" in findings[0].figures


def test_a_file_system_that_is_not_mounted_fails(tmp_path: object) -> None:
    options = Options(path=str(tmp_path), mount_point=True)
    assert [finding.verdict for finding in KIND.probe(options, NOWHERE)] == [Verdict.FAIL]
    assert Verdict.FAIL not in {
        finding.verdict
        for finding in KIND.probe(Options(path="/proc", mount_point=True), NOWHERE)
        if "nothing is mounted" in finding.message
    }


def test_file_systems_that_count_no_inodes_are_not_judged_by_them() -> None:
    findings = list(KIND.probe(Options(path="/proc"), NOWHERE))
    assert not any("inodes" in finding.message for finding in findings)


def test_a_path_that_is_not_there_is_an_error_for_the_caller() -> None:
    with pytest.raises(FileNotFoundError):
        list(KIND.probe(Options(path="/nowhere/at/all"), NOWHERE))
