"""What was seen on the days before: one look of each day, beside the inventory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.fleet.inventory import HISTORY
from ops.fleet.status import history
from ops.fleet.status.room import TOO_LARGE, Disk
from ops.interfaces.fleet_status import AssetStatus, FleetStatus, MachineStatus

NOW = clock.parse("2026-11-22T14:05:00Z")
DISKS = {"backup1": Disk(path="/srv/seawall", free_bytes=500 << 30, size_bytes=1000 << 30)}
ASSET = AssetStatus(host="his1", owner="", summary="", rpo_seconds=1, rto_seconds=1, verdict=Verdict.PASS)


def status(days: float = 0, verdict: Verdict = Verdict.PASS) -> FleetStatus:
    return FleetStatus(
        time=clock.iso(NOW + timedelta(days=days)),
        site="Test",
        timezone="America/Sao_Paulo",
        verdict=verdict,
        machines={"backup1": MachineStatus(verdict=Verdict.PASS)},
        assets={"his": replace(ASSET, verdict=verdict)},
    )


def test_the_first_look_has_nothing_to_compare_with(tmp_path: Path) -> None:
    found = history.compared(tmp_path, status(), DISKS)
    assert (found.before, found.not_compared) == (None, "")
    assert found.rooms[0].bytes_per_day is None
    assert (tmp_path / HISTORY).stat().st_mode & 0o777 == 0o600


def test_it_is_compared_with_the_last_look_of_an_earlier_day(tmp_path: Path) -> None:
    history.compared(tmp_path, status(-1, Verdict.FAIL), DISKS)
    history.compared(tmp_path, status(-1 + 1 / 24, Verdict.WARN), DISKS)
    history.compared(tmp_path, status(-1 / 24, Verdict.PASS), DISKS)
    found = history.compared(tmp_path, status(), DISKS)
    assert found.before is not None
    assert (found.before.time, found.before.assets) == ("2026-11-21T15:05:00Z", {"his": Verdict.WARN})
    assert len(history.read(tmp_path / HISTORY)) == 2


def test_a_day_ends_at_midnight_of_the_site(tmp_path: Path) -> None:
    """At 02:59 in UTC it is still the day before in São Paulo, at 03:00 it is not."""
    for time, days in (("2026-11-22T02:59:00Z", 1), ("2026-11-22T03:00:00Z", 2), ("2026-11-22T14:00:00Z", 2)):
        history.compared(tmp_path, replace(status(), time=time), DISKS)
        assert len(history.read(tmp_path / HISTORY)) == days


def test_a_disk_is_watched_from_day_to_day(tmp_path: Path) -> None:
    for day in range(-8, 0):
        disks = {"backup1": replace(DISKS["backup1"], free_bytes=(500 - 10 * day) << 30)}
        history.compared(tmp_path, status(day), disks)
    (room,) = history.compared(tmp_path, status(), DISKS).rooms
    assert (room.days, room.bytes_per_day) == (8, 10 << 30)
    assert room.full == clock.iso(NOW + timedelta(days=50))


def test_what_a_clock_that_was_ahead_noted_is_forgotten(tmp_path: Path) -> None:
    history.compared(tmp_path, status(400), DISKS)
    assert history.compared(tmp_path, status(), DISKS).before is None
    assert [day.time for day in history.read(tmp_path / HISTORY)] == [clock.iso(NOW)]


def test_only_so_many_days_are_kept(tmp_path: Path) -> None:
    days = [
        {"time": clock.iso(NOW - timedelta(days=number)), "assets": {}, "machines": {}, "disks": {}}
        for number in range(1, 300)
    ]
    (tmp_path / HISTORY).write_text(json.dumps({"version": 1, "days": days}))
    history.compared(tmp_path, status(), DISKS)
    kept = history.read(tmp_path / HISTORY)
    assert (len(kept), kept[-1].time) == (history.MOST, clock.iso(NOW))


RUBBISH = ["{", '{"version": 2, "days": []}', '{"version": 1, "days": [{"time": "yesterday"}]}', '{"version": 1}']


@pytest.mark.parametrize("content", RUBBISH)
def test_a_file_that_cannot_be_read_is_kept_and_told_once(content: str, tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_text(content)
    with pytest.raises(Damaged, match=HISTORY):
        history.read(tmp_path / HISTORY)
    found = history.compared(tmp_path, status(), DISKS)
    assert found.before is None
    assert found.not_compared.endswith(f"it is kept as {HISTORY}.unreadable-1, and a new one begins today")
    assert (tmp_path / f"{HISTORY}.unreadable-1").read_text() == content
    assert history.compared(tmp_path, status(1), DISKS).not_compared == ""


def test_what_is_kept_aside_is_never_replaced(tmp_path: Path) -> None:
    for content in RUBBISH:
        (tmp_path / HISTORY).write_text(content)
        history.compared(tmp_path, status(), DISKS)
    kept = [(tmp_path / f"{HISTORY}.unreadable-{number}").read_text() for number in range(1, len(RUBBISH) + 1)]
    assert kept == RUBBISH


def test_a_file_that_cannot_be_moved_aside_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / HISTORY).write_text(RUBBISH[1])

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    found = history.compared(tmp_path, status(), DISKS)
    assert "it can't be moved aside (Permission denied), so nothing is noted today" in found.not_compared
    assert (tmp_path / HISTORY).read_text() == RUBBISH[1]
    assert found.rooms[0].free_bytes == 500 << 30


def test_a_file_that_cannot_be_written_hides_nothing(tmp_path: Path) -> None:
    found = history.compared(tmp_path / "gone" / "hosts.yml", status(), DISKS)
    assert "can't be written" in found.not_compared
    assert found.rooms[0].free_bytes == 500 << 30


def test_what_a_machine_tells_of_its_disk_never_makes_the_file_unreadable(tmp_path: Path) -> None:
    largest = Disk(path="/srv/seawall", free_bytes=TOO_LARGE - 1, size_bytes=TOO_LARGE - 1)
    history.compared(tmp_path, status(-1), {"backup1": largest})
    assert history.compared(tmp_path, status(), DISKS).not_compared == ""


def test_beside_an_inventory_file_it_lies_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("")
    history.compared(tmp_path / "hosts.yml", status(), DISKS)
    assert (tmp_path / HISTORY).exists()
