"""Ending a command with SIGKILL at a moment drawn by chance, as a unit, a machine or a person does it.

`alone`: only the process itself dies, and the programs that it started go on for themselves. Else all die at once, as
systemd does it with a unit.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
from one_machine import REPOSITORIES, Machine

from ops.core.remnants import VARIABLE

MINUTE = 60.0
COMMAND = (sys.executable, "-m", "ops")
# A unit's own view of the mounts, and its own folder for temporary files: both end with its last process.
MOUNTS = (
    "unshare",
    "--mount",
    "--propagation=slave",
    "--",
    "sh",
    "-c",
    'mount -t tmpfs tmpfs "$TMPDIR" && exec "$0" "$@"',
)
MOST_IN_A_ROW = 5
ALONE = 0.3  # so often
SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass
class Act:
    """A command, and how long it took when nobody killed it.

    good: its good exit codes. recorded: whether each run leaves a record. said: what it said before it was killed.
    """

    argv: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    good: tuple[int, ...] = (0,)
    recorded: bool = True
    seconds: float = 0.0
    said: str = ""

    def begin(self) -> subprocess.Popen[str]:
        """Start it, in a session of its own."""
        return subprocess.Popen(
            [*map(str, self.argv)],
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self) -> str:
        """Run it to its end, which must be good; keep how long that took, and return what it said."""
        begun = time.monotonic()
        process = self.begin()
        said = process.communicate(timeout=MINUTE)[0]
        self.seconds = time.monotonic() - begun
        assert process.returncode in self.good, said
        return said

    def kill(self, chance: Random) -> bool:
        """Run it and kill it at a moment of its time; return whether it was killed, and not through before."""
        process = self.begin()
        orphans: list[psutil.Process] = []
        try:
            process.wait(chance.uniform(0.02, 1) * self.seconds)
        except subprocess.TimeoutExpired:
            orphans = end(process.pid, alone=chance.random() < ALONE)
        process.wait(MINUTE)
        for one in orphans:
            threading.Thread(target=_bury, args=[one.pid], daemon=True).start()
        os.set_blocking(process.stdout.fileno(), False)  # what it started may hold it open still
        self.said = process.stdout.read() or ""
        process.stdout.close()
        return process.returncode == -signal.SIGKILL


def end(pid: int, *, alone: bool) -> list[psutil.Process]:
    """Kill a process, and all that it started unless it is to die alone; return what it started."""
    below: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        # First stopped, so that nothing is born while it is looked for what there is.
        below = _stopped(process)
        process.kill()
        for one in below:
            with suppress(psutil.NoSuchProcess):
                one.resume() if alone else one.kill()
    return below


def _stopped(process: psutil.Process) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    process.suspend()
    deadline = time.monotonic() + MINUTE
    while process.status() not in {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}:
        assert time.monotonic() < deadline
        os.sched_yield()
    for child in process.children():
        with suppress(psutil.NoSuchProcess):
            found += [child, *_stopped(child)]
    return found


@contextmanager
def adopting() -> Iterator[None]:
    """Be the one to whom orphans fall, as the first process of a machine is, for a block.

    Others may let the dead wait for seconds, and until then they count as running to whoever looks by their number, as
    restic does.
    """
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        prctl(SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _bury(number: int) -> None:
    with suppress(ChildProcessError):  # not an orphan: its own parent did
        os.waitpid(number, 0)


def groups(chance: Random, count: int) -> list[int]:
    """Cut so many kills into rows of one to five, each of which a clean run follows."""
    rows: list[int] = []
    while sum(rows) < count:
        rows.append(min(chance.randint(1, MOST_IN_A_ROW), count - sum(rows)))
    return rows


def left(machine: Machine) -> set[str]:
    """Return what there is on a machine that an act may leave: files, mounts and programs."""
    cache = ("var/cache/seawall/restic", "var/cache/seawall/root/restic")  # the account's, and root's
    kept = [path for path in machine.root.rglob("*") if not any(place in str(path) for place in cache)]
    # A line of the ledger that was cut short is kept on purpose, and the ledger says so.
    files = {str(path.relative_to(machine.root)) for path in kept if ".torn-" not in path.name}
    mounts = {line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(machine.root) in line}
    return files | mounts | programs(machine)


def locks(machine: Machine) -> list[str]:
    """Return the locks in a machine's repositories."""
    return [path.name for name in REPOSITORIES for path in (machine.stored / "his1" / name / "locks").iterdir()]


def programs(machine: Machine) -> set[str]:
    """Return the programs that run for a machine."""
    found = set()
    for process in psutil.process_iter():
        try:
            words = process.environ()
        except psutil.Error:
            continue
        if process.pid != os.getpid() and str(machine.root) in words.get("SEAWALL_ROOT", "") + words.get(VARIABLE, ""):
            found.add(" ".join(process.cmdline()))
    return found


def records(machine: Machine) -> list[dict]:
    """Return the whole lines of a machine's ledger."""
    path = machine.root / "var/lib/seawall/ledger/ledger.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]
