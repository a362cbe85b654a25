"""A restored tree as a machine with its own kernel: on a disk made anew, its own GRUB installed, booted in QEMU."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import CommandError, Damaged, Unavailable
from ops.core.run import Stream, run, stream
from ops.drills import _ask
from ops.drills._isolation import beneath
from ops.drills._layout import Layout
from ops.drills._memory import available

QEMU = "qemu-system-x86_64"
PORTS = 4  # so many programs inside at once; one may talk while others ask
INSTALL_SECONDS = 900.0
BEGIN_SECONDS = 30.0
ESP = ("/boot/efi", "/efi")  # where Debian mounts what UEFI boots from
SLOWER = 10  # so many times as long as real machines may an emulated processor take
KVM = Path("/dev/kvm")
_DAY = 86_400.0
_MOST_MEMORY_MIB, _LEAST_MEMORY_MIB = 4096, 512
ASK = Path(_ask.__file__)
AGENT = Path(__file__).with_name("_agent.pl")
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
# Runs inside: Perl, for every Debian has perl-base.
_DOOR = (
    "use IO::Socket::INET; my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $ARGV[0], Timeout => 60)"
    " or die \"$@\\n\"; if ($ARGV[1] ne '') { alarm 60; sysread($s, my $b, 400); print $b; }"
)


@dataclass(frozen=True)
class Kernel:
    """The newest kernel of a tree: its version, and its files."""

    version: str
    image: Path
    initrd: Path


@dataclass(frozen=True)
class Emulated:
    """A machine in QEMU; the same to its drill as `_boot.Booted`.

    ports: the folder with the sockets of its agents. patience: how many times as long as elsewhere all may take.
    """

    qemu: Stream
    console: Path
    ports: Path
    patience: int

    def run(self, argv: Sequence[str], timeout: float) -> str:
        """Run a program inside to its end and return its output; raise CommandError."""
        return run(self.inside(argv), timeout=timeout * self.patience).stdout

    def talk(self, argv: Sequence[str], timeout: float) -> AbstractContextManager[Stream]:
        """Run a program inside that the block talks with."""
        return stream(self.inside(argv), timeout=timeout * self.patience, talk=True)

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return the program as it is run from here."""
        return [sys.executable, str(ASK), str(self.ports), *argv]

    def door(self, port: int, says: str) -> list[str]:
        """Return what asks a TCP port, from inside."""
        return self.inside(["perl", "-e", _DOOR, str(port), says])

    def told(self, argv: Sequence[str], timeout: float = 20) -> str:
        """Return what a program inside prints, whatever its exit code; nothing when it could not run."""
        try:
            return run(self.inside(argv), timeout=timeout * self.patience, ok=range(256)).stdout.strip()
        except CommandError:
            return ""

    def alive(self) -> bool:
        """Whether it is still up."""
        return self.qemu.process.poll() is None

    def cut(self) -> None:
        """Take its power away."""
        self.qemu.dismiss()

    def last_words(self) -> str:
        """Return the end of what it printed while it booted."""
        lines = [*_said(self.console)[-6:], *([] if self.alive() else self.qemu.last_words().splitlines()[-4:])]
        return " | ".join(line.strip() for line in lines if line.strip())


def kernel(root: Path) -> Kernel:
    """Return the newest kernel of a tree; raise Damaged, with what the backup lacks."""
    boot = beneath(root, "boot")
    found = sorted((boot.glob("vmlinuz-*") if boot else ()), key=lambda path: _newer(path.name))
    if not found:
        raise Damaged("there is no boot/vmlinuz-* in the backup; its source must keep the boot folder")
    version = found[-1].name.removeprefix("vmlinuz-")
    initrd = found[-1].with_name(f"initrd.img-{version}")
    if not initrd.is_file() or not found[-1].is_file():
        raise Damaged(f"there is no boot/initrd.img-{version} in the backup; its source must keep the boot folder")
    for program in ("usr/sbin/grub-install", "usr/lib/grub/i386-pc"):
        if beneath(root, program) is None:
            raise Damaged(f"there is no {program} in the backup; the package grub-pc brings it")
    return Kernel(version, found[-1], initrd)


def demand_bios(root: Path, plan: Layout) -> None:
    """Raise Unavailable for a machine that no BIOS boots: it is none that this drill can judge."""
    words = "it is not drilled with its own kernel yet; set `own_kernel: false`, and restore it by hand once"
    if any(one.mount in ESP for one in plan.left):
        raise Unavailable(f"the machine boots by UEFI (its fstab mounts boot/efi): {words}")
    kinds = [path.name for path in sorted((beneath(root, "usr/lib/grub") or root / "nowhere").glob("*-*"))]
    if kinds and "i386-pc" not in kinds:
        raise Unavailable(f"the machine's boot loader is GRUB for {', '.join(kinds)}, not for a BIOS: {words}")


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
                raise Damaged(f"/{folder} of the restored machine leads out of it")
            beyond.mkdir(mode=0o755)
        place = beyond
    target = place / name
    target.unlink(missing_ok=True)
    if text is None:
        target.symlink_to("/etc/systemd/system/seawall-drill-agent@.service")
        return
    target.write_text(text, encoding="utf-8")
    target.chmod(mode)


