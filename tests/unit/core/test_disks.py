"""Which disks a path lies on: a partition is its disk, and what is made of others is all of them."""

from pathlib import Path

import pytest

from ops.core import disks
from ops.core.mounts import Mount


def device(sys: Path, number: str, path: str, *, partition: bool = False, slaves: tuple[str, ...] = ()) -> None:
    folder = sys / "devices" / path
    (folder / "slaves").mkdir(parents=True, exist_ok=True)
    (folder / "dev").write_text(f"{number}\n")
    if partition:
        (folder / "partition").write_text("1\n")
    for slave in slaves:
        (folder / "slaves" / Path(slave).name).symlink_to(sys / "devices" / slave)
    (sys / "block").mkdir(exist_ok=True)
    (sys / "block" / number).symlink_to(folder)


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """Two disks with a partition each, a RAID of both, LUKS on that, and a third disk."""
    for number, name in (("8:0", "sda"), ("8:16", "sdb"), ("8:32", "sdc")):
        device(tmp_path, number, name)
    device(tmp_path, "8:1", "sda/sda1", partition=True)
    device(tmp_path, "8:17", "sdb/sdb1", partition=True)
    device(tmp_path, "9:0", "md0", slaves=("sda/sda1", "sdb/sdb1"))
    device(tmp_path, "253:0", "dm-0", slaves=("md0",))
    return tmp_path / "block"


@pytest.mark.parametrize(
    ("number", "expected"),
    [("8:1", {"sda"}), ("8:32", {"sdc"}), ("253:0", {"sda", "sdb"}), ("0:25", set())],
)
def test_each_device_is_its_disks(sys: Path, monkeypatch: pytest.MonkeyPatch, number: str, expected: set[str]) -> None:
    mount = Mount("/srv/x", "/", "ext4", "/dev/x", disk=number)
    monkeypatch.setattr(disks, "holding", lambda _path, _found: mount)
    assert disks.beneath(Path("/srv/x"), sys) == expected


def test_the_system_itself_lies_somewhere_or_nobody_says_so() -> None:
    assert all(name and "/" not in name for name in disks.beneath(Path("/")))
