"""Rounds of a machine that is watched, through the real checks, notes, plan and alarms; time is played."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from states import states as read_states
from watched_inputs import Inputs
from watched_site import ROUND, START, Machine

from ops.alarms.engine import step
from ops.alarms.model import Event, Incident, Kind, Memory, Moment
from ops.core import clock, kinds
from ops.core.document import decode
from ops.core.verdict import Verdict
from ops.core.week import WeekHours
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.state import HEALTH, CheckResult, HealthState, State
from ops.jobs.alarms import samples
from ops.jobs.alarms.plan import plan_at
from ops.jobs.health import job
from ops.jobs.health.findings import join, kept
from ops.jobs.health.notes import Notes
from ops.policy.alarms import Alarms, ChannelSpec, OnCall
from ops.policy.model import CheckSpec, Contact, HostPolicy, Site

CONTACTS = {name: Contact(name=name.title(), mail=f"{name}@hospital.example") for name in ("anna", "ben")}
ALARMS = Alarms(
    on_call=(OnCall("anna", WeekHours()), OnCall("ben", WeekHours())),
    channels={"office": ChannelSpec("mail", {})},
)


class Watched:
    """A machine that is watched: its rounds, what its alarms remember, and what was told."""

    def __init__(self, machine: Machine, policy: HostPolicy, start: datetime = START, *, threads: bool = True) -> None:
        """Begin to watch. threads: make the checks of a round at the same time, as a server does; else in a row."""
        self.machine, self.policy, self.now, self.begun, self.threads = machine, policy, start, start, threads
        self.notes: Notes = {}
        self.memory, self.kinds = Memory(), dict[str, Check[Any]]()
        self.last: HealthState | None = None
        self.told: list[tuple[datetime, Event]] = []

    def round(
        self,
        given: Inputs,
        after: timedelta = ROUND,
        only: Collection[str] = (),
        states: Mapping[str, State] | None = None,
        boot: int = 0,
    ) -> list[Event]:
        """Make a round of a moment, and let the alarms look at it; return what they told.

        only: the checks that are made; the others see what they saw in the round before. states: of acts, if they are
        not those of the inputs. boot: how often the machine was started.
        """
        self.now += after
        self.machine.says(given)
        known = dict(read_states(given.states) if states is None else states)
        before = {entry.name: entry for entry in self.last.checks} if self.last else {}
        if self.last:
            known[HEALTH] = self.last
        names = (only if before else ()) or self.policy.checks
        look = self._at_once if self.threads else self._in_a_row
        entries = look(names, known)
        seen = before | {entry.name: entry for entry in entries}
        self.last = job.record(self.policy, list(seen.values()), self.now)
        taken = samples.taken(self.policy, {HEALTH: self.last}, self.now)
        plan = plan_at(self.policy, self.policy.alarms or ALARMS, taken, self.now)
        moment = Moment(wall=clock.iso(self.now), boot=str(boot), running=self.now.timestamp())
        self.memory, events = step(self.memory, moment, taken, plan)
        self.told += [(self.now, event) for event in events]
        return events

    def _at_once(self, names: Collection[str], states: Mapping[str, State]) -> list[CheckResult]:
        return job.look(self.policy, states, self.now, names, noted=self.notes)

    def _in_a_row(self, names: Collection[str], states: Mapping[str, State]) -> list[CheckResult]:
        entries = []
        for name in names:
            spec = self.policy.checks[name]
            context = CheckContext(self.now, states, self.begun, self.policy.host, self.notes.setdefault(name, {}))
            kind: Check[Any] = self.kinds.get(name) or kinds.load("ops.health", spec.kind)
            self.kinds[name] = kind
            found = join(list(kept(kind.probe(spec.options, context))))
            entries.append(job.entry_of(name, spec.kind, found))
        return entries

    def verdicts(self) -> dict[str, str]:
        """Return what is not well, by check, as of the last round."""
        checks = self.last.checks if self.last else ()
        return {entry.name: entry.verdict.value for entry in checks if entry.verdict is not Verdict.PASS}

    def of(self, kind: Kind) -> list[tuple[datetime, Event]]:
        return [(when, event) for when, event in self.told if event.kind is kind]

    def open(self) -> list[Incident]:
        return [one for one in self.memory.incidents.values() if one.closed is None]


def policy(wanted: Mapping[str, tuple[str, Mapping[str, Any]]]) -> HostPolicy:
    """Return the policy of a server with such checks."""
    specs = {
        name: CheckSpec(kind, decode(kinds.load("ops.health", kind).options, options, name))
        for name, (kind, options) in wanted.items()
    }
    site = Site("Test hospital", timezone="America/Sao_Paulo")
    return HostPolicy(1, "his1", site, contacts=CONTACTS, checks=specs, alarms=ALARMS)
