from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.core.quantity import Percent, Size
from ops.core.verdict import Verdict
from ops.health.disk import KIND, Options, judge_inodes, judge_space
from ops.interfaces.check import CheckContext

NOWHERE = CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})
GIB = 1 << 30


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(50, Verdict.PASS), (15, Verdict.PASS), (14, Verdict.WARN), (4, Verdict.FAIL), (0, Verdict.FAIL)],
)
def test_space_is_judged_by_the_share_that_is_free(free: int, verdict: Verdict) -> None:
    assert judge_space(Options(), (100 - free) * GIB, free * GIB).verdict is verdict


def test_much_free_space_is_enough_whatever_its_share() -> None:
    options = Options(enough=Size(1 << 40))
    assert judge_space(options, 99 << 40, 1 << 40).verdict is Verdict.PASS
    assert judge_space(options, 99 << 40, (1 << 40) - 1).verdict is Verdict.FAIL


def test_a_file_system_without_size_is_unknown() -> None:
    assert judge_space(Options(), 0, 0).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(("free", "verdict"), [(60, Verdict.PASS), (9, Verdict.WARN), (4, Verdict.FAIL)])
def test_inodes_are_judged_by_the_share_that_is_free(free: int, verdict: Verdict) -> None:
    assert judge_inodes(Options(), 100, free).verdict is verdict


def test_a_real_file_system_is_looked_at() -> None:
    generous = Options(
        warn_below=Percent(0.1), fail_below=Percent(0), inodes_warn_below=Percent(0.1), inodes_fail_below=Percent(0)
    )
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
