"""Booting a root tree as a machine of its own, without any network, and running programs inside."""

from __future__ import annotations

import os
import signal
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.core.confidential import fit
from ops.core.errors import CommandError, Unavailable
from ops.core.run import Stream, run, stream, talk
from ops.drills._boot import enter
from ops.drills._boot.port_probe import Door, door
from ops.drills._shared.console import tail
from ops.interfaces.server import MOST_ANSWERED

LEADER_SECONDS = 30.0
_DAY = 86_400.0
ENTER = Path(enter.__file__)
# Of what systemd-nspawn leaves by default: no device, no network beyond what is there, no end of the computer.
DROPPED = [
    f"CAP_{name}"
    for name in (
        *("AUDIT_CONTROL", "AUDIT_WRITE", "LEASE", "LINUX_IMMUTABLE", "MKNOD", "NET_ADMIN", "NET_BROADCAST", "NET_RAW"),
        *("SYS_BOOT", "SYS_TTY_CONFIG"),
    )
]
REFUSED = "~@clock @module @raw-io @reboot @swap @obsolete @keyring @debug bpf perf_event_open userfaultfd"
# The machine's control groups lie in those of the drill's unit.
LAYOUT = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}


def entrance(leader: int) -> list[str]:
    """Return what leads inside, by the first process there; the program comes after it."""
    # Neither the variables of whoever runs this nor a site's own modules have a say, nor are they waited for.
    return [sys.executable, "-IS", str(ENTER), str(leader)]


@dataclass(frozen=True)
class Booted:
    """A booted machine.

    leader: its first process, as this computer counts. patience: how many times as long as elsewhere all may take.
    """

    leader: int
    nspawn: Stream
    console: Path
    patience: int = 1

    def run(self, argv: Sequence[str], timeout: float) -> str:
        """Run a program inside to its end and return its output; raise CommandError."""
        return run(self.inside(argv), timeout=timeout, most=MOST_ANSWERED).stdout

    def talk(self, argv: Sequence[str], timeout: float) -> AbstractContextManager[Stream]:
        """Run a program inside that the block talks with."""
        return talk(self.inside(argv), timeout=timeout, most=MOST_ANSWERED)

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return the program as it is run from here."""
        return [*entrance(self.leader), *argv]

    def door(self, asked: Door) -> list[str]:
        """Return what asks a TCP port, from inside."""
        return door(self.leader, asked)

    def told(self, argv: Sequence[str], timeout: float = 20) -> str:
        """Return what a program inside prints, whatever its exit code; nothing when it could not run."""
        try:
            return run(self.inside(argv), timeout=timeout, ok=range(256), most=MOST_ANSWERED).stdout.strip()
        except CommandError:
            return ""

    def alive(self) -> bool:
        """Whether it is still up."""
        return self.nspawn.process.poll() is None

    def cut(self) -> None:
        """Take its power away: every process of it ends at once, whatever it was doing."""
        _cut(self.nspawn)

    def last_words(self) -> str:
        """Return the end of what it printed while it booted."""
        text = tail(self.console)
        lines = [*text.splitlines()[-6:], *([] if self.alive() else self.nspawn.last_words().splitlines()[-4:])]
        return fit("the console", " | ".join(line.strip() for line in lines if line.strip()), text)


@contextmanager
def booted(root: Path, console: Path, *, own_users: bool) -> Iterator[Booted]:
    """Boot a tree for a block, and take its power away at the end; raise Unavailable when it does not start.

    `own_users`: its accounts are none of this computer's; the tree's file system must be able to map them.
    """
    with console.open("wb") as output:
        words = _nspawn(root, own_users=own_users)
        with stream(words, timeout=_DAY, env=LAYOUT, stdout=output) as program:
            try:
                yield Booted(_leader(program, console), program, console)
            finally:
                _cut(program)


def _nspawn(root: Path, *, own_users: bool) -> list[str]:
    users = ["--private-users=pick", "--private-users-ownership=auto"] if own_users else []
    return [
        "systemd-nspawn",
        "--quiet",
        "--register=no",
        "--keep-unit",
        "--settings=no",
        "--boot",
        "--console=read-only",
        f"--machine=seawall-drill-{uuid.uuid4().hex[:12]}",
        f"--directory={root}",
        "--private-network",
        f"--drop-capability={','.join(DROPPED)}",
        f"--system-call-filter={REFUSED}",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        *users,
        # The last word is its kernel's command line: nobody is asked, nothing waits for an answer.
        "systemd.show_status=yes",
    ]


def _leader(program: Stream, console: Path) -> int:
    """Return the first process of the machine, once there is one."""
    deadline = time.monotonic() + LEADER_SECONDS
    while time.monotonic() < deadline:
        if program.process.poll() is not None:
            break
        for process in descendants(program.process.pid):
            if is_first(process) and _is_systemd(process):
                return process
        time.sleep(0.02)
    said = program.last_words() if program.process.poll() is not None else tail(console)
    raise Unavailable(f"the restored machine could not be booted: {fit('systemd-nspawn', said[-400:], said)}")


def descendants(process: int) -> list[int]:
    """Return the processes that a process started, and theirs; none when it has ended."""
    import psutil

    try:
        return [child.pid for child in psutil.Process(process).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def is_first(process: int) -> bool:
    """Whether a process is the first one of a namespace of its own; psutil knows no namespaces."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return False
    inside = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return len(inside) > 1 and inside[-1] == "1"


def _is_systemd(process: int) -> bool:
    """Whether a first process is already the machine's own program."""
    try:
        return Path(f"/proc/{process}/root/run/systemd").is_dir()
    except OSError:
        return False


def _cut(program: Stream) -> None:
    """Take the machine's power away: every process of it at once."""
    everyone = [program.process.pid, *descendants(program.process.pid)]
    for process in reversed(everyone[1:]):
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue  # died with its first process
    program.dismiss()
