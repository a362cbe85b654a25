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

from ops.core.confidential import fit
from ops.core.errors import CommandError, Unavailable
from ops.core.ram import available
from ops.core.run import Stream, run, stream, talk
from ops.drills._boot.port_probe import Door
from ops.drills._qemu import agent_client
from ops.drills._qemu.bootable import PORTS, SAYS, Kernel
from ops.drills._shared.console import tail
from ops.interfaces.server import MOST_ANSWERED

QEMU = "qemu-system-x86_64"
INSTALL_SECONDS = 300.0
BEGIN_SECONDS = 30.0
SLOWER = 10  # so many times as long as real machines may an emulated processor take
KVM = Path("/dev/kvm")
WRONG = re.compile(rf"Kernel panic|^{SAYS} \S+ [1-9]")
_DAY = 86_400.0
_MOST_MEMORY_MIB, _LEAST_MEMORY_MIB = 4096, 512
ASK = Path(agent_client.__file__)
# Runs inside: Perl, for every Debian has perl-base.
_DOOR = (
    "use IO::Socket::INET; my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $ARGV[0], Timeout => 60)"
    ' or die "$@\\n"; alarm 60; my $b; if ($ARGV[2] ne \'\') { print $s "GET $ARGV[2] HTTP/1.0\\r\\nHost: localhost'
    '\\r\\n\\r\\n"; $s->flush; print $b while sysread($s, $b, 65536); }'
    " elsif ($ARGV[1] ne '') { sysread($s, $b, 400); print $b; }"
)


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
        return run(self.inside(argv), timeout=timeout * self.patience, most=MOST_ANSWERED).stdout

    def talk(self, argv: Sequence[str], timeout: float) -> AbstractContextManager[Stream]:
        """Run a program inside that the block talks with."""
        return talk(self.inside(argv), timeout=timeout * self.patience, most=MOST_ANSWERED)

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return the program as it is run from here."""
        return [sys.executable, str(ASK), str(self.ports), *argv]

    def door(self, asked: Door) -> list[str]:
        """Return what asks a TCP port, from inside."""
        return self.inside(["perl", "-e", _DOOR, str(asked.port), asked.says, asked.get])

    def told(self, argv: Sequence[str], timeout: float = 20) -> str:
        """Return what a program inside prints, whatever its exit code; nothing when it could not run."""
        try:
            told = run(self.inside(argv), timeout=timeout * self.patience, ok=range(256), most=MOST_ANSWERED)
            return told.stdout.strip()
        except CommandError:
            return ""

    def alive(self) -> bool:
        """Whether it is still up."""
        return self.qemu.process.poll() is None

    def last_words(self) -> str:
        """Return the end of what it printed while it booted."""
        said = [] if self.alive() else self.qemu.last_words().splitlines()[-4:]
        return " | ".join([last_words(self.console), *(fit(QEMU, line) for line in said)])


def argv(image: Path, console: Path, extra: Sequence[str]) -> list[str]:
    """Return QEMU with one disk, a console that only speaks, and nothing that leads out."""
    memory = min(_MOST_MEMORY_MIB, max(_LEAST_MEMORY_MIB, (available() >> 20) // 4))
    helped = accelerated()
    # Two emulated processors lose each other's clock now and then, and the machine stands still for good.
    processors = min(2, os.cpu_count() or 1) if helped else 1
    return [
        QEMU,
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        # Without system management mode: emulated, the BIOS never comes back from it on some computers.
        *("-machine", "pc,smm=off", *(("-accel", "kvm") if helped else ()), "-accel", "tcg", "-cpu", "max"),
        *("-m", str(memory), "-smp", str(processors)),
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
            f"{', '.join(missing)} is missing, for a machine with its own kernel",
            "the role drill_host installs it if the policy has a drill with `own_kernel: true`",
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
            raise Unavailable(f"QEMU exited before the machine started: {fit(QEMU, program.last_words()[-400:])}")
        if time.monotonic() > deadline:
            said = fit(QEMU, program.stderr[-400:])
            raise Unavailable(f"QEMU did not start within {BEGIN_SECONDS * patience():.0f} s: {said}")
        time.sleep(0.02)


def _said(console: Path) -> list[str]:
    return tail(console).replace("\r", "\n").splitlines()


def last_words(console: Path) -> str:
    """Return the end of what was printed on a console; where something gave up, what led to that."""
    lines = [line.strip() for line in _said(console) if line.strip()]
    over = next((place for place, line in enumerate(lines, 1) if WRONG.search(line)), len(lines))
    return fit("the console", " | ".join(lines[max(0, over - 6) : over]), "\n".join(lines))
