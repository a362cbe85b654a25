"""Starting an act by hand as its timer starts it: through the systemd unit.

So account, secrets, limits and locks are the same; what the unit says is shown as it comes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ops.core.announce import announce
from ops.core.errors import UsageError
from ops.core.run import run
from ops.jobs.host import state_files
from ops.jobs.run.job import Ended

_DAY = 86_400
_LOOK_SECONDS = 0.3


def run_in_unit(unit: str, state: str, enough: Callable[[], bool] | None = None) -> Ended | None:
    """Run a unit to its end and return how it ended; None when this process is the unit, or stands alone.

    What the unit says is announced line by line. `state`: the name of the state file that it leaves. `enough`: says
    when there is no need to wait for its end.
    """
    if os.geteuid() != 0 or "CREDENTIALS_DIRECTORY" in os.environ or "SEAWALL_ROOT" in os.environ:
        return None
    shown = _show(unit)
    if shown.get("LoadState") != "loaded":
        raise UsageError(
            f"this machine has no unit {unit}", "is it in the policy of this machine? Run playbooks/site.yml"
        )
    if shown.get("ActiveState") in {"activating", "active", "deactivating"}:
        raise UsageError(f"{unit} is already running", f"journalctl -fu {unit} shows its output")
    run(["systemctl", "reset-failed", unit], timeout=20, ok=(0, 1))
    run(["systemctl", "start", "--no-block", unit], timeout=20)
    code = _follow(unit, shown.get("InvocationID", ""), enough=enough)
    return Ended(code, state_files.read_all().get(state, {}))


def reset_failed(unit: str) -> None:
    """Let a unit's failure be forgotten, where it says nothing about what the unit is for and must alarm nobody."""
    run(["systemctl", "reset-failed", unit], timeout=20, ok=(0, 1))


def _follow(unit: str, before: str, *, enough: Callable[[], bool] | None) -> int:
    """Show what the unit says until it has ended; `before` is its last run, which is not the one we wait for."""
    deadline = time.monotonic() + _DAY
    said = 0
    while time.monotonic() < deadline:
        shown = _show(unit)
        this = shown.get("InvocationID", "")
        ended = shown.get("ActiveState") in {"inactive", "failed"} and this != before
        if ended:
            run(["journalctl", "--sync"], timeout=60, ok=(0, 1))  # its last words may still be on their way
        if this != before:
            said += _say(unit, this, said)
        if enough and enough():
            return 0
        if ended:
            status = int(shown.get("ExecMainStatus", "1"))
            return status if shown.get("Result") in {"success", "exit-code"} else status or 1
        time.sleep(_LOOK_SECONDS)
    raise UsageError(f"{unit} did not finish within a day")


def _show(unit: str) -> dict[str, str]:
    names = "LoadState,ActiveState,Result,ExecMainStatus,InvocationID"
    lines = run(["systemctl", "show", f"--property={names}", unit], timeout=20).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _say(unit: str, invocation: str, said: int) -> int:
    """Print the lines of one run that were not printed yet; return how many."""
    words = ["journalctl", "-q", "-o", "cat", f"_SYSTEMD_UNIT={unit}", f"_SYSTEMD_INVOCATION_ID={invocation}"]
    fresh = run(words, timeout=60, ok=(0, 1)).stdout.splitlines()[said:]
    for line in fresh:
        announce(line)
    return len(fresh)
