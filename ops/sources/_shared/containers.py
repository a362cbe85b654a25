"""A server in a container: its own programs are run in it, for it alone has those of its version.

A backup runs as an account that must not be root, and whoever may call podman is root. So root's side
(`container_door.py`, started by systemd) runs a few programs in that one container; the account reaches a socket.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ops.core.errors import Unavailable
from ops.core.run import run
from ops.interfaces import joined
from ops.interfaces.source import Entered
from ops.sources._shared import container_entry
from ops.sources._shared.container_door import absent, is_number
from ops.sources._shared.local_server import Local

ContainerEngine = Literal["podman", "docker"]


def entering(place: Entered | None, argv: Sequence[str]) -> list[str]:
    """Return the words that run a program in a container for the account; without one they stay as they are."""
    if place is None:
        return [*argv]
    socket = joined.container_socket(place.engine, place.container)
    path = Path(os.environ.get("SEAWALL_ROOT", "/"), socket.lstrip("/"))  # which tests set
    return [sys.executable, "-I", "-S", container_entry.__file__, str(path), *argv]


@dataclass(frozen=True)
class Inside(Local):
    """Programs beside the server in a container, run as one of its accounts; root alone can do that."""

    place: Entered = field(kw_only=True)

    def argv(self, argv: Sequence[str]) -> list[str]:
        """Return the words that run a program in the container; raise Unavailable where none has that name."""
        self._demand_name()
        variables = {"LC_ALL": "C.UTF-8", "TZ": "UTC", **self.environment}
        given = [f"--env={name}={value}" for name, value in variables.items()]
        user = f"--user={self.account}"
        return [self.place.engine, "exec", "--interactive", user, *given, self.place.container, *argv]

    def seen(self, folder: Path) -> Path:
        """Return where a folder of the server's lies on this machine, as long as the container runs."""
        self._demand_name()
        argv = [self.place.engine, "container", "inspect", "--format={{.State.Pid}}", self.place.container]
        return Path(f"/proc/{int(run(argv, timeout=20).stdout)}/root", str(folder).lstrip("/"))

    def _demand_name(self) -> None:
        """Podman takes a name that is gone for the beginning of another container's number, and goes into that one."""
        if is_number(self.place.engine, self.place.container):
            raise Unavailable(absent(self.place.engine, self.place.container))
