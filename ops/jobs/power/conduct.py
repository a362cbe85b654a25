"""The conductor: a look every few seconds, signals for each machine's own upsmon, machines woken, all recorded.

It commands nobody. Each machine's upsmon watches two things at the conductor's UPS server: the UPS itself, and a
signal of its own; the conductor writes what that signal shows. Where it is silent, the UPS itself is what counts.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ops.core import clock, nut
from ops.core.announce import announce
from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.files import write_atomically
from ops.core.schema import Further
from ops.interfaces.outcome import OutcomeFacts
from ops.jobs.host import folders, own_policy
from ops.jobs.power import kept, site, words
from ops.jobs.run.job import Outcome, record
from ops.policy.power import PowerGroup, group_of
from ops.power.engine import resumed, step
from ops.power.model import Acts, Event, Group, Kind, Look, Supply
from ops.power.reading import supply

PERIOD = 5.0  # seconds between two looks
ACT = "power"
MOST_WAITING = 500  # records that wait because the ledger can't be written


@dataclass
class Conductor:
    """A conductor at work. name: of its group. waiting: records that the ledger did not take yet."""

    name: str
    told: PowerGroup
    kept: kept.Kept = field(default_factory=kept.read)
    waiting: deque[tuple[str, datetime, Outcome]] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))

    def __post_init__(self) -> None:
        """Go on where it was; after another boot, what was asked to stop is off by now."""
        now = kept.boot()
        if self.kept.boot != now:
            memory = self.kept.memory
            begun = resumed(self.group(), memory, moment()) if self.kept.boot else memory
            self.kept = kept.Kept(now, begun, self.kept.stops)

    def group(self) -> Group:
        """Return the group with the shutdown times that are known by now."""
        return site.group(self.told, self.kept.stops)

    def look(self) -> Acts:
        """Look once and do what follows; return what was done."""
        group, t = self.group(), moment()
        memory, acts = step(group, self.kept.memory, self._seen(), t)
        before = self.kept
        self.kept = replace(self.kept, memory=memory)
        for event in acts.events:
            self._tell(group, event)
        if before != self.kept:
            self._keep()
        for name, status in acts.signals.items():
            show(name, status)
        for name in acts.wake:
            if trouble := site.wake(self.told.machines[name]):
                announce(f"{name} could not be woken: {trouble}")
        self._record()
        return acts

    def _seen(self) -> Look:
        returns = self.kept.memory.outage and not self.kept.memory.on_battery
        return Look(self._supply(), site.alive(self.told), site.well(self.told) if returns else frozenset())

    def _supply(self) -> Supply:
        try:
            return supply(nut.variables(nut.LOOPBACK[0], self.told.server_port, self.told.ups))
        except Unavailable:
            return Supply(None)

    def _tell(self, group: Group, event: Event) -> None:
        if event.kind is Kind.OFF and "seconds" in event.figures:
            self.kept = self.kept.with_stop(event.machine, event.figures["seconds"])
        machine = group.machines.get(event.machine)
        message = words.message(event, measured=machine is None or machine.measured)
        subject = event.machine or self.name
        announce(f"{subject}: {message}")
        facts = OutcomeFacts(further=Further({"event": event.kind.value, **event.figures}))
        self.waiting.append((subject, clock.now(), Outcome(words.verdict(event), message, facts=facts)))

    def _keep(self) -> None:
        """A disk that is full must not keep it from stopping anybody."""
        try:
            kept.write(self.kept)
        except OSError as error:
            announce(f"what the conductor remembers can't be written: {error.strerror}")

    def _record(self) -> None:
        while self.waiting:
            subject, when, outcome = self.waiting[0]
            try:
                record(ACT, subject, self.told.conductor, when, outcome)
            except (SeawallError, OSError) as error:
                announce(f"not recorded yet: {error}")
                return
            self.waiting.popleft()


def conduct(*, period: float = PERIOD, ends: Callable[[], bool] = lambda: False) -> None:
    """Conduct the group of this machine until told to end; raise UsageError where it conducts none."""
    policy = own_policy.read()
    found = group_of(policy.power or {}, policy.host)
    if found is None or found[1].conductor != policy.host:
        raise UsageError("this machine conducts no power group", "write it into `power` of the policy: docs/ups.md")
    conductor = Conductor(*found)
    while not ends():
        began = time.monotonic()
        conductor.look()
        time.sleep(max(0.0, period - (time.monotonic() - began)))


def show(name: str, status: str) -> None:
    """Let a machine's signal show a status, if it does not yet."""
    path, text = signal_file(name), f"ups.status: {status}\n"
    try:
        if path.read_text(encoding="utf-8") == text:
            return
    except OSError:
        pass
    write_atomically(path, text, 0o644)


def signal_file(name: str) -> Path:
    """Return the file of a machine's signal, which the driver dummy-ups shows to its upsmon."""
    return folders.signals() / f"{name}.dev"


def moment() -> float:
    """Return the seconds since the boot, asleep or not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
