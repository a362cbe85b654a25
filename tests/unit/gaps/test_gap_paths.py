from pathlib import Path

import pytest
from mounted import btrfs, fuse, snapshot, subvolume

from ops.gaps import path
from ops.interfaces.discovery import SearchContext

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /proc rw - proc proc rw
24 22 8:2 / /boot rw - ext4 /dev/sda2 rw
25 22 8:3 / {root}/data\\040one rw shared:2 - xfs /dev/sdb1 rw
26 22 8:3 /part {root}/bound rw - xfs /dev/sdb1 rw
27 22 0:44 /@home {root}/home rw master:1 shared:3 - btrfs /dev/sdc rw
28 22 0:50 / /mnt/pictures rw - nfs4 nas:/pictures rw
29 22 0:51 / /tmp rw - tmpfs tmpfs rw
"""


@pytest.fixture(autouse=True)
def system(monkeypatch):
    """These tests live below /tmp, which is the system's elsewhere."""
    monkeypatch.setattr(path, "SYSTEM", ("/boot",))


@pytest.fixture
def around(kernel, tmp_path, monkeypatch):
    monkeypatch.setattr(path, "FOLDERS", (str(tmp_path / "srv"), str(tmp_path / "nowhere")))
    (kernel.proc / "1/mountinfo").write_text("")

    def look(*answered, larger_than=1000, alone=()):
        alone = [Path(tmp_path, place) for place in alone]
        scene = SearchContext(larger_than, [Path(tmp_path, known) for known in answered], kernel.proc, alone=alone)
        return {found.name.removeprefix(f"path:{tmp_path}/"): found for found in path.look(scene)}

    return look


def filled(path, size):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


def test_a_folder_over_the_size_is_named_and_a_small_one_is_not(around, tmp_path):
    filled(tmp_path / "srv/large/deep/file", 1001)
    filled(tmp_path / "srv/small/file", 999)
    found = around()
    assert list(found) == ["srv/large"]
    assert found["srv/large"].bytes == 1001


def test_beside_what_is_covered_the_rest_is_looked_at(around, tmp_path):
    filled(tmp_path / "srv/his/documents/file", 5000)
    filled(tmp_path / "srv/his/scans/file", 5000)
    filled(tmp_path / "srv/his/loose", 5000)
    found = around("srv/his/documents")
    assert sorted(found) == ["srv/his", "srv/his/scans"]
    assert found["srv/his"].bytes == 5000


def test_what_is_covered_above_or_file_by_file_is_no_gap(around, tmp_path):
    filled(tmp_path / "srv/his/documents/file", 5000)
    filled(tmp_path / "srv/agenda/agenda.db", 5000)
    assert around("srv/his", "srv/agenda/agenda.db") == {}
    assert around("") == {}


def test_links_are_not_followed(around, tmp_path):
    filled(tmp_path / "elsewhere/file", 5000)
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "srv/loop").symlink_to(tmp_path / "srv")
    assert around() == {}


def test_what_could_not_be_measured_in_time_is_named_with_its_least(around, tmp_path, monkeypatch):
    filled(tmp_path / "srv/vast/file", 10)
    monkeypatch.setattr(path, "SECONDS", -1.0)
    assert around()["srv/vast"].least


def test_volumes_are_the_mounted_file_systems_with_data(tmp_path):
    (tmp_path / "data one").mkdir()
    (tmp_path / "bound").mkdir()
    (tmp_path / "home").mkdir()
    assert list(path.volumes(MOUNTS.format(root=tmp_path))) == [
        (tmp_path / "data one", "xfs"),
        (tmp_path / "home", "btrfs"),
        (Path("/mnt/pictures"), "nfs4"),
    ]


def test_a_volume_counts_whatever_its_size_unless_it_is_empty(around, kernel, tmp_path):
    (kernel.proc / "1/mountinfo").write_text(MOUNTS.format(root=tmp_path))
    (tmp_path / "data one/lost+found").mkdir(parents=True)
    filled(tmp_path / "home/anna/letter", 1)
    found = around()
    assert sorted(found) == ["home", f"path:{Path('/mnt/pictures')}"]
    assert "a network volume" in found["path:/mnt/pictures"].words
    assert sorted(around("home/anna")) == ["path:/mnt/pictures"]
    assert sorted(around("/")) == sorted(found), "who takes / does not enter other file systems"


