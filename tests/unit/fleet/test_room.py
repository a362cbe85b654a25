"""How full a backup host gets: known from days that were seen, never invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ops.core import clock
from ops.fleet.inventory import Inventory
from ops.fleet.status.room import Disk, _sane, room, rooms, watched
from ops.interfaces.fleet_status import MachineStatus, Room
from ops.policy import HostPolicy
from tests.states import told

GIB = 1 << 30
NOW = clock.parse("2026-11-22T14:05:00Z")
DISK = Disk(path="/srv/seawall", free_bytes=500 * GIB, size_bytes=1000 * GIB)


def days(*free: int) -> list[tuple[datetime, Disk]]:
    """Return one look a day until yesterday, with so much free."""
    return [
        (NOW - timedelta(days=len(free) - number), replace(DISK, free_bytes=bytes_ * GIB))
        for number, bytes_ in enumerate(free)
    ]


def test_a_disk_that_fills_evenly_is_full_on_a_day() -> None:
    found = room("backup1", DISK, days(580, 570, 560, 550, 540, 530, 520, 510), NOW)
    assert found == Room(
        host="backup1",
        path="/srv/seawall",
        free_bytes=500 * GIB,
        days=8,
        bytes_per_day=10 * GIB,
        full=clock.iso(NOW + timedelta(days=50)),
    )


@pytest.mark.parametrize("known", [[], days(510), days(560, 550, 540, 530, 520, 510)])
def test_a_week_must_have_been_seen(known: list[tuple[datetime, Disk]]) -> None:
    found = room("backup1", DISK, known, NOW)
    assert (found.bytes_per_day, found.full) == (None, None)
    assert found.free_bytes == 500 * GIB


def test_what_retention_deletes_each_week_counts() -> None:
    """Ten are added on each of six days, and sixty deleted on the seventh."""
    found = room("backup1", DISK, days(*(500 - 10 * (day % 7) for day in range(-28, 0))), NOW)
    assert found.bytes_per_day is not None
    assert abs(found.bytes_per_day) < 2 * GIB


@pytest.mark.parametrize("step", [-90, 90])
def test_a_single_day_hardly_sways_what_was_seen_for_long(step: int) -> None:
    known = days(*(500 + 10 * (60 - day) - (step if day > 50 else 0) for day in range(60)))
    found = room("backup1", replace(DISK, free_bytes=(500 - step) * GIB), known, NOW)
    assert found.bytes_per_day is not None
    assert 8 * GIB < found.bytes_per_day < 12 * GIB


def test_a_larger_disk_begins_anew() -> None:
    old = [(when, replace(disk, size_bytes=600 * GIB)) for when, disk in days(90, 80, 70, 60, 50, 40, 30, 20, 10)]
    assert room("backup1", DISK, old, NOW).bytes_per_day is None
    elsewhere = [(when, replace(disk, path="/")) for when, disk in days(90, 80, 70, 60, 50, 40, 30, 20, 10)]
    assert room("backup1", DISK, elsewhere, NOW).days == 0


def test_what_does_not_fill_is_never_full() -> None:
    assert room("backup1", DISK, days(*[500] * 9), NOW).full is None
    assert room("backup1", DISK, days(*range(400, 500, 10)), NOW).full is None


def test_beyond_ten_years_no_day_is_foretold() -> None:
    slow = [
        (when, replace(disk, free_bytes=500 * GIB + 9 - number)) for number, (when, disk) in enumerate(days(*[500] * 9))
    ]
    found = room("backup1", DISK, slow, NOW)
    assert (found.bytes_per_day, found.full) == (1, None)


def test_a_host_that_told_nothing_has_nothing_foretold() -> None:
    assert room("backup1", None, days(*range(600, 510, -10)), NOW) == Room(host="backup1")


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_whatever_a_machine_tells_of_its_disk_fits_into_63_bits_or_is_none(free: float, percent: float) -> None:
    disk = _sane("/srv/seawall", free, percent)
    assert disk is None or (0 <= disk.free_bytes < 1 << 63 and 0 <= disk.size_bytes < 1 << 63)


@pytest.mark.parametrize(("free", "percent", "size"), [(0.0, 0.0, 0), (3.0, 100.0, 3), (float(1 << 62), 51.0, None)])
def test_a_full_an_empty_and_a_very_large_disk_are_disks(free: float, percent: float, size: int | None) -> None:
    disk = _sane("/srv/seawall", free, percent)
    assert disk is not None
    assert size is None or disk.size_bytes == size


def test_a_host_whose_figures_make_no_sense_hides_no_other() -> None:
    disks = {"evil1": replace(DISK, free_bytes=1 << 5000), "backup1": DISK}
    known = {"evil1": days(*[500] * 9), "backup1": days(*range(590, 500, -10))}
    evil, good = rooms(disks, known, NOW)
    assert evil == Room(host="evil1")
    assert good.bytes_per_day == 10 * GIB


@given(st.lists(st.integers(0, 1 << 62), min_size=0, max_size=12), st.integers(0, 1 << 62))
def test_whatever_was_told_a_day_in_the_future_comes_out_or_none(told_: list[int], free: int) -> None:
    known = [(NOW - timedelta(days=2 * (len(told_) - n)), replace(DISK, free_bytes=one)) for n, one in enumerate(told_)]
    found = room("backup1", replace(DISK, free_bytes=free), known, NOW)
    assert found.full is None or clock.parse(found.full) >= NOW


SITE = yaml.safe_load("""
version: 1
site: {name: Test hospital, timezone: UTC}
contacts: {it_head: {name: Head of IT}}
repositories: {primary: {kind: rest_server, place: primary, host: backup1}}
""")
HIS = yaml.safe_load("""
his:
  owner: it_head
  sources: {documents: {kind: files, options: {paths: [/srv/documents]}}}
  repository: primary
  schedule: "*-*-* 01:30:00"
  rpo: 26h
  rto: 1h
  retention: {all: 14d}
