"""Running programs in a bare root tree, cut off from everything but its own folders and the material to read."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.run import Stream, run, talk
from ops.drills._boot.container import descendants, entrance, is_first
from ops.interfaces.server import MOST_ANSWERED

INSIDE = Path("/mnt")
MATERIAL = INSIDE / "material"
ENTRANCE_SECONDS = 5.0
# All that systemd-nspawn leaves by default but what it needs itself to become the tree's account.
DROPPED = [
    f"CAP_{name}"
    for name in (
        *("AUDIT_CONTROL", "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_OWNER"),
        *("KILL", "LEASE", "LINUX_IMMUTABLE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW"),
        *("SETFCAP", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_NICE", "SYS_PTRACE", "SYS_RESOURCE", "SYS_TTY_CONFIG"),
    )
]


def _first_process() -> int:
    """Return the first process of the server that runs; raise Unavailable when there is none for some seconds.

    The kernel's list of children may leave some out while others end (proc(5), /proc/pid/task/tid/children).
    """
    deadline = time.monotonic() + ENTRANCE_SECONDS
    while time.monotonic() < deadline:
        for process in filter(is_first, descendants(os.getpid())):
            return process
        time.sleep(0.1)
    raise Unavailable("the throwaway server has stopped and can't be queried")


@dataclass(frozen=True)
class Tree:
    """A root tree in which programs of one account run.

    root: the tree, mounted read-only. scratch: becomes /mnt inside; what the account may write there is a folder of
    its own. user: the account inside. environment: variables of every program. material: what is loaded, to be read
    at /mnt/material.
    """

    root: Path
    scratch: Path
    user: str
    environment: Mapping[str, str] = field(default_factory=dict)
    material: Path | None = None

    def run(self, argv: Sequence[str], timeout: float) -> str:
        """Run a program to its end and return its output; raise CommandError."""
        return run(self._isolated(argv), timeout=timeout, most=MOST_ANSWERED).stdout

    def talk(self, argv: Sequence[str], timeout: float) -> AbstractContextManager[Stream]:
        """Run a program that the block talks with."""
        return talk(self._isolated(argv), timeout=timeout, most=MOST_ANSWERED)

    def entrance(self) -> list[str]:
        """Return what leads a person in beside the server that runs; the program comes after it. Raise Unavailable."""
        leader = _first_process()
        account = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return [*entrance(leader), *account, "env", *variables]

    def identity(self) -> tuple[int, int]:
        """Return user and group number of the account, as the tree has them."""
        for line in (self.root / "etc/passwd").read_text(encoding="utf-8").splitlines():
            name, _, user, group, *_ = line.split(":")
            if name == self.user:
                return int(user), int(group)
        raise Unavailable(f"the tree {self.root} has no account {self.user}", "run playbooks/site.yml")

    def _isolated(self, argv: Sequence[str]) -> list[str]:
        """Return the program cut off: no network, no capability, nothing to write but the account's own folders."""
        return [
            "systemd-nspawn",
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--settings=no",
            "--console=pipe",
            f"--machine=seawall-drill-{uuid.uuid4().hex[:12]}",
            f"--directory={self.root}",
            "--read-only",
            "--private-network",
            f"--drop-capability={','.join(DROPPED)}",
            "--no-new-privileges=yes",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--as-pid2",
            f"--user={self.user}",
            f"--bind={self.scratch}:{INSIDE}",
            *([f"--bind-ro={self.material}:{MATERIAL}"] if self.material else []),
            f"--chdir={INSIDE}",
            *(f"--setenv={name}={value}" for name, value in self.environment.items()),
            "--",
            *argv,
        ]
