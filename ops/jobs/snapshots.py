"""The sets of this machine's assets, as the repositories have them, each with a verdict."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.outcome import CopyFacts
from ops.jobs.copy import unread
from ops.jobs.heal import note
from ops.jobs.host import own_policy, own_spares, repositories, state_files
from ops.jobs.host.assets import asset_named
from ops.policy import HostPolicy
from ops.restic.sets import Set, dated, sets

MAY_STILL_COME = timedelta(days=1)  # the longest that a backup may run


@dataclass(frozen=True, kw_only=True)
class ListedSet:
    """A set as a repository has it. time: of its data; bytes: of all its parts, whose labels are in `parts`."""

    asset: str
    repository: str
    set: str
    time: str
    bytes: int
    verdict: Verdict
    message: str
    parts: tuple[str, ...]


def listed(name: str | None, repository: str | None) -> list[ListedSet]:
    """Return every set of an asset, or of all, newest first; raise SeawallError when a repository can't be read.

    repository: where to look; none: where the asset's sets go first.
    """
    policy = own_policy.read()
    names = [name] if name else list(policy.assets)
    rows: list[ListedSet] = []
    for chosen in dict.fromkeys(repository or asset_named(policy, one).repository for one in names):
        place = repositories.open_own(policy, chosen)
        place.reach()
        owing = {one: [*_owing(policy, one, chosen)] for one in names}
        sets_there = [one for one in reversed(_found(place, clock.now())) if one.asset in names]
        lost = note.lost(own_spares.known_as(place))
        rows += [_healed(_read_back(_row(one, chosen), owing[one.asset]), lost) for one in sets_there]
    return rows


def _owing(policy: HostPolicy, name: str, repository: str) -> Iterator[tuple[str, str]]:
    """Yield for each copy of an asset to a repository that owes something the time of the last good one, and what."""
    asset = policy.assets.get(name)
    for copy, spec in asset.copies.items() if asset else ():
        act = joined.copy(name, copy)
        if spec.to == repository and (owed := _owed(act, repository)):
            state = state_files.read_act(act)
            good = state.last_good if state else None
            yield good.time if isinstance(good, CopyFacts) and good.repository == repository else "", owed


def _read_back(row: ListedSet, owing: Sequence[tuple[str, str]]) -> ListedSet:
    """Return a set as what it is: of a copy that was not read back whole, nobody knows whether it is good."""
    if row.verdict is Verdict.PASS:
        for read, owed in owing:
            if row.time > read:
                return replace(row, verdict=Verdict.UNKNOWN, message=f"{row.message}, but {owed}")
    return row


def _healed(row: ListedSet, lost: Collection[str]) -> ListedSet:
    """Return a set as what it is: of one of which something is lost, only a part can be restored."""
    return replace(row, verdict=Verdict.FAIL, message=note.LOST) if row.set in lost else row


def _owed(act: str, repository: str) -> str:
    """Return what a copy has not read back of what it brought, in words; nothing when it has read all."""
    try:
        owed = unread.owed_by(act, repository)
    except Damaged as error:
        return error.message
    if owed.before is None and not owed.names:
        return ""
    return "not read back yet: a copy is in progress, or was interrupted; the next one reads what it brought"


def _found(place: repositories.OpenRepository, now: datetime) -> list[Set]:
    """Return all sets: of those that may count only what is not dated in the future, as a restore takes them."""
    unlocked = replace(place.repository, locks=False)  # a list needs no lock, for which a full repository has no room
    snapshots = unlocked.snapshots()
    known = {(one.id, one.asset): one for one in sets(dated(snapshots, now)) if one.complete or one.doubt}
    return [known.get((one.id, one.asset), one) for one in sets(snapshots)]


def _row(one: Set, repository: str) -> ListedSet:
    verdict, words = judgement(one, clock.now())
    return ListedSet(
        asset=one.asset,
        repository=repository,
        set=one.id,
        time=clock.iso(one.time),
        bytes=sum(snapshot.bytes for snapshot in one.parts.values()),
        verdict=verdict,
        message=words,
        parts=tuple(sorted(one.parts)),
    )


def judgement(one: Set, now: datetime) -> tuple[Verdict, str]:
    """Return whether a set could be restored from, as far as its snapshots alone tell; and why."""
    if one.latest > now + clock.SKEW:
        return Verdict.UNKNOWN, "dated in the future: a clock was wrong"
    if one.doubt:
        return Verdict.FAIL, f"in doubt: {one.doubt}; does not count"
    if one.complete:
        empty = [name for name, snapshot in one.parts.items() if not snapshot.bytes]
        return (Verdict.FAIL, f"nothing in {', '.join(sorted(empty))}") if empty else (Verdict.PASS, "whole")
    if now - one.time < MAY_STILL_COME:
        return Verdict.UNKNOWN, "not whole: in progress, or interrupted"
    return Verdict.FAIL, "not whole: does not count"