PART = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
25 22 8:3 /part {root}/bound rw - xfs /dev/sdb1 rw
26 22 8:3 /part {root}/again rw - xfs /dev/sdb1 rw
27 22 8:3 /part/of/it {root}/deeper rw - xfs /dev/sdb1 rw
"""


def test_a_part_of_a_file_system_that_is_seen_nowhere_whole_is_a_volume(tmp_path):
    for name in ("bound", "again", "deeper"):
        (tmp_path / name).mkdir()
    assert list(path.volumes(PART.format(root=tmp_path))) == [(tmp_path / "bound", "xfs")]


def test_who_takes_a_file_system_alone_does_not_answer_for_what_is_mounted_below_it(around, kernel, tmp_path):
    table = PART.format(root=tmp_path) + f"30 25 8:4 / {tmp_path}/bound/scans rw - ext4 /dev/sdc1 rw\n"
    (kernel.proc / "1/mountinfo").write_text(table)
    filled(tmp_path / "bound/file", 5000)
    filled(tmp_path / "bound/scans/file", 5000)
    assert sorted(around()) == ["bound", "bound/scans"]
    (found,) = around(alone=["bound"]).values()
    assert (found.name, found.volume, found.apart) == (f"path:{tmp_path}/bound/scans", f"{tmp_path}/bound/scans", True)
    assert around(alone=["bound", "bound/scans"]) == around("bound") == {}
    filled(tmp_path / "bound/scans/old/file", 5000)
    filled(tmp_path / "bound/scans/new/file", 5000)
    (found,) = around("bound/scans/new", "bound/scans/file", alone=["bound"]).values()
    assert (found.name, found.volume, found.apart) == (
        f"path:{tmp_path}/bound/scans/old",
        f"{tmp_path}/bound/scans",
        False,
    )


def test_a_subvolume_is_a_volume_of_its_own(around, kernel, tmp_path):
    archive = tmp_path / "srv/archive"
    with btrfs(archive):
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        (kernel.proc / "1/mountinfo").write_text("".join(f"{line}\n" for line in mounts if str(tmp_path) in line))
        filled(subvolume(archive / "2025") / "scan", 5000)
        subvolume(archive / "empty")
        snapshot(archive / "2025", archive / "kept")
        filled(archive / "top", 5000)
        assert sorted(around()) == ["srv/archive", "srv/archive/2025"]
        (found,) = around(alone=["srv/archive"]).values()
        assert (found.name, found.words) == (f"path:{archive}/2025", "a volume (btrfs subvolume)")
        assert (found.bytes, found.apart, found.volume) == (5000, True, f"{archive}/2025")
        assert around("srv/archive") == around(alone=["srv/archive", "srv/archive/2025"]) == {}


@pytest.mark.parametrize("account", [0, 12_345])
def test_what_never_answers_or_refuses_is_not_touched(around, kernel, tmp_path, account):
    far = tmp_path / "srv/his/far"
    filled(tmp_path / "srv/his/documents/file", 5000)
    filled(tmp_path / "srv/his/scans/file", 5000)
    with fuse(far, account):
        line = f"28 22 0:50 / {far} rw,nosuid - fuse.sshfs localhost: rw,user_id={account},group_id=0"
        (kernel.proc / "1/mountinfo").write_text(f"{MOUNTS.splitlines()[0]}\n{line}\n")
        found = around("srv/his/documents")
        assert sorted(found) == ["srv/his/far", "srv/his/scans"]
        assert found["srv/his/far"].words == "a network volume (fuse.sshfs)"


def test_a_base_that_never_answers_is_not_touched(around, kernel, tmp_path):
    with fuse(tmp_path / "srv", account=0):
        line = f"28 22 0:50 / {tmp_path}/srv rw - fuse.sshfs localhost: rw,user_id=0,group_id=0"
        (kernel.proc / "1/mountinfo").write_text(f"{MOUNTS.splitlines()[0]}\n{line}\n")
        assert sorted(around()) == ["srv"]
