"""Serving one client's repository to its writer: rest-server, with a limit that is counted anew at each start.

The unit of the client runs this. It sees the repository of that client alone, and is the only one that adds to it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Unavailable, UsageError
from ops.core.quantity import Size
from ops.keeper import quota, repository

PROGRAM = "restic-rest-server"


@dataclass(frozen=True)
class Service:
    """What is served to whom. base: the folder above the repository. accounts: in the form of htpasswd.

    quota: how large the repository may become, in bytes; None: half of what is free may be added. deletes: whether the
    client may delete, which it may of second names alone.
    """

    client: str
    base: Path
    accounts: Path
    quota: int | None = None
    deletes: bool = False


def serve(service: Service) -> None:
    """Become rest-server, at the socket that systemd hands over; what uploads left that never ended goes first."""
    if "LISTEN_FDS" not in os.environ:
        raise UsageError("there is no socket to listen at", "the client's unit runs this: systemctl start UNIT")
    program = shutil.which(PROGRAM)
    if program is None:
        raise Unavailable(f"{PROGRAM} is not installed", "playbooks/site.yml installs it")
    argv = [program, *arguments(service)]
    os.environ["LISTEN_PID"] = str(os.getpid())  # systemd may count from outside, and the program from inside
    os.execv(program, argv)  # noqa: S606


def arguments(service: Service) -> Sequence[str]:
    """Clear the repository of unfinished uploads and of old statuses, and return rest-server's words."""
    with repository.opened(service.base, service.client) as folder:
        repository.remove_uploads(folder)
        repository.remove_statuses(folder)
        free = shutil.disk_usage(folder).free
        most = quota.most(repository.files(folder), service.quota, free, clock.now().timestamp())
    announce(f"the repository of {service.client} may hold {Size(most)}, as {PROGRAM} counts")
    words = ["--path", str(service.base), *([] if service.deletes else ["--append-only"]), "--private-repos"]
    return [*words, "--htpasswd-file", str(service.accounts), "--max-size", str(most)]
