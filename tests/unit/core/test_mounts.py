"""What is mounted, and what of that answers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mounted import fuse

from ops.core.mounts import Mount, holding, mounts, read, seen, trouble

TABLE = r"""
25 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
26 25 0:5 / /proc rw,nosuid shared:12 - proc proc rw
30 25 254:2 / /home rw - ext4 /dev/vdb1 rw
31 30 0:60 / /home/ulla/far rw,nosuid - fuse.sshfs localhost: rw,user_id=1000,group_id=1000
32 25 0:61 / /mnt/with\040blank rw - nfs4 nas:/x rw
33 25 0:62 / /mnt/auto rw - autofs systemd-1 rw
34 33 0:63 / /mnt/auto rw - cifs //nas/y rw
35 25 0:64 / /srv/pool rw - fuse.mergerfs a:b rw,user_id=0,group_id=0,allow_other
36 25 0:65 / /srv/merged rw - overlay overlay rw,lowerdir=/a,upperdir=/b\040c,workdir=/d
"""


def places(found: list[Mount]) -> list[str]:
    return [mount.place for mount in found]


def test_the_table_of_the_kernel_is_read() -> None:
    found = {mount.number: mount for mount in read(TABLE.strip())}
    assert [number for number, mount in found.items() if mount.distant] == [31, 32, 33, 34, 35]
    assert [number for number, mount in found.items() if mount.personal] == [31]
    assert found[32].place == "/mnt/with blank"
    assert found[36].upper == "/b c"
    assert places(mounts())[0].startswith("/")


def test_what_is_covered_by_another_mount_is_not_seen() -> None:
    found = read(TABLE.strip())
    assert [mount.number for mount in seen(found)] == [25, 26, 30, 31, 32, 34, 35, 36]
    over = read(TABLE.strip() + "\n40 25 0:70 / /home rw - ext4 /dev/vdc1 rw\n41 30 0:71 / /home rw - xfs /dev/vdd1 rw")
    assert not {30, 31} & {mount.number for mount in seen(over)}
    assert holding("/home/ulla/far/x", over) != holding("/home/ulla/far/x", found)
    assert holding("/home/ulla/far/x", found) == found[3]


def test_a_mount_that_answers_has_no_trouble(tmp_path: Path) -> None:
    assert trouble(str(tmp_path), 5) == ""
    assert trouble("/proc", 5) == ""
    assert trouble(str(tmp_path / "none"), 5) == "No such file or directory"


def test_a_mount_of_another_account_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "far"
    with fuse(place):
        assert trouble(str(place), 5) == "Permission denied"
        (mount,) = [mount for mount in seen(mounts()) if mount.place == str(place)]
        assert mount.distant
        assert mount.personal


def test_a_mount_that_never_answers_holds_nobody(tmp_path: Path) -> None:
    place = tmp_path / "far"
    with fuse(place, account=0):
        assert trouble(str(place), seconds=0.2) == "no answer within 0 s"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_mount_whose_program_is_gone_is_told(tmp_path: Path) -> None:
    place = tmp_path / "far"
    with fuse(place, account=0) as end:
        end()
        assert trouble(str(place), 5) == "Transport endpoint is not connected"
