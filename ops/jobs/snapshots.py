"""The sets of this machine's assets, as the repositories have them, each with a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.core import clock
from ops.core.verdict import Verdict
from ops.jobs.host import own_policy, repositories
from ops.jobs.host.assets import asset_named
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
        rows += [_row(one, chosen) for one in reversed(_found(place, clock.now())) if one.asset in names]
    return rows


def _found(place: repositories.OpenRepository, now: datetime) -> list[Set]:
    """Return all sets: of those that may count only what is not dated in the future, as a restore takes them."""
    snapshots = place.repository.snapshots()
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
