"""Programs in control groups of their own: started apart from the terminal, found again, ended whole.

A control group names exactly the processes that belong to a machine, however they were started; no process id
has to be remembered, and none can be mistaken for another.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.run import run

# Joins the group first, so that all that follows is born inside; the second also leaves terminal and pipes behind.
JOIN = 'echo 0 >"$1" && shift && exec "$@"'
DETACH = 'echo 0 >"$1" && log=$2 && shift 2 && exec "$@" >"$log" 2>&1 </dev/null'


@dataclass(frozen=True)
class Group:
    """A control group under `seawall-lab`, named after what runs in it."""

    name: str

    @property
    def path(self) -> Path:
        """Where the kernel shows the group."""
        return root() / "seawall-lab" / self.name

    def start(self, argv: Sequence[str | Path], log: Path, env: Mapping[str, str]) -> None:
        """Start a program in a fresh group, with its output in a file; it outlives this command."""
        self.remove()
        self.path.mkdir(parents=True)
        words = [os.fspath(word) for word in argv]
        detach: list[str | Path] = ["setsid", "--fork", "sh", "-c", DETACH, "sh", self.path / "cgroup.procs", log]
        run([*detach, *words], timeout=10, env=env)

    def run(self, argv: Sequence[str | Path], timeout: float) -> None:
        """Run a program to its end in a fresh group; what it leaves running is ended with it."""
        self.remove()
        self.path.mkdir(parents=True)
        try:
            run(["sh", "-c", JOIN, "sh", self.path / "cgroup.procs", *argv], timeout=timeout)
        finally:
            self.remove()

    def alive(self) -> bool:
        """Whether any process is in the group or below."""
        try:
            return "populated 1" in (self.path / "cgroup.events").read_text(encoding="ascii")
        except OSError:
            return False

    def ended(self, within: float) -> bool:
        """Wait until no process is left, at most that many seconds; return whether none is."""
        deadline = time.monotonic() + within
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def remove(self) -> None:
        """Kill what is left and remove the group.

        The kernel goes on killing what is born into a group that was killed once: it is never used again.
        """
        if not self.path.exists():
            return
        (self.path / "cgroup.kill").write_text("1", encoding="ascii")
        if not self.ended(within=10):
            raise Unavailable(f"the processes of {self.name} could not be stopped", f"see {self.path}")
        for path, _, _ in os.walk(self.path, topdown=False):
            Path(path).rmdir()

    def first_process(self) -> int | None:
        """Return the process that is the first one of a machine booted in this group, None when none is."""
        try:
            members = (self.path / "payload/init.scope/cgroup.procs").read_text(encoding="ascii")
        except OSError:
            return None
        return next((int(member) for member in members.split() if _is_first(member)), None)


def root() -> Path:
    """Return where the unified hierarchy of control groups is mounted; raise Unavailable when it is not."""
    for path in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")):
        if (path / "cgroup.controllers").exists():
            return path
    raise Unavailable("this computer has no unified control group hierarchy", "mount cgroup2")


def _is_first(process: str) -> bool:
    try:
        status = Path("/proc", process, "status").read_text(encoding="utf-8")
    except OSError:
        return False
    return any(line.startswith("NSpid:") and line.split()[-1] == "1" for line in status.splitlines())
