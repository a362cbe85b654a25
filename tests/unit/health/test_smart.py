from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.core.clock import iso
from ops.core.errors import Damaged, Unavailable
from ops.core.quantity import Percent
from ops.core.verdict import Finding, Verdict
from ops.health import smart
from ops.health.smart import KIND, Options, compared, decoded, judge
from ops.interfaces.check import CheckContext
from ops.interfaces.devices import DevicesSeen, written

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TIME = NOW.timestamp()
DAY = 86_400.0


def ata(attributes: dict[int, int] | None = None, **changes: Any) -> dict[str, Any]:
    """Return what smartctl 7.3 prints of a SATA disk."""
    counts = {5: 0, 9: 20_000, 187: 0, 188: 12, 197: 0, 198: 0, 199: 0} | (attributes or {})
    table = [
        {"id": number, "name": "x", "raw": {"value": value, "string": str(value)}} for number, value in counts.items()
    ]
    said = {"model_name": "WDC WD4003FFBX", "serial_number": "V1", "smart_status": {"passed": True}}
    said |= {"smartctl": {"exit_status": 0}, "ata_smart_attributes": {"table": table}, "temperature": {"current": 31}}
    return said | changes


def nvme(**changes: Any) -> dict[str, Any]:
    log = {"critical_warning": 0, "available_spare": 100, "available_spare_threshold": 10, "percentage_used": 3}
    log |= {"media_errors": 0, "num_err_log_entries": 900} | changes
    said = {"model_name": "MICRON 7450", "serial_number": "N1", "smart_status": {"passed": True}}
    return said | {"smartctl": {"exit_status": 0}, "nvme_smart_health_information_log": log}


def verdict(report: dict[str, Any], **options: Any) -> Verdict:
    return judge(Options(**options), decoded("/dev/sda", report), {}).verdict


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (ata(), Verdict.PASS),
        (ata({5: 3, 187: 1, 199: 24}), Verdict.PASS),  # a few, and for how long nobody knows
        (ata(smartctl={"exit_status": 64}), Verdict.PASS),  # errors in its log, of years ago
        (ata(smart_status={"passed": False}), Verdict.FAIL),
        (ata(smartctl={"exit_status": 8}), Verdict.FAIL),
        (ata(smartctl={"exit_status": 16}), Verdict.FAIL),
        (ata(smart_status={}), Verdict.UNKNOWN),
        ({}, Verdict.UNKNOWN),
        (nvme(), Verdict.PASS),
        (nvme(critical_warning=1), Verdict.FAIL),
        (nvme(critical_warning=8), Verdict.FAIL),
        (nvme(available_spare=9), Verdict.FAIL),
        (nvme(available_spare=0, available_spare_threshold=0), Verdict.PASS),  # it has no spare
        (nvme(percentage_used=89), Verdict.PASS),
        (nvme(percentage_used=90), Verdict.WARN),
        (nvme(percentage_used=140), Verdict.WARN),
    ],
)
def test_a_disk_is_judged_by_its_own_account(report: dict[str, Any], expected: Verdict) -> None:
    assert verdict(report) is expected


def rounds(*reports: tuple[float, dict[str, Any]]) -> list[str]:
    """Look at a disk on some days; return the messages of what grew."""
    notes: dict[str, Any] = {}
    said = []
    for day, report in reports:
        disk = decoded("/dev/sda", report)
        finding = judge(Options(), disk, compared(notes, disk, TIME + day * DAY, 30 * DAY))
        said.append(finding.message.removeprefix("/dev/sda (WDC WD4003FFBX)").strip(": "))
    assert len(json.dumps(notes)) < 2000
    return said


def test_a_count_that_grows_is_told_for_a_month() -> None:
    assert rounds(
        (0, ata({5: 3})), (1, ata({5: 3})), (2, ata({5: 4})), (3, ata({5: 4})), (20, ata({5: 9})), (49, ata({5: 9})),
        (51, ata({5: 9})), (52, ata({5: 10})),
    ) == [
        *("is well", "is well", "moved sectors grew from 3 to 4", "moved sectors grew from 3 to 4"),
        *("moved sectors grew from 3 to 9", "moved sectors grew from 3 to 9", "is well"),
        "moved sectors grew from 9 to 10",
    ]  # fmt: skip


def test_counts_that_grow_without_a_fault_are_left_out() -> None:
    assert rounds((0, ata({188: 1, 9: 1})), (1, ata({188: 900, 9: 2}))) == ["is well", "is well"]
    first, later = decoded("/dev/nvme0", nvme()), decoded("/dev/nvme0", nvme(num_err_log_entries=9999))
    assert first.counts == later.counts


def test_a_disk_is_known_again_at_another_place() -> None:
    notes: dict[str, Any] = {}
    compared(notes, decoded("/dev/sda", ata({197: 0})), TIME, DAY * 30)
    grown = compared(notes, decoded("/dev/sdc", ata({197: 8})), TIME + DAY, DAY * 30)
    assert grown == {"pending sectors": (0.0, 8.0)}


