"""A server in a container: its own programs are run in it, for it alone has those of its version.

A backup runs as an account that must not be root, and whoever may call podman is root. So root's side
(`container_door.py`, started by systemd) runs a few programs in that one container; the account reaches a socket.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ops.core.errors import UsageError
from ops.core.run import Stream, run, talk
from ops.interfaces import joined
from ops.interfaces.server import MOST_ANSWERED
from ops.interfaces.source import Entered
from ops.sources._shared import container_entry

ContainerEngine = Literal["podman", "docker"]


def entering(place: Entered | None, argv: Sequence[str]) -> list[str]:
    """Return the words that run a program in a container for the account; without one they stay as they are."""
    if place is None:
        return [*argv]
    socket = joined.container_socket(place.engine, place.container)
    path = Path(os.environ.get("SEAWALL_ROOT", "/"), socket.lstrip("/"))  # which tests set
    return [sys.executable, "-I", "-S", container_entry.__file__, str(path), *argv]


@dataclass(frozen=True)
class Inside:
    """Programs beside the server in a container, run as one of its accounts; root alone can do that."""

    place: Entered
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """Raise UsageError: no account of this machine's is the container's."""
        raise UsageError(
            f"what lies in a folder can't be loaded into the container {self.place.container}",
            "restore into a folder with --to",
        )

    def argv(self, argv: Sequence[str]) -> list[str]:
        """Return the words that run a program in the container."""
        variables = {"LC_ALL": "C.UTF-8", "TZ": "UTC", **self.environment}
        given = [f"--env={name}={value}" for name, value in variables.items()]
        user = f"--user={self.place.account}"
        return [self.place.engine, "exec", "--interactive", user, *given, self.place.container, *argv]

    def run(self, argv: Sequence[str], timeout: float) -> str:
        """Run a program to its end and return its output; raise CommandError."""
        return run(self.argv(argv), timeout=timeout, cwd=Path("/"), most=MOST_ANSWERED).stdout

    def talk(self, argv: Sequence[str], timeout: float) -> AbstractContextManager[Stream]:
        """Run a program that the block talks with."""
        return talk(self.argv(argv), timeout=timeout, cwd=Path("/"), most=MOST_ANSWERED)
