"""What is open of earlier runs of retention: what was interrupted is taken back, what is past its time is freed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged
from ops.core.names import HostName
from ops.core.quantity import Duration, Size, counted
from ops.interfaces.leaving import RetentionPlan
from ops.interfaces.retention_run import RetentionRun, Stage
from ops.interfaces.state import SCRUB, ScrubState
from ops.jobs.host import state_files
from ops.jobs.keeper.doors import Doors
from ops.keeper import leaving, second_names
from ops.keeper.leaving import Back


def settle(base: Path, client: str, doors: Doors) -> list[str]:
    """Shut the door from which a client may delete, take back what was interrupted, and let the client write again.

    Return what was taken back, in words; raise Damaged when something of it could not come back.
    """
    doors.close(client)
    try:
        said = [_taken_back(base, run) for run in leaving.runs(base, client) if run.stage in {Stage.OPEN, Stage.MOVING}]
        second_names.discard(base, client)
    finally:
        doors.let_in(client)
    told = [one for one in said if one]
    for one in told:
        announce(one)
    return told


def _taken_back(base: Path, run: RetentionRun) -> str:
    if run.stage is Stage.OPEN:  # nothing of the repository was touched
        leaving.forget(base, run)
        return ""
    back = leaving.bring_back(base, run)
    demand_all_back(run, back)
    leaving.withdraw(base, run)
    leaving.note(base, replace(run, stage=Stage.UNDONE, ended=clock.now().timestamp(), reason="it was interrupted"))
    return f"run {run.run} was interrupted, and all came back ({counted(back.files, 'file')})"


def demand_all_back(run: RetentionRun, back: Back) -> None:
    """Raise Damaged when another file lies in the place of one that was to come back."""
    if back.missing:
        raise Damaged(
            f"{len(back.missing)} files of run {run.run} are not back, such as {back.missing[0]}: others lie there",
            "find out who put those there, move them away, and undo the run again",
        )


def freed(
    base: Path, client: str, plan: RetentionPlan, grace: Duration, now: float, drilled: Collection[str]
) -> list[str]:
    """Free the space of the runs that can't come back any more; return what was freed, and what waits and why.

    drilled: the assets of which the policy demands a drill. A run is kept for longer than its grace, until the plan
    refuses nothing (a clock that jumps ahead ends no grace), a scrub found all of the repository well, and of each of
    these assets, and of its own, a set was proven that arrived after it: packs are whichever asset's.
    """
    said = []
    for run in leaving.runs(base, client):
        if run.stage is Stage.FREED:
            leaving.free(base, run)  # of one that was killed while it did
        if run.stage is not Stage.KEPT or run.ended is None or now - run.ended < grace.seconds:
            continue
        if waits := _unsure(plan) or _unproven(run, plan, drilled) or _unread(run, state_files.read_all().get(SCRUB)):
            said.append(f"run {run.run} waits to be freed: {waits}")
            break  # what later runs took, this one's sets may need, should it come back
        leaving.note(base, replace(run, stage=Stage.FREED))
        leaving.free(base, run)
        said.append(f"run {run.run} was freed ({Size(run.bytes)})")
    return said


def _unsure(plan: RetentionPlan) -> str:
    return f"the plan refuses: {plan.refused[0]}" if plan.refused else ""


def _unproven(run: RetentionRun, plan: RetentionPlan, drilled: Collection[str]) -> str:
    proven = {one.asset for one in plan.stays if one.proven and one.arrived > (run.ended or 0.0)}
    if missing := sorted({*run.assets, *drilled} - proven):
        return f"no set of {missing[0]} that arrived since was drilled"
    return ""


def _unread(run: RetentionRun, state: object) -> str:
    if not isinstance(state, ScrubState) or HostName(run.client) not in state.repositories:
        return "the repository was not read"
    seen = state.repositories[HostName(run.client)]
    if clock.parse(state.finished).timestamp() <= (run.ended or 0.0):
        return "the repository was not read since"
    if seen.count or seen.trouble or seen.late:
        return "the last scrub did not find all of the repository well"
    return ""
