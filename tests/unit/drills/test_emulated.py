"""What of a restored tree is looked at before it is booted with its own kernel."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ops.core.errors import Damaged, Unavailable
from ops.drills._qemu import machine
from ops.drills._qemu.bootable import demand_bootable, equip, kernel
from ops.drills._qemu.machine import BEGIN_SECONDS, accelerated, argv, booted, last_words
from ops.drills._qemu.partitions import layout
from ops.drills._qemu.steps import own_kernel

ROOT = "UUID=11111111-2222-4333-8444-555555555555 / ext4 defaults 0 1\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with two kernels and a boot loader for a BIOS."""
    root = tmp_path / "root"
    for folder in ("boot", "etc/default", "etc/systemd/system", "usr/sbin", "usr/lib/grub/i386-pc"):
        (root / folder).mkdir(parents=True)
    for version in ("6.1.0-9-amd64", "6.1.0-10-amd64"):
        for name in ("vmlinuz", "initrd.img"):
            (root / f"boot/{name}-{version}").touch()
    (root / "usr/sbin/grub-install").touch()
    return root


def test_the_newest_kernel_is_booted(tree: Path) -> None:
    assert kernel(tree).version == "6.1.0-10-amd64"


@pytest.mark.parametrize("gone", ["boot/initrd.img-6.1.0-10-amd64", "usr/sbin/grub-install"])
def test_what_the_backup_lacks_is_named(tree: Path, gone: str) -> None:
    (tree / gone).unlink()
    with pytest.raises(Damaged, match=gone):
        kernel(tree)


@pytest.mark.parametrize("name", ["vmlinuz-6.1.0-10-amd64", "initrd.img-6.1.0-10-amd64"])
def test_no_file_of_the_drill_host_is_booted(tree: Path, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "of-the-drill-host"
    secret.touch()
    (tree / "boot" / name).unlink()
    (tree / "boot" / name).symlink_to(secret)
    with pytest.raises(Damaged, match=f"boot/{name} of the backup is a link"):
        kernel(tree)


def test_a_machine_that_boots_by_a_bios_is_taken(tree: Path) -> None:
    demand_bootable(tree, layout(ROOT))


def test_a_machine_that_boots_by_uefi_is_refused_and_told_so(tree: Path) -> None:
    with pytest.raises(Unavailable, match=r"boots by UEFI \(its fstab mounts boot/efi"):
        demand_bootable(tree, layout(f"{ROOT}UUID=ABCD-0123 /boot/efi vfat umask=0077 0 1\n"))
    (tree / "usr/lib/grub/i386-pc").rename(tree / "usr/lib/grub/x86_64-efi")
    with pytest.raises(Unavailable, match="GRUB for x86_64-efi, not for a BIOS"):
        demand_bootable(tree, layout(ROOT))


@pytest.mark.parametrize("place", ["initramfs.conf", "conf.d/driver-policy"])
def test_an_initial_file_system_for_its_own_hardware_is_refused(tree: Path, place: str) -> None:
    path = tree / "etc/initramfs-tools" / place
    path.parent.mkdir(parents=True)
    path.write_text("# Driver inclusion policy\nMODULES=dep\n")
    with pytest.raises(Unavailable, match="only the drivers of the machine's own hardware"):
        demand_bootable(tree, layout(ROOT))


def test_no_link_is_followed_out_of_the_tree(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tree / "etc/default/grub.d").symlink_to("../../../outside")
    (tree / "etc/default/grub.d").unlink()
    (tree / "usr/local").symlink_to(tmp_path / "outside")
    with pytest.raises(Damaged, match="points outside the machine"):
        equip(tree, ROOT)
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize(("flags", "device", "wanted"), [("vmx", True, True), ("vmx", False, False), ("", True, False)])
def test_the_processors_help_is_believed_only_with_its_device(
    tmp_path: Path, flags: str, device: bool, wanted: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: fpu {flags} sse\n")
    if device:
        (tmp_path / "kvm").touch()
    assert accelerated(tmp_path / "cpuinfo", tmp_path / "kvm") is wanted


def test_what_is_emulated_has_one_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "accelerated", lambda: False)
    words = argv(tmp_path / "disk", tmp_path / "console", [])
    assert words[words.index("-smp") + 1] == "1"
    assert "kvm" not in words
    assert words[words.index("-nic") + 1] == "none"


def test_a_qemu_that_ends_at_once_is_no_fault_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "QEMU", "false")
    with (
        pytest.raises(Unavailable, match="QEMU exited before the machine started"),
        booted(tmp_path / "disk", tmp_path),
    ):
        pass


def test_a_qemu_that_never_begins_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "argv", lambda *_: ["sleep", "60"])
    monkeypatch.setattr(machine, "BEGIN_SECONDS", 0.01)
    assert BEGIN_SECONDS > 1
    with pytest.raises(Unavailable, match="QEMU did not start within"), booted(tmp_path / "disk", tmp_path):
        pass


@pytest.mark.parametrize(
    ("wish", "instant", "policy", "wanted"),
    [
        (None, None, True, True),
        (None, None, False, False),
        (True, None, False, True),
        (False, None, True, False),
        (None, True, True, False),
        (None, False, True, True),
    ],
)
def test_a_persons_word_goes_before_the_policys(
    wish: bool | None, instant: bool | None, policy: bool, wanted: bool
) -> None:
    stage = SimpleNamespace(own_kernel=wish, instant=instant, options=SimpleNamespace(own_kernel=policy))
    assert own_kernel(stage) is wanted  # type: ignore[arg-type]


def test_where_something_gave_up_the_reason_is_told(tmp_path: Path) -> None:
    trace = "".join(f"[ 3.60] ? rest_init+{number}\r\n" for number in range(20))
    (tmp_path / "console").write_text(f"[ 3.5] no such root\r\n[ 3.6] Kernel panic - not syncing: VFS\r\n{trace}")
    assert last_words(tmp_path / "console") == "[ 3.5] no such root | [ 3.6] Kernel panic - not syncing: VFS"
    (tmp_path / "console").write_text(f"no module\nseawall-drill: grub-install 1\nseawall-drill: over 0\n{trace}")
    assert last_words(tmp_path / "console") == "no module | seawall-drill: grub-install 1"
    (tmp_path / "console").write_text("one\r\n\r\ntwo\r\n")
    assert last_words(tmp_path / "console") == "one | two"
    assert last_words(tmp_path / "nowhere") == ""
