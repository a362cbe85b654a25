from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.core.names import FileName
from ops.core.verdict import Finding, Verdict
from ops.health.raid import KIND, Options, arrays, judge
from ops.interfaces.check import CheckContext

AROUND = CheckContext(datetime(2026, 11, 22, 12, tzinfo=UTC), {})
HEAD = "Personalities : [raid1] [raid6] [raid5] [raid4] [raid0]\n"
UNUSED = "unused devices: <none>\n"
HEALTHY = """\
md127 : active raid1 sdb2[1] sda2[0]
      976630464 blocks super 1.2 [2/2] [UU]
      bitmap: 2/8 pages [8KB], 65536KB chunk

md0 : active raid6 sdf1[5](S) sde1[4] sdd1[3] sdc1[2] sdb1[1]
      5860270080 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/4] [UUUU]
      [===>.................]  check = 17.0% (332361472/1953423360) finish=190.1min speed=142111K/sec

md1 : active raid0 nvme1n1p1[1] nvme0n1p1[0]
      1953260544 blocks super 1.2 512k chunks

"""
DEGRADED = """\
md0 : active raid1 sdb1[1](F) sda1[0]
      976630464 blocks super 1.2 [2/1] [U_]

"""
REBUILDS = """\
md0 : active raid5 sdd1[4] sdc1[2] sdb1[1] sda1[0]
      2929893888 blocks super 1.2 level 5, 512k chunk, algorithm 2 [4/3] [UUU_]
      [=>...................]  recovery =  8.5% (83213312/976631296) finish=78.4min speed=189802K/sec

"""
SPARE_FAILED = """\
md0 : active raid1 sdc1[2](F) sdb1[1] sda1[0]
      976630464 blocks super 1.2 [2/2] [UU]

"""
INACTIVE = """\
md0 : inactive sdb1[1](S) sda1[0](S)
      1953261360 blocks super 1.2

"""
READ_ONLY = """\
md2 : active (auto-read-only) raid1 sdb3[1] sda3[0]
      8380416 blocks super 1.2 [2/2] [UU]
      \tresync=PENDING

"""


def look(mdstat: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> list[Finding]:
    (tmp_path / "mdstat").write_text(HEAD + mdstat + UNUSED)
    monkeypatch.setattr("psutil.PROCFS_PATH", str(tmp_path))
    return list(KIND.probe(Options(tuple(map(FileName, names))), AROUND))


def test_healthy_arrays_pass_also_while_they_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    findings = look(HEALTHY + READ_ONLY, tmp_path, monkeypatch, "md127")
    assert {finding.verdict for finding in findings} == {Verdict.PASS}
    assert [finding.message for finding in findings] == [
        "md127 (raid1) is active, 2 of 2 disks work",
        "md0 (raid6) is active, 4 of 4 disks work; check at 17.0%",
        "md1 (raid0) is active",
        "md2 (raid1) is active, 2 of 2 disks work",
    ]


@pytest.mark.parametrize(
    ("mdstat", "verdict", "message"),
    [
        (DEGRADED, Verdict.FAIL, "md0 (raid1) is degraded: 1 of 2 disks work (sdb1 failed)"),
        (REBUILDS, Verdict.FAIL, "md0 (raid5) is degraded: 3 of 4 disks work; recovery at 8.5%"),
        (SPARE_FAILED, Verdict.WARN, "md0 (raid1): sdc1 failed"),
        (INACTIVE, Verdict.FAIL, "md0 is inactive"),
    ],
)
def test_arrays_that_are_not_well(
    mdstat: str, verdict: Verdict, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = HEALTHY.replace("md0 :", "md9 :")
    findings = look(healthy + mdstat, tmp_path, monkeypatch)
    assert [(one.verdict, one.message) for one in findings if one.verdict is not Verdict.PASS] == [(verdict, message)]


def test_an_array_that_is_gone_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.message for one in look("", tmp_path, monkeypatch, "md0")] == ["md0 is not there"]


def test_a_machine_without_arrays_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = look("", tmp_path, monkeypatch)
    assert finding.verdict is Verdict.UNKNOWN


def test_parity_that_did_not_fit_warns() -> None:
    (array,) = [one for one in arrays(HEALTHY) if one.name == "md0"]
    assert judge(array, 0).verdict is Verdict.PASS
    assert judge(array, 8).verdict is Verdict.WARN