def argv(image: Path, console: Path, extra: Sequence[str]) -> list[str]:
    """Return QEMU with one disk, a console that only speaks, and nothing that leads out."""
    memory = min(_MOST_MEMORY_MIB, max(_LEAST_MEMORY_MIB, (available() >> 20) // 4))
    return [
        QEMU,
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        # Without system management mode: emulated, the BIOS never comes back from it on some computers.
        *("-machine", "pc,smm=off", *(("-accel", "kvm") if accelerated() else ()), "-accel", "tcg", "-cpu", "max"),
        *("-m", str(memory), "-smp", str(min(2, os.cpu_count() or 1))),
        *("-device", "virtio-rng-pci"),
        *("-drive", f"file={image},format=raw,if=virtio,cache=unsafe"),
        *("-chardev", f"file,id=console,path={console}", "-serial", "chardev:console"),
        *extra,
    ]


def accelerated(cpus: Path = Path("/proc/cpuinfo"), device: Path = KVM) -> bool:
    """Return whether the processor helps to run a machine: it says so, and the device may be opened.

    The device alone says nothing: there are computers that have it, and on which a machine never begins.
    """
    if not re.search(r"^flags\s*:.*\b(vmx|svm)\b", cpus.read_text(encoding="utf-8"), re.MULTILINE):
        return False
    try:
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def patience() -> int:
    """Return how many times as long as on a real machine all may take."""
    return 1 if accelerated() else SLOWER


def demand_programs() -> None:
    """Raise Unavailable when this computer lacks what makes a disk and boots it."""
    missing = [name for name in (QEMU, "sfdisk", "mke2fs", "mkswap") if shutil.which(name) is None]
    if missing:
        raise Unavailable(
            f"there is no {', '.join(missing)} for a machine with its own kernel",
            "the role drill_host installs it where the policy has a drill with `own_kernel: true`",
        )


def installed(image: Path, console: Path, of: Kernel, root_uuid: str) -> dict[str, int]:
    """Boot the machine's kernel once, to install its own boot loader; return how each step ended."""
    line = f"root=UUID={root_uuid} ro console=ttyS0 panic=-1 init=/usr/local/sbin/seawall-drill-install"
    extra = ["-kernel", str(of.image), "-initrd", str(of.initrd), "-append", line]
    run(argv(image, console, extra), timeout=INSTALL_SECONDS * patience())
    ended = re.findall(rf"^{SAYS} (\S+) (\d+)$", "\n".join(_said(console)), re.MULTILINE)
    return {step: int(code) for step, code in ended}


@contextmanager
def booted(image: Path, folder: Path) -> Iterator[Emulated]:
    """Boot the disk through its own boot loader for a block, and take its power away at the end."""
    console = folder / "console"
    extra = ["-device", "virtio-serial-pci"]
    for port in range(PORTS):
        extra += ["-chardev", f"socket,id=port{port},path={folder}/port{port},server=on,wait=off"]
        extra += ["-device", f"virtserialport,chardev=port{port},name=seawall.{port}"]
    with stream(argv(image, console, extra), timeout=_DAY) as program:
        try:
            _wait(program, folder / f"port{PORTS - 1}")
            yield Emulated(program, console, folder, patience())
        finally:
            program.dismiss()


def _wait(program: Stream, place: Path) -> None:
    """Wait until QEMU has begun, which is before the machine does; raise Unavailable."""
    deadline = time.monotonic() + BEGIN_SECONDS * patience()
    while not place.exists():
        if program.process.poll() is not None:
            raise Unavailable(f"QEMU ended before the machine began: {program.last_words()[-400:]}")
        if time.monotonic() > deadline:
            raise Unavailable(f"QEMU did not begin within {BEGIN_SECONDS * patience():.0f} s: {program.stderr[-400:]}")
        time.sleep(0.02)


def _said(console: Path) -> list[str]:
    text = console.read_text(encoding="utf-8", errors="replace") if console.exists() else ""
    return text.replace("\r", "\n").splitlines()


def last_words(console: Path) -> str:
    """Return the end of what was printed on a console."""
    return " | ".join(line.strip() for line in _said(console)[-6:] if line.strip())
