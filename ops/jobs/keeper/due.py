"""The plan of what may leave a client's repository: read, and judged once more before anything follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from ops.core import clock
from ops.core.document import read_file
from ops.core.errors import Damaged, Unavailable
from ops.core.names import Name
from ops.interfaces.leaving import LIMITS, KeptSet, RetentionPlan, read
from ops.jobs.host import folders

FRESH = 2 * 86_400.0  # seconds
MOST = 5000  # so many snapshots leave at once, for restic is given each by its name; the others leave the next time


def path(client: str) -> Path:
    """Return where the plan of a client lies."""
    return folders.state() / "state" / "retention" / f"{client}.json"


def planned(client: str, now: float) -> RetentionPlan:
    """Return the plan of a client; raise Unavailable where there is none that is fresh, Damaged for what is none."""
    file = path(client)
    if not file.exists():
        raise Unavailable(
            f"there is no plan of what leaves the repository of {client}", f"seawall retention plan {client}"
        )
    plan = read(read_file(file, LIMITS.bytes, str(file), owned=True), str(file))
    if plan.client != client:
        raise Damaged(f"{file} is the plan of {plan.client}")
    if not now - FRESH < plan.made <= now + clock.SKEW.total_seconds():
        raise Unavailable(f"the plan of {client} is not of today", f"seawall retention plan {client}")
    return plan


def chosen(plan: RetentionPlan, now: float, there: Collection[str]) -> tuple[KeptSet, ...]:
    """Return the sets that may leave now, the oldest first; there: the names of all snapshots of the repository.

    Whatever a plan says, of each asset its newest set stays, and a proven one where any is. Raise Damaged for a plan
    that says otherwise, or that is about other snapshots.
    """
    leaving = sorted(plan.due(now), key=lambda one: one.arrived)
    kept = {name for one in plan.stays for name in one.snapshots}
    there = {*there}
    some = [one for one in plan.stays if one.snapshots]  # what has none is no set that stays, whatever a plan says
    for asset in sorted({one.asset for one in leaving}):
        _demand_some_left(asset, _of(some, asset), _of(leaving, asset))
    for one in leaving:
        if both := kept & {*one.snapshots}:
            raise Damaged(f"by the plan, snapshot {min(both)[:8]} of {one.asset} leaves and stays")
        if not one.snapshots or not {*one.snapshots} <= there:
            raise Damaged(f"set {one.set[:8]} of {one.asset} is not there as the plan knows it")
    if lost := kept - there:
        raise Damaged(f"{len(lost)} snapshots that stay by the plan are not there, such as {min(lost)[:8]}")
    return tuple(_first(leaving))


def _of(sets: Iterable[KeptSet], asset: Name) -> list[KeptSet]:
    return [one for one in sets if one.asset == asset]


def _demand_some_left(asset: Name, stays: Collection[KeptSet], leaving: Collection[KeptSet]) -> None:
    if not stays:
        raise Damaged(f"by the plan, no set of {asset} stays")
    if max(one.arrived for one in stays) <= max(one.arrived for one in leaving):
        raise Damaged(f"by the plan, the newest set of {asset} leaves")
    if any(one.proven for one in leaving) and not any(one.proven for one in stays):
        raise Damaged(f"by the plan, no proven set of {asset} stays")


def _first(leaving: Iterable[KeptSet]) -> Iterable[KeptSet]:
    count = 0
    for one in leaving:
        count += len(one.snapshots)
        if count > MOST:
            return
        yield one
