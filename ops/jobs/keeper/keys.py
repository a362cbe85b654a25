"""Exchanging the trusted keys of a client's repository by a person's word, once others take their places; recorded.

This machine opens none of them: whoever has the passwords proves before that the new ones open, and after that the old
ones do not. What is taken away lies aside, as any file that is set aside, and comes back as such.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from ops.core import clock
from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.names import Digest, HostName
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.interfaces import layout
from ops.interfaces.keeper_outcome import SetAsideFacts
from ops.interfaces.state import ARRIVALS, ArrivalsState, KeptRepository
from ops.jobs.host import folders, state_files
from ops.jobs.keeper.arrivals import demand_client, demand_keeper, noted
from ops.jobs.keeper.scrub import SPARES
from ops.jobs.keeper.set_aside import STAMP
from ops.jobs.run.job import Ended, Outcome, perform
from ops.keeper import aside, repository, spares
from ops.policy import HostPolicy


@dataclass(frozen=True)
class Exchange:
    """Which keys of a client's repository are to be trusted from now on, and which are to be taken away; by ids."""

    host: str
    trust: Sequence[Digest]
    retire: Sequence[Digest]
    reason: str

    def demand(self) -> None:
        """Raise UsageError where this would leave nobody a key, or says nothing."""
        if not self.trust:
            raise UsageError("no key is named that opens the repository from now on", "--trust ID")
        if both := {*self.trust} & {*self.retire}:
            raise UsageError(f"key {min(both)[:8]} can't be trusted and taken away at once")


def exchange(wanted: Exchange) -> Ended:
    """Trust some keys of a client's repository and move others aside; the exit code is 0 when that was done.

    Done again, it is good again. Raise UsageError for a client that is not kept here, Unavailable or Damaged when a key
    to be trusted is not there: then none is taken away.
    """
    policy = demand_keeper()
    demand_client(policy, wanted.host)
    wanted.demand()
    outcome = perform(
        "exchange-keys", f"set-aside-{wanted.host}", wanted.host, policy.host, lambda: _exchanged(policy, wanted)
    )
    return Ended.here(outcome, outcome.code)


def _exchanged(policy: HostPolicy, wanted: Exchange) -> Outcome:
    base, name = folders.repositories(), HostName(wanted.host)
    there, known = _there(wanted.host), noted()
    if absent := sorted({*wanted.trust} - there):
        raise SeawallError(f"key {absent[0][:8]} is not in the repository of {wanted.host}; nothing was changed")
    before = known.get(name, KeptRepository())
    kept = tuple(sorted({*before.keys, *wanted.trust} - {*wanted.retire}))
    # First what is trusted: interrupted here, the next run finds the old keys still there, and moves them.
    if name in known:
        _note(policy, {**known, name: replace(before, keys=kept)})
    gone = [f"{layout.KEYS}/{key}" for key in sorted({*wanted.retire} & there)]
    move = aside.begin(base, wanted.host, clock.now().strftime(STAMP)) if gone else ""
    moved = aside.away(base, wanted.host, move, gone) if gone else aside.Moved(0, 0, ())
    with suppress(Unavailable), spares.kept(folders.state() / "state" / SPARES, wanted.host) as besides:
        besides.forget(f"{layout.KEYS}/{key}" for key in wanted.retire)  # nobody is to heal what was taken away
    facts = SetAsideFacts(move=move, files=moved.files, bytes=moved.bytes, reason=wanted.reason)
    told = f"{counted(len(wanted.trust), 'key')} of {wanted.host} trusted, {moved.files} set aside"
    told += f" as {move}" if move else ""
    return Outcome(Verdict.PASS, f"{told}: {wanted.reason}", facts, facts)


def _there(host: str) -> set[Digest]:
    """Return the ids of the keys that a client's repository has."""
    with repository.opened(folders.repositories(), host) as folder:
        with repository.folder_in(folder, layout.KEYS) as keys, os.scandir(keys) as found:
            names = [entry.name for entry in found if entry.is_file(follow_symlinks=False)]
    return {Digest(name) for name in names if Digest.fits(name)}


def _note(policy: HostPolicy, repositories: dict[HostName, KeptRepository]) -> None:
    """Note the keys that are trusted; how the last search ended stays what it was."""
    state = state_files.read_all().get(ARRIVALS)
    if not isinstance(state, ArrivalsState):
        raise SeawallError(f"what {policy.host} noted of the repositories can't be read")
    state_files.write(ARRIVALS, replace(state, repositories=repositories))
