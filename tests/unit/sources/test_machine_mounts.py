"""What is mounted on a machine, or stands on its own in a file system, and is not taken: named, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mounted import btrfs, snapshot, subvolume

from ops.core.errors import Unavailable
from ops.core.mounts import Mount, mounts, read
from ops.interfaces.source import Amount, CaptureContext, Stored
from ops.sources._shared.exclude import left_out
from ops.sources._shared.file_sample import Sample
from ops.sources.machine import PASSED, Options, _Capture, demand_entered, demand_whole
from ops.sources.machine import system as known
from ops.sources.machine.data_dirs import databases

TABLE = r"""
25 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
26 25 0:5 / /proc rw,nosuid shared:12 - proc proc rw
27 26 0:9 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw
31 25 0:60 / /home/ulla/far\134 rw,nosuid - fuse.sshfs localhost: rw,user_id=1000,group_id=1000
32 25 0:61 / /var/lib/pictures rw - nfs4 nas:/x rw
33 25 0:62 / /srv/pool rw - fuse.mergerfs a:b rw,user_id=0,group_id=0,allow_other
34 33 254:3 / /srv/pool/disk rw - ext4 /dev/vdc1 rw
35 25 8:17 / /media/stick rw,nosuid - fuseblk /dev/sdb1 rw,user_id=0,group_id=0,allow_other
"""
PASSES = left_out(PASSED)
FOUND = read(TABLE.strip())


def test_what_another_machine_or_a_program_shows_is_never_entered() -> None:
    binfmt, far, pool, pictures = "/proc/sys/fs/binfmt_misc", "/home/ulla/far\\", "/srv/pool", "/var/lib/pictures"
    stick = "/media/stick"
    assert known.never_entered(FOUND, ["/"]) == sorted([binfmt, far, pictures, pool, stick])
    assert known.never_entered(FOUND, ["/", pictures]) == sorted([binfmt, far, pool, stick])
    assert pool not in known.never_entered(FOUND, ["/", "/srv/pool/disk"])


def test_what_answers_from_elsewhere_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []

    def device(mount: Mount) -> int:
        looked.append(mount.place)
        return Path("/" if mount.place == "/" else "/proc").stat().st_dev

    monkeypatch.setattr(Mount, "device", property(device))
    assert demand_whole(["/"], FOUND, PASSES) == ["/srv/pool/disk"]
    assert looked == ["/", "/srv/pool/disk"]


@pytest.mark.parametrize(("upper", "elsewhere"), [("/proc", True), ("/nowhere/at/all", True), ("/", False)])
def test_an_overlay_is_taken_where_it_writes(upper: str, elsewhere: bool) -> None:
    line = f"40 25 0:65 / /srv/merged rw - overlay overlay rw,lowerdir=/a,upperdir={upper},workdir=/d"
    merged = read(f"{TABLE.strip()}\n{line}")
    assert ("/srv/merged" in known.not_taken(merged, ["/"], PASSES)) is elsewhere
    assert "/srv/merged" not in known.not_taken(merged, ["/"], left_out(["/srv/merged"]))


def test_a_folder_that_a_unit_sees_a_second_time_is_taken_where_it_lies() -> None:
    """On a root that is an overlay itself, whose folders cannot be seen from inside."""
    line = "40 25 0:65 /etc /etc rw - overlay overlay rw,lowerdir=/a,upperdir=/nowhere/at/all,workdir=/d"
    assert known.not_taken(read(f"{TABLE.strip()}\n{line}"), ["/"], PASSES) == known.not_taken(
        read(TABLE.strip()), ["/"], PASSES
    )


def test_a_data_folder_that_a_command_line_claims_is_not_looked_at_where_nobody_looks(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "proc/77").mkdir(parents=True)
    (tmp_path / "proc/77/cmdline").write_bytes(b"postgres\0-D\0%b\0" % bytes(tmp_path / "data"))
    assert databases(tmp_path) == [tmp_path / "data"]
    assert databases(tmp_path, never=[str(tmp_path)]) == []


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Path]:
    with btrfs(tmp_path / "archive"):
        yield tmp_path / "archive"


def test_a_subvolume_that_nobody_names_is_told(archive: Path) -> None:
    whole = ["/", str(archive)]
    assert demand_entered(whole, mounts(), PASSES) == ([], [])
    (subvolume(archive / "2025") / "scan").write_text("inside")
    (subvolume(archive / "2025/inner") / "scan").write_text("inside")
    subvolume(archive / "empty")
    outer, inner = str(archive / "2025"), str(archive / "2025/inner")
    found, (said,) = demand_entered(whole, mounts(), left_out([]))
    assert found == [outer, inner]
    assert said.startswith(f"{outer}, {inner} are subvolumes and not taken; add them to options.filesystems")
    found, (said,) = demand_entered([*whole, outer], mounts(), left_out([]))
    assert found == [inner]
    assert said.startswith(f"{inner} is a subvolume and not taken; add it to")
    assert demand_entered([*whole, outer, inner], mounts(), left_out([])) == ([], [])
    assert demand_entered(whole, mounts(), left_out([outer])) == ([], [])


def test_a_snapshot_is_named_and_no_reason_to_warn(archive: Path) -> None:
    (subvolume(archive / "2025") / "scan").write_text("inside")
    kept = snapshot(archive / "2025", archive / "kept")
    assert demand_entered(["/", str(archive), str(archive / "2025")], mounts(), left_out([])) == ([str(kept)], [])


def test_a_subvolume_without_which_nothing_boots_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (subvolume(archive / "usr") / "bin").mkdir()
    monkeypatch.setattr(known, "NEEDED", (str(archive / "usr"),))
    with pytest.raises(Unavailable, match="/usr is a subvolume that is not backed up"):
        demand_entered(["/", str(archive)], mounts(), left_out([]))


def test_that_subvolumes_cannot_be_told_is_said() -> None:
    found = read(TABLE.strip().replace("ext4 /dev/vda1", "btrfs /dev/vda1"))
    told, doubts = demand_entered(["/sys"], found, left_out([]))
    assert told == []
    assert doubts[0].startswith("whether there are subvolumes, which are not taken, can't be told: Inappropriate ioctl")


def test_a_set_of_which_a_part_is_missed_warns(tmp_path: Path) -> None:
    scene = CaptureContext(tmp_path, Amount(), "")
    taken = _Capture(Options(), scene, (), (), ["/srv/\udce9"], Sample(), "", (), ["/srv/\udce9 is not taken"])
    facts = taken.facts()
    assert facts.not_taken == ("/srv/\\udce9",)
    assert taken.finish(facts, Stored(10, 9, {})).warnings == ("/srv/\udce9 is not taken",)


def test_of_many_a_few_are_named(archive: Path) -> None:
    for year in range(2019, 2026):
        (subvolume(archive / f"{year}") / "scan").write_text("inside")
    found, (said,) = demand_entered(["/", str(archive)], mounts(), left_out([]))
    assert len(found) == 7
    assert f"{archive}/2023 and 2 more are subvolumes and not taken" in said
