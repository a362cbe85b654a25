"""A command of `seawall` on one machine of the inventory, whose words are shown as they come."""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Callable, Sequence

from ops.core.announce import to_errors
from ops.core.errors import Unavailable, UsageError
from ops.core.kinds import nearest
from ops.core.run import stream
from ops.core.terminal import plain
from ops.fleet.inventory import Inventory
from ops.fleet.ssh.openssh import environment, way

LONGEST = 4 * 3600.0  # seconds
MOST_LETTERS = 1 << 20  # of a line
_NOT_REACHED = 255  # of ssh


def run_there(inventory: Inventory, host: str, words: Sequence[str], tell: Callable[[str], object]) -> int:
    """Run `seawall` with some words as root on a machine; return its exit code.

    tell: is given each line that it prints. Raise UsageError for a host that the inventory does not have, Unavailable
    when it can't be reached.
    """
    if host not in inventory.variables:
        known = sorted(inventory.variables)
        raise UsageError(f"the inventory has no host {host!r}{nearest(host, known)}", f"it has {', '.join(known)}")
    reached = way(host, inventory.connection(host))
    command = shlex.join([*(("sudo", "-n", "--") if reached.become else ()), "seawall", *words])
    with stream(reached.argv(command), timeout=LONGEST, ok=range(256), env=environment()) as program:
        program.most = MOST_LETTERS
        for line in program.lines():
            tell(plain(line))
        errors = program.last_words()
    code = program.process.returncode
    if code == _NOT_REACHED:
        raise Unavailable(f"{host} can't be reached: {plain(errors)[-300:]}", "ssh to it by hand says more")
    if errors:
        to_errors(errors)
    return code


def person() -> str:
    """Return who works at this machine."""
    return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
