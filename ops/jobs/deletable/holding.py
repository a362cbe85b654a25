"""Where an asset's verified sets are: the newest in each repository, and what is missing where there is none.

Only what this machine's own acts have found good counts: the set of the last good backup, and that of the last good
copy of each; what else lies in a repository may be anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from ops.core import clock
from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.outcome import BackupFacts, CopyFacts
from ops.jobs.copy import unread
from ops.jobs.host import repositories, state_files
from ops.jobs.snapshots import judgement
from ops.policy import HostPolicy
from ops.policy.model import AWAY, Asset
from ops.restic.messages import Snapshot
from ops.restic.repository import Repository
from ops.restic.sets import ASSET, SET, Set, sets

HOUR = 3600


@dataclass(frozen=True)
class Holder:
    """An asset's set in one repository. elsewhere: whether that is off-site or removable.

    missing: why nothing in it counts; empty where it does. stale: how old its reading is, where that is too old.
    """

    name: str
    elsewhere: bool
    missing: str = ""
    stale: str = ""
    set: str = ""
    repository: Repository | None = None
    parts: dict[str, Snapshot] = field(default_factory=dict)


def holders(policy: HostPolicy, name: str, asset: Asset) -> Iterator[Holder]:
    """Yield the set of an asset in its own repository and in that of each copy."""
    yield _holder(policy, name, asset, joined.backup(name), asset.repository)
    for short, copy in asset.copies.items():
        yield _holder(policy, name, asset, joined.copy(name, short), copy.to)


def _holder(policy: HostPolicy, name: str, asset: Asset, act: str, to: str) -> Holder:
    bare = Holder(to, policy.repositories[to].place in AWAY)
    try:
        identity, read = _good(act, to)
        now = clock.now()
        if read > now + clock.SKEW:
            raise Unavailable("its last good run is dated in the future: a clock was wrong")
        place = repositories.open_own(policy, to)
        if clocks := place.reach():
            raise Unavailable(clocks)
        repository = replace(place.repository, locks=False)  # nothing is written, so no lock is
        found = _found(repository, name, identity, now)
        age = now - read
        stale = (
            "" if age <= asset.deletable.read_within.span else str(Duration(int(age.total_seconds()) // HOUR * HOUR))
        )
        return replace(bare, stale=stale, set=identity, repository=repository, parts=dict(found.parts))
    except SeawallError as error:
        return replace(bare, missing=error.message)


def _good(act: str, to: str) -> tuple[str, datetime]:
    """Return the set that an act found good in a repository, and when; raise SeawallError when none counts."""
    state = state_files.read_act(act)
    good = state.last_good if state else None
    if state is None or not isinstance(good, BackupFacts | CopyFacts) or good.repository not in {to, ""}:
        raise Unavailable("no good set is known there")
    if state.damaged:
        raise Damaged("data there were found damaged since the last good set")
    if isinstance(good, BackupFacts):
        return good.set, clock.parse(good.time)
    owed = unread.owed_by(act, to)
    if owed.before is not None or owed.names:
        raise Unavailable("the copy is not read back yet")
    return good.set, clock.parse(good.copied or good.time)


def _found(repository: Repository, asset: str, identity: str, now: datetime) -> Set:
    """Return a set as the repository has it; raise Damaged unless it is whole and in no doubt."""
    listed = repository.snapshots([f"{ASSET}={asset},{SET}={identity}"])
    found = next((one for one in sets(listed, asset) if one.id == identity), None)
    if found is None:
        raise Damaged(f"set {identity[:8]} is not there any more")
    verdict, words = judgement(found, now)
    if verdict is not Verdict.PASS:
        raise Damaged(f"set {identity[:8]} is {words}")
    return found
