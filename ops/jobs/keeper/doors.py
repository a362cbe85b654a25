"""The two doors to a client's repository: the one to which it always writes, and the one from which it may delete.

Both are units of the client's own. The second is started by a run of retention alone; nothing else starts it, and it is
stopped however that run ends.
"""

from __future__ import annotations

import pwd
from typing import Protocol

from ops.core.run import run
from ops.interfaces import joined

ACCOUNT = "seawall-leaving"
SECONDS = 150.0  # for systemd to start or stop a unit; a writer's server counts the repository first


class Doors(Protocol):
    """What a run of retention does with the doors of a client."""

    account: int

    def open(self, client: str) -> None:
        """Let the client delete second names."""

    def close(self, client: str) -> None:
        """Let it do so no more; nothing of it is under way when this returns."""

    def hold_back(self, client: str) -> None:
        """Let the client write to its repository no more; restic tries again until it may."""

    def let_in(self, client: str) -> None:
        """Let it write again; how much it may is counted anew."""


class UnitDoors:
    """The doors as systemd keeps them."""

    def __init__(self) -> None:
        """Look up the account behind the second door; raise KeyError where the role has not made it."""
        self.account = pwd.getpwnam(ACCOUNT).pw_uid

    def open(self, client: str) -> None:
        """Start the units of the second door."""
        _systemctl("start", joined.second_door(client))

    def close(self, client: str) -> None:
        """Stop them, and whatever of them runs."""
        _systemctl("stop", joined.second_door(client))

    def hold_back(self, client: str) -> None:
        """Stop the units of the writers' door."""
        _systemctl("stop", joined.writer(client))

    def let_in(self, client: str) -> None:
        """Start them."""
        _systemctl("start", joined.writer(client))


def _systemctl(word: str, unit: str) -> None:
    # The socket first: a service does not start without its own, and is started anew by one that is left.
    for suffix in ("socket", "service"):
        run(["systemctl", word, "--", f"{unit}.{suffix}"], timeout=SECONDS)
