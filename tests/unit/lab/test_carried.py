"""The disk of a lab: a file that can be attached, what the inventory says of it, and a computer that can't have any."""

import shutil
import subprocess
from pathlib import Path

import loop_disks
import pytest

from ops.core.errors import Unavailable
from ops.fleet import inventory
from ops.lab import carried, disks
from ops.lab.carried import Carried, found
from ops.lab.lab import Lab
from ops.policy import HostPolicy


@pytest.fixture(scope="module")
def policies(checkout: Path) -> dict[str, HostPolicy]:
    return inventory.read(checkout / "inventories/lab").policies()


@pytest.fixture
def disk(policies: dict[str, HostPolicy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Carried:
    """The disk of a lab whose machines are not up."""
    monkeypatch.setattr(carried, "DISKS", tmp_path / "disks")
    one = found(Lab("demo", checkout=tmp_path), policies)
    assert one
    for folder in (one.file.parent, one.known.parent):
        folder.mkdir(parents=True)
    return one


def attached(file: Path) -> str:
    words = ["losetup", "--noheadings", "--output", "NAME", "--associated", str(file)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def test_the_labs_policy_has_a_disk_for_one_asset(disk: Carried) -> None:
    assert (disk.host, disk.asset, disk.label, disk.at) == ("his1", "documents", "red", "/srv/disks/disk")
    assert set(disk.hosts) == {"his1", "drill1"}
    assert not disk.known.exists()
    assert [*carried.making(disk.lab, {})] == [*carried.carrying(disk.lab, {})] == []


def test_the_policy_says_which_disk_it_is_once_it_was_made(disk: Carried, checkout: Path) -> None:
    shutil.copytree(checkout / "inventories/lab", disk.lab.inventory, dirs_exist_ok=True)
    for repository in ("", "a" * 64):
        disk.write(repository)
        policies = inventory.read(disk.lab.inventory).policies()
        told = {host: dict(policies[host].repositories["disks"].options)["disks"]["red"] for host in policies}
        wanted = {"serial": disk.file.name, **({"repository": repository} if repository else {})}
        assert told["his1"] == told["drill1"] == wanted
        assert disk.made is bool(repository)
        steps = [len([*work(disk.lab, policies)]) for work in (carried.making, carried.carrying)]
        assert steps == ([0, 1] if repository else [1, 0])


@loop_disks.needs_root
def test_a_new_disk_is_empty_and_attached_to_nothing(disk: Carried) -> None:
    disk.file.write_bytes(b"of another lab")
    disk.write("a" * 64)
    assert carried.laid_anew(disk) == "red, which is empty"
    assert disk.file.read_bytes().strip(b"\0") == b""
    assert not disk.made
    assert attached(disk.file) == ""


def test_where_no_loop_device_can_be_had_that_is_said_and_no_step_is_taken(
    disk: Carried, policies: dict[str, HostPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disks, "LOOP_CONTROL", Path("/nowhere"))
    disk.write("a" * 64)
    assert carried.laid_anew(disk).startswith("not run: no loop device can be had")
    assert [*carried.making(disk.lab, policies), *carried.carrying(disk.lab, policies)] == []
    with pytest.raises(Unavailable, match="no loop device"), disks.attached(disk.file):
        pass


@loop_disks.needs_root
def test_what_somebody_who_was_killed_left_attached_is_detached(disk: Carried) -> None:
    file = disks.image(disk.file, 1)
    subprocess.run(["losetup", "--find", file], check=True)
    assert attached(file)
    disks.forget(file.parent)
    assert attached(file) == ""
