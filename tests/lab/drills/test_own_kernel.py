"""A machine booted from a disk of its own, by its own boot loader and kernel, from what its backup holds."""

from collections.abc import Iterator

import pytest
import yaml
from aftermath import TRACES, changed, facts
from hospital import MINUTES, Site

LONG = 20 * MINUTES  # nothing but patience helps where the processor does not
FSTAB = """\
UUID=5ea3a11e-0000-4000-8000-000000000001 / ext4 errors=remount-ro 0 1
UUID=5ea3a11e-0000-4000-8000-000000000002 /boot ext2 defaults 0 2
UUID=5ea3a11e-0000-4000-8000-000000000003 none swap sw 0 0
"""
# The lab's machines are containers: what boots real ones is installed here, as Debian's installer does it.
BOOTABLE = f"""
set -eu
export DEBIAN_FRONTEND=noninteractive
cp /etc/fstab /var/tmp/fstab.before
printf '{FSTAB}' >/etc/fstab
echo 'grub-pc grub-pc/install_devices_empty boolean true' | debconf-set-selections
apt-get -qq install --no-install-recommends linux-image-cloud-amd64 grub-pc >/var/tmp/bootable.log 2>&1
"""
AGAIN = """
cp /var/tmp/fstab.before /etc/fstab
DEBIAN_FRONTEND=noninteractive apt-get -qq purge --autoremove linux-image-cloud-amd64 grub-pc 'linux-image-6*'
"""
PROGRAMS = "command -v qemu-system-x86_64 sfdisk mke2fs"


@pytest.fixture(scope="module")
def bootable(site: Site) -> Iterator[Site]:
    """The machine his1 with a kernel and a boot loader, backed up; the policy has it drilled with them."""
    done = site.on("his1", BOOTABLE, timeout=10 * MINUTES)
    assert done.code == 0, done.stdout + done.stderr + site.on("his1", "tail -n 20 /var/tmp/bootable.log").stdout
    path = site.lab.inventory / "host_vars/his1/policy.yml"
    before = path.read_text("utf-8")
    policy = yaml.safe_load(before)
    policy["policy__host"]["assets"]["his1_server"]["drill"]["options"]["own_kernel"] = True
    try:
        path.write_text(yaml.safe_dump(policy), "utf-8")
        site.ansible("site.yml", "--limit", "drill1")
        done = site.on("his1", "seawall backup his1_server")
        assert done.code == 0, done.stdout + done.stderr
        yield site
    finally:
        path.write_text(before, "utf-8")
        site.ansible("site.yml", "--limit", "drill1")
        site.on("his1", AGAIN, timeout=10 * MINUTES)
        site.on("his1", "seawall backup his1_server")  # what comes after this finds the server as it was


def test_the_role_brings_what_boots_disks_where_the_policy_asks_for_it(bootable: Site) -> None:
    assert len(bootable.on("drill1", PROGRAMS, ok=range(1)).stdout.splitlines()) == 3


def test_kernel_boot_loader_and_disk_layout_are_proved_and_nothing_is_left(bootable: Site) -> None:
    traces = bootable.on("drill1", TRACES).stdout
    shown = bootable.on("drill1", "seawall drill his1_server", timeout=LONG)
    assert shown.code == 0, shown.stdout + shown.stderr
    assert changed(bootable, traces) == []
    record = facts(bootable)
    told = record["facts"]
    assert isinstance(told, dict)
    assert (record["result"], told["method"]) == ("pass", "own_kernel")
    rungs = {rung["name"]: rung["message"] for rung in told["rungs"]}
    assert rungs["disk"] == "built as in fstab: root (ext4), boot (ext2), swap (swap)"
    assert rungs["loader"] == "the machine's own grub-install and update-grub succeeded"
    assert "-cloud-amd64 runs, started by GRUB from the disk" in rungs["kernel"]
    wanted = {"content", "boot", "services", "port 22", "port 5432", "semantics patients", "5432/his volume"}
    assert wanted | {"kernel", "5432/his content"} <= set(rungs)
    assert not [sentence for sentence in told["not_proved"] if sentence.startswith("kernel, boot loader")]
    if told["patience"] > 1:
        assert any("everything was emulated" in sentence for sentence in told["not_proved"])


@pytest.mark.parametrize(
    ("damage", "rung", "said"),
    [
        ("root_not_mounted", "disk", "fstab has no root file system"),
        ("kernel_overwritten", "loader", "did not get as far"),
        ("initrd_overwritten", "loader", "Kernel panic"),
        ("loader_incomplete", "loader", "grub-install failed with"),
    ],
)
def test_what_only_this_drill_can_notice_it_notices(bootable: Site, damage: str, rung: str, said: str) -> None:
    shown = bootable.on("drill1", f"seawall drill his1_server --inject-damage {damage}", timeout=LONG)
    assert shown.code == 2, shown.stdout + shown.stderr
    assert f"injected damage: {damage}" in shown.stdout
    assert f"; noticed by {rung}" in shown.stdout
    assert said in shown.stdout
    told = facts(bootable)["facts"]
    assert isinstance(told, dict)
    assert any(sentence.startswith("kernel, boot loader and disk layout") for sentence in told["not_proved"])


def test_a_crash_is_of_a_container(bootable: Site) -> None:
    before = bootable.on("drill1", "grep -cv act.:.check /var/lib/seawall/ledger/ledger.jsonl").stdout
    refused = bootable.on("drill1", "seawall drill his1_server --kind crash --own-kernel")
    assert refused.code != 0
    assert "does not boot a disk" in refused.stdout + refused.stderr
    assert bootable.on("drill1", "grep -cv act.:.check /var/lib/seawall/ledger/ledger.jsonl").stdout == before
    shown = bootable.on("drill1", "seawall drill his1_server --kind crash --instant")
    assert shown.code == 0, shown.stdout + shown.stderr
    told = facts(bootable)["facts"]
    assert isinstance(told, dict)
    assert any("the machine was booted as a container" in sentence for sentence in told["not_proved"])


def test_a_machine_that_boots_by_uefi_is_not_judged(bootable: Site) -> None:
    bootable.on("his1", "echo 'UUID=5EA3-A11E /boot/efi vfat umask=0077 0 1' >>/etc/fstab", ok=range(1))
    done = bootable.on("his1", "seawall backup his1_server")
    assert done.code == 0, done.stdout + done.stderr
    shown = bootable.on("drill1", "seawall drill his1_server", timeout=LONG)
    assert shown.code == 3, shown.stdout + shown.stderr
    assert " unknown disk: the machine boots by UEFI" in shown.stdout
    told = facts(bootable)["facts"]
    assert isinstance(told, dict)
    assert not [rung for rung in told["rungs"] if rung["verdict"] == "fail"]
    assert any(sentence.startswith("kernel, boot loader and disk layout") for sentence in told["not_proved"])