def test_damaged_notes_are_begun_anew() -> None:
    for one in ("x", {"first": 1, "last": [], "since": "y"}, None):
        disk = decoded("/dev/sda", ata({5: 3}))
        assert compared({disk.key: one}, disk, TIME, DAY) == {}


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(smart, "FILE", str(tmp_path / "devices.json"))
    return tmp_path / "devices.json"


def look(left: Path, disks: dict[str, Any], age: float = 0.5, **options: Any) -> list[Finding]:
    texts = {place: report if isinstance(report, str) else json.dumps(report) for place, report in disks.items()}
    seen = DevicesSeen(finished=iso(NOW - timedelta(hours=age)), disks=texts)
    left.write_text(json.dumps(written(seen)))
    return list(KIND.probe(Options(**options), CheckContext(NOW, {})))


def test_a_disk_of_which_nothing_can_be_read_hides_no_other(left: Path) -> None:
    hostile = [
        "",
        "null",
        "[]",
        "{" * 50,
        '{"smart_status": {"passed": "yes"}, "model_name": ["x"]}',
        "\\x1b[2J",
        "9" * 5000,
    ]
    disks: dict[str, Any] = {f"/dev/sd{place}": text for place, text in enumerate(hostile)}
    findings = look(left, disks | {"/dev/sdz": ata(smart_status={"passed": False})})
    assert [one.verdict for one in findings] == [*[Verdict.UNKNOWN] * len(hostile), Verdict.FAIL]
    assert findings[-1].message == "/dev/sdz (WDC WD4003FFBX): it says that it is about to fail"


def test_a_name_from_a_disk_moves_no_cursor(left: Path) -> None:
    (finding,) = look(left, {"/dev/sda": ata(model_name="a\x1b[2J\nOK" + "x" * 900)})
    assert finding.message.isprintable()
    assert len(finding.message) < 120


def test_a_disk_that_is_gone_is_missed(left: Path) -> None:
    assert [one.verdict for one in look(left, {"/dev/sda": ata()}, at_least=2)] == [Verdict.PASS, Verdict.FAIL]
    assert [one.verdict for one in look(left, {})] == [Verdict.UNKNOWN]


def test_no_disk_is_well_where_none_need_be_and_nothing_kept_root_from_looking(left: Path) -> None:
    assert [one.verdict for one in look(left, {}, at_least=0)] == [Verdict.PASS]
    left.write_text(json.dumps(written(DevicesSeen(finished=iso(NOW), troubles=("smartctl: not found",)))))
    assert [one.verdict for one in KIND.probe(Options(at_least=0), CheckContext(NOW, {}))] == [Verdict.UNKNOWN]


@pytest.mark.parametrize("pattern", ["/dev/sdb", "*Virtual*", "V9"])
def test_disks_that_cannot_tell_are_ignored_by_the_policy(left: Path, pattern: str) -> None:
    odd = {"model_name": "AMI Virtual CDROM0", "serial_number": "V9"}
    assert len(look(left, {"/dev/sda": ata(), "/dev/sdb": odd})) == 2
    assert [one.verdict for one in look(left, {"/dev/sda": ata(), "/dev/sdb": odd}, ignore=(pattern,))] == [
        Verdict.PASS
    ]


def test_a_look_that_is_old_or_damaged_or_never_was_is_an_error(left: Path) -> None:
    with pytest.raises(Unavailable, match=r"seawall-devices.timer"):
        list(KIND.probe(Options(), CheckContext(NOW, {})))
    with pytest.raises(Unavailable, match="4h ago"):
        look(left, {"/dev/sda": ata()}, age=4)
    for text in ("", "{}", '{"version": 1}', '{"version": 1, "finished": "now", "disks": {}}', '{"version": 2}'):
        left.write_text(text)
        with pytest.raises(Damaged):
            list(KIND.probe(Options(), CheckContext(NOW, {})))


def test_real_disks_are_well_and_understood(real_data: Path) -> None:
    reports = {path.name: json.loads(path.read_text("utf-8")) for path in sorted((real_data / "smart").glob("*.json"))}
    assert len(reports) > 80
    seen = {name: decoded("/dev/sda", report) for name, report in reports.items()}
    assert {
        name: judge(Options(), disk, {}).message
        for name, disk in seen.items()
        if judge(Options(), disk, {}).verdict != "pass"
    } == {}
    assert all(disk.counts for disk in seen.values()), "each keeps a count of errors"
    assert all(disk.worn is not None and disk.spare is not None for name, disk in seen.items() if "nvme" in name)
    used = [
        name for name, disk in seen.items() if judge(Options(worn_warn_from=Percent(50)), disk, {}).verdict == "warn"
    ]
    assert len(used) == 2
