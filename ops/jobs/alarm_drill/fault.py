"""Faults that harm nobody: a timer is stopped, or something is laid out that is the drill's own.

A transient unit of systemd holds the fault. It ends with the drill's process, also one that is killed, and after the
longest time of a drill in any case; whichever way it ends, systemd starts the timer again, or removes what was laid
out. After a power cut the timer starts with the machine, for it is enabled as before, and what was laid out is gone,
for it lies in memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.kinds import nearest
from ops.core.run import run
from ops.interfaces import joined, staged
from ops.interfaces.state import HEALTH
from ops.policy.alarm_drill import TIMER, TIMER_CHECK, staged_check

HOLDER = "seawall-alarm-drill-fault.service"
SYSTEMCTL, HOLD, SEAWALL = "/usr/bin/systemctl", "/usr/bin/tail", "/usr/bin/seawall"
TIMEOUT = 60.0


@dataclass(frozen=True)
class Fault:
    """A fault, and the check that is to see it. words: what is wrong then, for people.

    timer: what is stopped; nothing for a fault that is laid out. act: what the drill does. warns: whether its check
    warns, rather than fails.
    """

    check: str
    words: str
    timer: str = ""
    act: str = ""
    warns: bool = False

    @property
    def does(self) -> str:
        """What the drill does, in words that follow `would`."""
        return self.act or f"stop {self.timer}"


FAULTS: Mapping[str, Fault] = {
    "timer": Fault(TIMER_CHECK, "the timer of this drill is dead", TIMER),
    "rounds": Fault(HEALTH, "nobody looks at this machine's checks any more", f"{joined.unit(HEALTH)}.timer"),
    "quota": Fault(
        staged_check("quota"), "a repository takes nothing more", act="fill the quota of a repository of its own"
    ),
    "ups": Fault(
        staged_check("ups"), "a UPS feeds from its battery", act="let a simulated UPS lose its mains", warns=True
    ),
    "copy": Fault(staged_check("copy"), "a copy is a month late", act="leave a copy of its own a month behind"),
    "host": Fault(staged_check("host"), "a machine says nothing", act="let an address of its own fall silent"),
}


def named(kind: str) -> Fault:
    """Return a fault by its name; raise UsageError for a word that is none."""
    if kind not in FAULTS:
        raise UsageError(f"there is no fault {kind!r}{nearest(kind, list(FAULTS))}", f"known: {', '.join(FAULTS)}")
    return FAULTS[kind]


def undo(fault: Fault) -> None:
    """End a fault, also one that a killed drill left; raise Unavailable where it goes on after that."""
    run([SYSTEMCTL, "stop", HOLDER], timeout=TIMEOUT, ok=range(256))  # mostly it is not there
    if not fault.timer:
        if _is_active(HOLDER):
            raise Unavailable(f"{HOLDER} does not end, so its fault goes on", f"systemctl status {HOLDER}")
        return
    run([SYSTEMCTL, "start", "--", fault.timer], timeout=TIMEOUT, ok=range(256))
    if not _is_active(fault.timer):
        raise Unavailable(f"{fault.timer} does not run", f"systemctl status {fault.timer}")


@contextmanager
def made(kind: str, longest: float) -> Iterator[None]:
    """Make a fault for a block, which may take so many seconds.

    Raise Unavailable where the timer was dead before, or the fault can't be made.
    """
    fault = named(kind)
    if fault.timer and not _is_active(fault.timer):
        raise Unavailable(f"{fault.timer} was dead already, so this is no drill", f"systemctl start {fault.timer}")
    words = ["systemd-run", "--quiet", "--collect", f"--unit={HOLDER}", "--description=The fault of an alarm drill"]
    properties, holds = _stopped(fault) if fault.timer else _laid_out(kind)
    properties = (*properties, f"RuntimeMaxSec={longest:.0f}")
    try:
        try:
            run([*words, *(f"--property={one}" for one in properties), "--", *holds], timeout=2 * TIMEOUT)
        except SeawallError as error:
            hint = f"journalctl -u {HOLDER} says why"
            raise Unavailable(f"the fault could not be made: {error.message}", hint) from error
        yield
    finally:
        undo(fault)


def _stopped(fault: Fault) -> tuple[tuple[str, ...], list[str]]:
    """Return the properties of a unit that stops a timer, and what holds that as long as this process lives."""
    properties = (
        "Type=exec",
        f"ExecStartPre={SYSTEMCTL} stop {fault.timer}",
        f"ExecStopPost={SYSTEMCTL} --no-block start {fault.timer}",
    )
    return properties, [HOLD, f"--pid={os.getpid()}", "-f", "/dev/null"]


def _laid_out(kind: str) -> tuple[tuple[str, ...], list[str]]:
    """Return the properties of a unit that lays a fault out, and what holds it; it has no right on this machine."""
    properties = (
        "Type=notify",
        f"TimeoutStartSec={TIMEOUT:.0f}",
        "TimeoutStopSec=20",
        "DynamicUser=yes",
        f"RuntimeDirectory={staged.NAME}",
        "RuntimeDirectoryMode=0755",
        "UMask=0022",
        "CapabilityBoundingSet=",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateDevices=yes",
        "ProtectKernelTunables=yes",
        "ProtectControlGroups=yes",
        "RestrictNamespaces=yes",
        "RestrictAddressFamilies=AF_UNIX AF_INET",
        "IPAddressDeny=any",
        "IPAddressAllow=localhost",
        "MemoryMax=256M",
        "TasksMax=32",
    )
    return properties, [SEAWALL, "alarm-drill", kind, "--hold", str(os.getpid())]


def _is_active(unit: str) -> bool:
    return run([SYSTEMCTL, "is-active", "--quiet", "--", unit], timeout=TIMEOUT, ok=range(256)).code == 0
