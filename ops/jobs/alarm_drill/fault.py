"""Faults that harm nobody: a timer is stopped, and starts again whatever becomes of the drill.

A transient unit of systemd holds the fault. It ends with the drill's process, also one that is killed, and after the
longest time of a drill in any case; whichever way it ends, systemd starts the timer again. After a power cut the timer
starts with the machine, for it is enabled as before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ops.core.errors import Unavailable, UsageError
from ops.core.kinds import nearest
from ops.core.run import run
from ops.interfaces import joined
from ops.interfaces.state import HEALTH
from ops.policy.alarm_drill import TIMER, TIMER_CHECK

HOLDER = "seawall-alarm-drill-fault.service"
SYSTEMCTL, HOLD = "/usr/bin/systemctl", "/usr/bin/tail"
TIMEOUT = 60.0


@dataclass(frozen=True)
class Fault:
    """What is stopped, and the check that is to see it. words: what is wrong then, for people."""

    timer: str
    check: str
    words: str


FAULTS: Mapping[str, Fault] = {
    "timer": Fault(TIMER, TIMER_CHECK, "the timer of this drill is dead"),
    "rounds": Fault(f"{joined.unit(HEALTH)}.timer", HEALTH, "nobody looks at this machine's checks any more"),
}


def named(kind: str) -> Fault:
    """Return a fault by its name; raise UsageError for a word that is none."""
    if kind not in FAULTS:
        raise UsageError(f"there is no fault {kind!r}{nearest(kind, list(FAULTS))}", f"known: {', '.join(FAULTS)}")
    return FAULTS[kind]


def undo(fault: Fault) -> None:
    """End a fault, also one that a killed drill left; raise Unavailable where the timer does not run after that."""
    run([SYSTEMCTL, "stop", HOLDER], timeout=TIMEOUT, ok=range(256))  # mostly it is not there
    run([SYSTEMCTL, "start", "--", fault.timer], timeout=TIMEOUT, ok=range(256))
    if run([SYSTEMCTL, "is-active", "--quiet", "--", fault.timer], timeout=TIMEOUT, ok=range(256)).code:
        raise Unavailable(f"{fault.timer} does not run", f"systemctl status {fault.timer}")


@contextmanager
def made(fault: Fault, longest: float) -> Iterator[None]:
    """Make a fault for a block, which may take so many seconds; raise Unavailable where the timer was dead before."""
    if run([SYSTEMCTL, "is-active", "--quiet", "--", fault.timer], timeout=TIMEOUT, ok=range(256)).code:
        raise Unavailable(f"{fault.timer} was dead already, so this is no drill", f"systemctl start {fault.timer}")
    properties = (
        "Type=exec",
        f"RuntimeMaxSec={longest:.0f}",
        f"ExecStartPre={SYSTEMCTL} stop {fault.timer}",
        f"ExecStopPost={SYSTEMCTL} --no-block start {fault.timer}",
    )
    words = ["systemd-run", "--quiet", "--collect", f"--unit={HOLDER}", "--description=The fault of an alarm drill"]
    hold = ["--", HOLD, f"--pid={os.getpid()}", "-f", "/dev/null"]
    try:
        run([*words, *(f"--property={one}" for one in properties), *hold], timeout=TIMEOUT)
        yield
    finally:
        undo(fault)