""")
WATCHED = {"repositories_disk": "/srv/seawall", "root_disk": "/", "other_disk": "/srv/seawall/deeper"}


@pytest.fixture(scope="module")
def policies() -> dict[str, HostPolicy]:
    disks = {name: {"kind": "disk", "options": {"path": path}} for name, path in WATCHED.items()}
    variables = {
        "his1": {"policy__all": SITE, "policy__host": {"assets": HIS}},
        "backup1": {"policy__all": SITE, "policy__host": {"checks": disks}},
    }
    groups = {"all": ("backup1", "his1"), "servers": ("his1",), "backup_hosts": ("backup1",)}
    return Inventory(Path(), variables, groups).policies()


def checks(**figures: float) -> MachineStatus:
    disk = {"name": "repositories_disk", "kind": "disk", "verdict": "pass", "message": "", "figures": figures}
    root = {**disk, "name": "root_disk", "figures": {"free_bytes": 5.0, "free_percent": 50.0}}
    return told("backup1", checks=[root, disk])


def test_the_disk_of_the_repositories_is_the_one_that_counts(policies: dict[str, HostPolicy]) -> None:
    found = watched(policies, {"backup1": checks(free_bytes=500.0, free_percent=50.0)})
    assert found["backup1"] == Disk(path="/srv/seawall", free_bytes=500, size_bytes=1000)
    assert "his1" not in found


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"free_bytes": 5.0},
        {"free_bytes": -1.0, "free_percent": 50.0},
        {"free_bytes": 1e300, "free_percent": 50.0},
        {"free_bytes": 5.0, "free_percent": 5000.0},
        {"free_bytes": 5.0, "free_percent": -1.0},
        {"free_bytes": 5e9, "free_percent": 1e-300},  # more than any number
        {"free_bytes": 5e9, "free_percent": 1e-280},  # a number, but none that a history can keep
        {"free_bytes": 5e9, "free_percent": 5e-324},
    ],
)
def test_figures_that_can_be_none_are_none(figures: dict[str, float], policies: dict[str, HostPolicy]) -> None:
    assert watched(policies, {"backup1": checks(**figures)})["backup1"] is None
    assert watched(policies, {})["backup1"] is None
