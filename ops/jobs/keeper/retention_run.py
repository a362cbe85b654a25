"""Letting sets leave a client's repository, by its plan, without a key, and so that they can come back.

The client itself forgets and prunes, for it has the key; but it works with second names of its files, behind a door
that is open for this run alone. What it did there is compared with what it was asked; only when that is right, the
same files leave the repository itself, and they are kept. So nothing that a client does behind that door hurts
anything, and a run that is interrupted, wherever it was, is taken back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.names import Digest, HostName
from ops.core.printable import storable
from ops.core.quantity import Size, counted
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.keeper_outcome import LeavingFacts
from ops.interfaces.layout import LOCKS, SNAPSHOTS
from ops.interfaces.leaving import KeptSet
from ops.interfaces.retention_run import Order, RetentionRun, Stage, Word, written
from ops.jobs.host import folders
from ops.jobs.keeper import due, settling
from ops.jobs.keeper.arrivals import demand_client, demand_keeper
from ops.jobs.keeper.doors import Doors, UnitDoors
from ops.jobs.run.job import Ended, Outcome, perform
from ops.jobs.run.systemd_unit import run_in_unit
from ops.keeper import comparing, leaving, reading, repository, second_names
from ops.keeper.comparing import Change
from ops.keeper.reading import Pace
from ops.keeper.repository import Stored
from ops.policy import doors as policy_doors
from ops.policy.doors import Leaving

ACT = "leaving"
RATE = 4 << 30  # bytes a second, as what is new is read: as fast as the disk gives it, for who writes waits
STALE_LOCK = 1800.0  # seconds; restic takes no notice of older ones, and refreshes its own every five minutes
PATIENCE = 120.0  # seconds for whoever is writing just now
_LOOK_SECONDS = 0.05
Files = Mapping[str, Stored]


def run(client: str, doors: Doors | None = None, *, pretend: bool = False) -> Ended:
    """Let leave what may leave now of a client's repository, through the unit where a person starts it.

    pretend: only say what may. The exit code is 0 when it left, or nothing was due. Raise UsageError where the policy
    lets nothing leave.
    """
    policy = demand_keeper()
    demand_client(policy, client)
    if pretend:
        return _pretended(client)
    how = policy_doors.leaving(policy)
    if how is None:
        hint = "set `leave_at` in the options of the repository in the policy, and run playbooks/site.yml"
        raise UsageError(f"nothing leaves the repositories on {policy.host}: the policy does not say when", hint)
    act = joined.leaving(client)
    if ended := run_in_unit(joined.service(act), act):
        return ended
    drilled = [asset for asset, kept in policy.kept.get(client, {}).items() if kept.drill]

    def work() -> Outcome:
        return _Run(folders.repositories(), client, how, doors or UnitDoors(), drilled).work()

    outcome = perform(ACT, act, client, policy.host, work)
    return Ended.here(outcome, outcome.code)


def _pretended(client: str) -> Ended:
    now = clock.now().timestamp()
    plan = due.planned(client, now)
    sets = due.chosen(plan, now, _snapshots(_there(folders.repositories(), client)))
    lines = [f"would leave: set {one.set[:8]} of {one.asset}: {one.why}" for one in sets]
    told = lines or [f"would not leave: {why}" for why in plan.refused] or ["nothing is due"]
    return Ended(0, {"sets": [one.set for one in sets], "refused": [*plan.refused]}, storable("\n".join(told)))


def _there(base: Path, client: str) -> list[Stored]:
    with repository.opened(base, client) as folder:
        return list(repository.files(folder))


def _snapshots(there: Iterable[Stored]) -> set[str]:
    return {one.name for one in there if one.sort == SNAPSHOTS}


class _NotNow(SeawallError):
    """Nothing is wrong, and nothing left: the next run tries again."""


@dataclass
class _Run:
    base: Path
    client: str
    how: Leaving
    doors: Doors
    drilled: Sequence[str]

    def work(self) -> Outcome:
        """Settle what is open of earlier runs; then let leave what is due."""
        said = settling.settle(self.base, self.client, self.doors)
        now = clock.now().timestamp()
        plan = due.planned(self.client, now)
        said += settling.freed(self.base, self.client, plan, self.how.grace, now, self.drilled)
        there = _there(self.base, self.client)
        sets = due.chosen(plan, now, _snapshots(there))
        if not sets:
            why = f"the plan refuses: {'; '.join(plan.refused)}" if plan.refused else "nothing is due"
            verdict = Verdict.WARN if said or plan.refused else Verdict.PASS
            return Outcome(verdict, "; ".join([why, *said]), LeavingFacts())
        try:
            return self._leave(sets, self._least(there, plan.stays, sets), said)
        except _NotNow as error:
            return Outcome(Verdict.WARN, "; ".join([f"nothing left: {error.message}", *said]), LeavingFacts())

    def _least(self, there: Iterable[Stored], stays: Iterable[KeptSet], sets: Iterable[KeptSet]) -> int:
        """Return how many bytes have to stay, by the cards of what stays."""
        if needed := comparing.least(there, stays, {name for one in sets for name in one.snapshots}):
            return needed
        why = f"no card says how much of its repository the sets of {self.client} need; those of the next backups will"
        raise _NotNow(why)

    def _leave(self, sets: tuple[KeptSet, ...], needed: int, said: list[str]) -> Outcome:
        note = leaving.begin(self.base, self.client)
        note = replace(note, sets=tuple(one.set for one in sets), assets=tuple(sorted({one.asset for one in sets})))
        names = frozenset(name for one in sets for name in one.snapshots)
        leaving.note(self.base, note)
        try:
            before = self._asked(note, names)
            found = self._compared(before, names, needed)
            self._demand_still_due(names)
            note = self._moved(note, before, found)
        finally:
            settling.settle(self.base, self.client, self.doors)
        facts = LeavingFacts(
            run=note.run, sets=len(sets), snapshots=len(names), files=note.files, bytes=note.bytes, new=len(note.new)
        )
        message = (
            f"run {note.run}: {counted(len(sets), 'set')} left ({comparing.told(found)}); {Size(note.bytes)} are kept"
        )
        until = clock.now() + self.how.grace.span
        return Outcome(Verdict.PASS, "; ".join([f"{message} until {clock.iso(until)}", *said]), facts, facts)

    def _asked(self, note: RetentionRun, names: frozenset[Digest]) -> Files:
        """Have the client forget the snapshots behind the door; return the files that it found there."""
        until = time.monotonic() + self.how.window.seconds
        order = Order(
            client=HostName(self.client), run=note.run, until=clock.now().timestamp() + self.how.window.seconds
        )
        second_names.prepare(self.base, self.client, self.doors.account)
        self._say(order)
        self.doors.open(self.client)
        announce(f"waits for {self.client} to come")
        self._wait(note, until, [Word.READY], f"{self.client} did not come within {self.how.window}")
        before = second_names.lay(self.base, self.client, self.doors.account)
        with repository.opened(self.base, self.client) as folder:
            config = repository.config(folder)
        self._say(replace(order, config=config, snapshots=tuple(sorted(names))))
        announce(f"{self.client} forgets {counted(len(names), 'snapshot')}")
        late = f"{self.client} was not done within {self.how.window}"
        if self._wait(note, until, [Word.DONE, Word.FAILED], late) is Word.FAILED:
            raise Unavailable(f"{self.client} could not, or would not, forget the snapshots", "its own state says why")
        return before

    def _say(self, order: Order) -> None:
        second_names.say(self.base, self.client, json.dumps(written(order)).encode("ascii"))

    def _wait(self, note: RetentionRun, until: float, words: list[Word], late: str) -> Word:
        names = {word: word.file(note.run) for word in words}
        while time.monotonic() < until:
            for word, name in names.items():
                if second_names.is_said(self.base, self.client, name):
                    return word
            time.sleep(_LOOK_SECONDS)
        raise _NotNow(late)

    def _compared(self, before: Files, names: frozenset[Digest], needed: int) -> Change:
        """Close the door and return what the client did; raise Damaged when it is not what it was asked."""
        self._until_quiet()
        self.doors.hold_back(self.client)
        self.doors.close(self.client)
        wrong = f"what {self.client} did is not what it was asked, and was thrown away"
        try:
            after = second_names.behind(self.base, self.client)
            found = comparing.change(before, after, names)
            comparing.demand_staying(before, after, names, leaving.made(self.base, self.client))
            comparing.demand_enough(after.values(), needed)
            self._demand_sound(found)
        except (Damaged, Unavailable, OSError) as error:
            hint = "find out who works there under its account; nothing has left the repository"
            raise Damaged(f"{wrong}: {getattr(error, 'message', error)}", hint) from error
        return found

    def _demand_sound(self, found: Change) -> None:
        """Read all that is new; raise Damaged for what is not what its name says."""
        pace = Pace(RATE)
        with repository.opened(second_names.door(self.base, self.client), self.client) as folder:
            for path in found.new:
                if fault := reading.fault(folder, path, pace):
                    raise Damaged(f"{path} {fault}")

    def _until_quiet(self) -> None:
        """Wait a while for whoever writes to the repository; what the client did is looked at in any case."""
        until = time.monotonic() + PATIENCE
        while self._locks() and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)

    def _locks(self) -> list[str]:
        recent = clock.now().timestamp() - STALE_LOCK
        with repository.opened(self.base, self.client) as folder:
            return [one.path for one in repository.files(folder) if one.sort == LOCKS and one.arrived > recent]

    def _demand_still_due(self, names: frozenset[Digest]) -> None:
        """Raise unless the plan lets all of it leave still: hours may have passed, and it may have been made anew."""
        now = clock.now().timestamp()
        sets = due.chosen(due.planned(self.client, now), now, _snapshots(_there(self.base, self.client)))
        if not names <= {name for one in sets for name in one.snapshots}:
            raise _NotNow("a later plan refuses it, or names it no more")

    def _moved(self, note: RetentionRun, before: Files, found: Change) -> RetentionRun:
        """Move out of the repository what the client removed of the second names; nobody can write there now."""
        with repository.opened(self.base, self.client) as folder:
            there = second_names.listed(folder)
        fresh = {path for path, one in there.items() if one.sort in second_names.NAMED and Digest.fits(one.name)}
        if self._locks() or fresh - before.keys():
            raise _NotNow("something arrived meanwhile, which may need what was to leave")
        note = replace(note, stage=Stage.MOVING, new=found.new, files=len(found.gone), bytes=found.bytes)
        leaving.note(self.base, note)
        leaving.move_out(self.base, note, found.gone)
        note = replace(note, stage=Stage.KEPT, ended=clock.now().timestamp())
        leaving.note(self.base, note)
        return note
