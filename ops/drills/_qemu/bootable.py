"""What of a restored tree is looked at before a disk is made of it, and what is put into it for its boots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.document import read_file
from ops.core.errors import Damaged, Unavailable
from ops.drills._boot.isolate import beneath
from ops.drills._qemu.partitions import Layout

LARGEST_SETTINGS = 1 << 20
PORTS = 4  # so many programs inside at once; one may talk while others ask
ESP = ("/boot/efi", "/efi")  # where Debian mounts what UEFI boots from
AGENT = Path(__file__).with_name("agent.pl")
SAYS = "seawall-drill:"
# Whatever is in the way of an answer in these words ends the first boot, which says how each step ended.
INSTALL = f"""\
#!/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
[ -e /proc/self ] || mount -t proc proc /proc
[ -e /sys/kernel ] || mount -t sysfs sysfs /sys
[ -c /dev/vda ] || [ -b /dev/vda ] || mount -t devtmpfs devtmpfs /dev
mount -o remount,rw / && mount -a
echo "{SAYS} mount $?"
grub-install --target=i386-pc --recheck /dev/vda
echo "{SAYS} grub-install $?"
update-grub
echo "{SAYS} update-grub $?"
sync
umount -a -r 2>/dev/null
mount -o remount,ro /
echo "{SAYS} over 0"
echo 1 >/proc/sys/kernel/sysrq
echo o >/proc/sysrq-trigger
while :; do sleep 1; done
"""
STEPS = ("mount", "grub-install", "update-grub", "over")
UNIT = """\
[Unit]
Description=Asks of the drill on port %i
DefaultDependencies=no
After=systemd-udevd.service
StartLimitIntervalSec=0
[Service]
ExecStartPre=-modprobe virtio_console
ExecStart=/usr/bin/perl /usr/local/lib/seawall-drill-agent /dev/virtio-ports/seawall.%i
Restart=always
RestartSec=1
"""
# The console is what a drill shows when a boot fails; nobody waits at a menu. Emulated, a disk that is there may well
# take longer to be seen than real machines wait for one.
GRUB = """\
GRUB_TIMEOUT=0
GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX console=tty0 console=ttyS0 systemd.show_status=yes"
GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX systemd.default_device_timeout_sec=900 systemd.default_timeout_start_sec=900"
"""
_WANTS = "etc/systemd/system/sysinit.target.wants"


@dataclass(frozen=True)
class Kernel:
    """The newest kernel of a tree: its version, and its files."""

    version: str
    image: Path
    initrd: Path


def kernel(root: Path) -> Kernel:
    """Return the newest kernel of a tree; raise Damaged, with what the backup lacks."""
    boot = beneath(root, "boot")
    found = sorted((boot.glob("vmlinuz-*") if boot else ()), key=lambda path: _newer(path.name))
    if not found:
        raise Damaged("the backup has no boot/vmlinuz-*; its source must include the boot folder")
    version = found[-1].name.removeprefix("vmlinuz-")
    initrd = found[-1].with_name(f"initrd.img-{version}")
    if links := [path.name for path in (found[-1], initrd) if path.is_symlink()]:
        raise Damaged(
            f"boot/{links[0]} of the backup is a link; expected a file, for a link may lead to the drill host"
        )
    if not initrd.is_file() or not found[-1].is_file():
        raise Damaged(f"the backup has no boot/initrd.img-{version}; its source must include the boot folder")
    for program in ("usr/sbin/grub-install", "usr/lib/grub/i386-pc"):
        if beneath(root, program) is None:
            raise Damaged(f"the backup has no {program}; the package grub-pc provides it")
    return Kernel(version, found[-1], initrd)


def demand_bootable(root: Path, plan: Layout) -> None:
    """Raise Unavailable for a machine that boots, but not in QEMU by a BIOS: it is none that this drill can judge."""
    words = (
        "such machines can't be drilled with their own kernel yet; set `own_kernel: false`, and restore it by hand once"
    )
    if any(one.mount in ESP for one in plan.left):
        raise Unavailable(f"the machine boots by UEFI (its fstab mounts boot/efi): {words}")
    kinds = [path.name for path in sorted((beneath(root, "usr/lib/grub") or root / "nowhere").glob("*-*"))]
    if kinds and "i386-pc" not in kinds:
        raise Unavailable(f"the machine's boot loader is GRUB for {', '.join(kinds)}, not for a BIOS: {words}")
    if any(re.search(r"^MODULES=[\"']?dep\b", text, re.MULTILINE) for text in _initramfs(root)):
        raise Unavailable(
            f"initramfs-tools includes only the drivers of the machine's own hardware (MODULES=dep): {words}"
        )


def _initramfs(root: Path) -> Iterator[str]:
    """Yield the settings of what makes the initial file system."""
    folder = beneath(root, "etc/initramfs-tools")
    for path in (*folder.glob("initramfs.conf"), *folder.glob("conf.d/*")) if folder else ():
        if path.is_file() and not path.is_symlink():
            yield read_file(path, LARGEST_SETTINGS, f"{path.name} of the backup").decode("utf-8", "replace")


def _newer(name: str) -> list[tuple[int, int, str]]:
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d+|\D+", name)]


def equip(root: Path, fstab: str) -> None:
    """Put into an isolated tree what the two boots need; it is gone with the tree."""
    _write(root, "etc", "fstab", fstab, 0o644)
    _write(root, "etc/systemd/system", "seawall-drill-agent@.service", UNIT, 0o644)
    _write(root, "usr/local/lib", "seawall-drill-agent", AGENT.read_text(encoding="ascii"), 0o755)
    _write(root, "usr/local/sbin", "seawall-drill-install", INSTALL, 0o755)
    _write(root, "etc/default/grub.d", "zz-seawall-drill.cfg", GRUB, 0o644)
    for port in range(PORTS):
        _write(root, _WANTS, f"seawall-drill-agent@{port}.service", None, 0)


def _write(root: Path, folder: str, name: str, text: str | None, mode: int) -> None:
    """Write a file, or link a unit; its folder is made where there is none, but no link is followed out of the tree."""
    place = root
    for step in Path(folder).parts:
        beyond = beneath(root, str((place / step).relative_to(root)))
        if beyond is None:
            beyond = place / step
            if beyond.is_symlink():
                raise Damaged(f"/{folder} of the restored machine points outside the machine")
            beyond.mkdir(mode=0o755)
        place = beyond
    target = place / name
    target.unlink(missing_ok=True)
    if text is None:
        target.symlink_to("/etc/systemd/system/seawall-drill-agent@.service")
        return
    target.write_text(text, encoding="utf-8")
    target.chmod(mode)
