"""Forgetting in a repository the snapshots that its backup host asks to, and nothing else.

The backup host has no key, and this machine no right to delete: it works with second names of the repository's files,
behind a door that is open for this alone. What it did counts only when the backup host has compared it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.files import write_atomically
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.keeper_outcome import LeavingFacts
from ops.interfaces.retention_run import Order, Word, read_order
from ops.interfaces.target import LeavingDoor
from ops.jobs.host import folders, own_policy, repositories, turns
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.run.job import Ended, Outcome, perform
from ops.jobs.run.systemd_unit import run_in_unit
from ops.policy import HostPolicy
from ops.policy.doors import Leaving, leaving
from ops.restic.messages import Snapshot
from ops.restic.sets import complete

ACT = "leave"
_DAY = 86_400.0
_LOOK_SECONDS = 0.1
_OVER_SECONDS = 3600.0  # for the backup host to compare, and to move what left


def leave(name: str) -> Ended:
    """Do what the backup host of a repository asks, through its unit where a person starts it; or nothing.

    The exit code is 0 when it was done, or nothing was asked. Raise UsageError for a repository that no set leaves.
    """
    policy = own_policy.read()
    how = leaving(policy, name)
    if how is None:
        raise UsageError(f"no set leaves repository {name!r}", "the policy would say when: `leave_at` in its options")
    act = joined.leave(name)
    if ended := run_in_unit(joined.service(act), act):
        return ended
    place = repositories.open_own(policy, name)
    work = _Leave(policy, name, how, place, _door(place))
    order = work.asked()
    if order is None or order.client != policy.host or order.until < clock.now().timestamp():
        return Ended(0, {"asked": False}, f"{name}: its backup host asks nothing")
    outcome = perform(ACT, act, name, policy.host, lambda: work.done(order))
    return Ended.here(outcome, outcome.code)


def _door(place: OpenRepository) -> LeavingDoor:
    door = place.target.leaving
    if door is None:
        raise UsageError(f"no set leaves a repository of the kind of {place.repository.name}")
    return door


@dataclass(frozen=True)
class _Leave:
    policy: HostPolicy
    name: str
    how: Leaving
    place: OpenRepository
    door: LeavingDoor

    def asked(self) -> Order | None:
        """Return what the backup host asks now; None while it asks nothing. Raise Damaged for what is no order."""
        repository = self.place.repository
        content = self.door.asked(repository.url, repository.authority)
        return read_order(content, f"what the host of {self.name} asks") if content is not None else None

    def done(self, order: Order) -> Outcome:
        """Forget what is asked, while nobody else on this machine works in the repository; say how it ended."""
        with turns.alone(self.name):
            self._say(order, Word.READY)
            try:
                given = self._opened(order)
                self._demand_own(given)
                announce(f"{self.name}: forgets {counted(len(given.snapshots), 'snapshot')}")
                self._forget_judged(given)
            except BaseException:
                with suppress(SeawallError):  # its door may be shut already
                    self._say(order, Word.FAILED)
                raise
            self._say(order, Word.DONE)
            self._until_over(order)
        facts = LeavingFacts(run=order.run, snapshots=len(given.snapshots))
        count = counted(len(given.snapshots), "snapshot")
        message = f"run {order.run}: {count} forgotten behind the door; the backup host compares"
        return Outcome(Verdict.PASS, message, facts, facts)

    def _say(self, order: Order, word: Word) -> None:
        repository = self.place.repository
        self.door.say(repository.url, repository.authority, word.file(order.run), word.content(order.run))

    def _opened(self, order: Order) -> Order:
        """Wait until the files have their second names; return the order as it is then."""
        found = self._until(lambda: self._same(order, is_open=True), order.until - clock.now().timestamp())
        if found is None:
            raise Unavailable(f"the host of {self.name} did not open its door in time")
        return found

    def _same(self, order: Order, *, is_open: bool) -> Order | None:
        now = self.asked()
        if now is None or (now.client, now.run) != (order.client, order.run):
            raise Unavailable(f"the host of {self.name} asks no more")
        return now if now.is_open is is_open else None

    def _until(self, look: Callable[[], Order | None], seconds: float) -> Order | None:
        until = time.monotonic() + min(seconds, _DAY)
        while (found := look()) is None and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        return found

    def _demand_own(self, order: Order) -> None:
        """Raise Damaged unless the order is about this repository."""
        repository = self.place.repository
        if order.config != self.door.config(repository.url, repository.authority):
            raise Damaged(f"the host of {self.name} asks about another repository")

    def _forget_judged(self, order: Order) -> None:
        """Forget what is asked, and judge meanwhile whether it may go; raise Damaged where it may not.

        Each takes a start of restic, and they need not wait for each other: what is forgotten are second names, and
        the backup host throws those away unless this machine says afterwards that it is done.
        """
        with ThreadPoolExecutor(1) as beside:
            judged = beside.submit(self._judge, order)
            try:
                self._forget(order)
            finally:
                judged.result()  # what is wrong with an order says why forgetting failed, too

    def _judge(self, order: Order) -> None:
        """Raise Damaged unless the order leaves the newest whole set of each asset, and names this machine's alone.

        The backup host has looked at that by what it knows; this machine has the key, and looks for itself.
        """
        there = {one.id: one for one in self.place.repository.snapshots()}
        named = {*order.snapshots}
        strange = sorted(named - there.keys())
        if strange or not named:
            which = f"snapshot {strange[0][:8]}, which is not there" if strange else "no snapshot"
            raise Damaged(f"the host of {self.name} names {which}")
        if others := sorted({there[one].host for one in named} - {self.policy.host}):
            raise Damaged(f"the host of {self.name} names snapshots of {others[0][:80]!r}")
        for asset in self.policy.assets:
            self._demand_newest(asset, [*there.values()], named)

    def _demand_newest(self, asset: str, there: list[Snapshot], named: Collection[str]) -> None:
        counting = complete(there, asset, clock.now()).counting
        if counting and {*named} & {one.id for one in counting[-1].parts.values()}:
            raise Damaged(f"the host of {self.name} wants the newest set of {asset} to leave; it stays")

    def _forget(self, order: Order) -> None:
        """Forget and prune behind the door; the repository itself is not reached by that."""
        with tempfile.TemporaryDirectory(prefix="leave-", dir=folders.scratch()) as folder:
            url = Path(folder, "url")
            write_atomically(url, f"{self.door.address(self.place.repository.url)}\n")
            behind = replace(self.place.repository, url=url)
            behind.forget(order.snapshots, str(self.how.unused), timeout=time_left(order))

    def _until_over(self, order: Order) -> None:
        """Wait until the backup host has shut that door, and opened the other one again: nobody adds before.

        It shuts the other one first, and reads all that is new before it opens that again. Raise Unavailable where it
        does not for an hour.
        """
        until = time.monotonic() + _OVER_SECONDS
        while self._is_open(order) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        repository = self.place.repository
        while True:
            try:
                self.door.config(repository.url, repository.authority)
            except Unavailable:
                if time.monotonic() >= until:
                    raise
            else:
                return
            time.sleep(_LOOK_SECONDS)

    def _is_open(self, order: Order) -> bool:
        try:
            return self._same(order, is_open=True) is not None
        except SeawallError:
            return False


def time_left(order: Order) -> float:
    """Return the seconds that an order leaves for forgetting: a day at most, whatever moment the backup host says."""
    return min(max(order.until - clock.now().timestamp(), 1.0), _DAY)
