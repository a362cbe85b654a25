"""Real fstabs, and the disks that are made after them."""

import pytest

from ops.core.errors import Damaged
from ops.drills._qemu.partitions import MIB, layout, slots, table

ROOT = "UUID=11111111-2222-4333-8444-555555555555"


def mounts(fstab: str) -> list[tuple[str, str]]:
    return [(one.mount, one.kind) for one in layout(fstab).made]


def test_debian_with_a_separate_boot_and_swap() -> None:
    boot = "UUID=aaaaaaaa-2222-4333-8444-555555555555 /boot ext2 defaults 0 2"
    text = f"# <file system>\n{boot}\n/dev/sda5 none swap sw 0 0\n{ROOT} / ext4 errors=remount-ro 0 1\n"
    assert mounts(text) == [("/", "ext4"), ("/boot", "ext2"), ("", "swap")]
    assert layout(text).made[0].uuid == ROOT.removeprefix("UUID=")


def test_what_can_not_be_made_is_left_and_named() -> None:
    plan = layout(f"{ROOT} / ext4 defaults 0 1\n/dev/sdb1 /srv/files xfs defaults 0 2\n/swapfile none swap sw 0 0\n")
    assert [one.kind for one in plan.left] == ["xfs", "swap"]
    assert "# not made by this drill: /dev/sdb1 /srv/files xfs" in plan.fstab


@pytest.mark.parametrize(
    "line",
    [
        "proc /proc proc defaults 0 0",
        "tmpfs /tmp tmpfs size=1G 0 0",
        "nas:/export /mnt/nas nfs defaults 0 0",
        "/srv/a /srv/b none bind 0 0",
        "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0",
    ],
)
def test_what_lies_on_no_disk_is_no_partition(line: str) -> None:
    plan = layout(f"{ROOT} / ext4 defaults 0 1\n{line}\n")
    assert len(plan.made) == 1
    assert not plan.left


def test_a_label_is_kept() -> None:
    assert layout("LABEL=system / ext4 defaults 0 1\n").made[0].label == "system"


def test_lvm_names_become_a_uuid_that_is_always_the_same() -> None:
    first, again = (layout("/dev/mapper/vg-root / ext4 defaults 0 1\n").fstab for _ in range(2))
    assert first == again
    assert "/dev/mapper" not in first


@pytest.mark.parametrize("text", ["", "/dev/sda1 / btrfs defaults 0 0\n", "/dev/sda1 /boot ext4 defaults 0 2\n"])
def test_without_a_root_that_can_be_made_there_is_no_disk(text: str) -> None:
    with pytest.raises(Damaged, match="has no root file system"):
        layout(text)


def test_partitions_do_not_overlap_and_the_boot_loader_has_its_own() -> None:
    plan = layout(f"{ROOT} / ext4 defaults 0 1\n/dev/sda5 none swap sw 0 0\n")
    places = slots([10 * MIB + 1, MIB])
    assert [(place.start // MIB, place.size // MIB) for place in places] == [(3, 11), (14, 1)]
    lines = table(plan.made, places).splitlines()
    assert lines[2] == "start=2048, size=4096, type=21686148-6449-6E6F-744E-656564454649"
    assert lines[3:] == ["start=6144, size=22528, type=linux", "start=28672, size=2048, type=swap"]
