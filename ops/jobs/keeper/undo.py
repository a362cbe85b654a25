"""Bringing back what left a client's repository, by a person's word; and telling what can come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.files import lock
from ops.core.printable import storable
from ops.core.quantity import Size, counted
from ops.core.schema import Plain
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.keeper_outcome import LeavingFacts
from ops.interfaces.retention_run import RetentionRun, Stage, written
from ops.jobs.host import folders
from ops.jobs.keeper import settling
from ops.jobs.keeper.arrivals import demand_client, demand_keeper
from ops.jobs.keeper.doors import Doors, UnitDoors
from ops.jobs.run.job import Ended, Outcome, perform
from ops.keeper import leaving
from ops.policy.doors import Leaving
from ops.policy.doors import leaving as policy_leaving

ACT = "leaving-undo"
_PATIENCE = 600.0  # seconds for an undo that a person has just begun


@dataclass(frozen=True)
class Word:
    """Why a run is undone, and who approved it."""

    reason: str
    approver: str


def undo(client: str, name: str, word: Word, doors: Doors | None = None, *, pretend: bool = False) -> Ended:
    """Bring back all that left in a run, by default the last one; what was stored since stays.

    Later runs come back with it, for they pruned what that one left. pretend: only say what would come back. The exit
    code is 0 when all came back. Raise UsageError where nothing is kept of such a run.
    """
    policy = demand_keeper()
    demand_client(policy, client)
    base = folders.repositories()
    runs = _chosen(base, client, name)
    if pretend:
        told = "\n".join(f"would come back: {_line(run)}" for run in runs)
        return Ended(0, {"runs": [run.run for run in runs]}, told)

    def work() -> Outcome:
        at = doors or UnitDoors()
        settling.settle(base, client, at)
        files = sum(_back(base, run, word) for run in runs)
        at.hold_back(client)  # its server counts what is there when it starts
        at.let_in(client)
        facts = LeavingFacts(
            run=runs[-1].run,
            files=files,
            bytes=sum(run.bytes for run in runs),
            sets=sum(len(run.sets) for run in runs),
            reason=word.reason,
            approver=word.approver,
        )
        names = ", ".join(run.run for run in runs)
        message = f"undone: {names}; {counted(files, 'file')} of {client} came back: {word.reason}"
        return Outcome(Verdict.PASS, f"{message} (approved by {word.approver})", facts, facts)

    outcome = perform(ACT, joined.leaving(client), client, policy.host, work)
    return Ended.here(outcome, outcome.code)


def settle(client: str, doors: Doors | None = None) -> Ended:
    """Take back what was interrupted of a client's runs, and shut the door; the unit does so whenever it has ended."""
    policy = demand_keeper()
    demand_client(policy, client)
    act = joined.leaving(client)
    with lock(folders.scratch() / f"{act}.lock", act, _PATIENCE):
        said = settling.settle(folders.repositories(), client, doors or UnitDoors())
    return Ended(0, {"settled": said}, "\n".join(said))


def listing() -> Ended:
    """Return the runs of all clients, for a person and for programs."""
    policy = demand_keeper()
    how = policy_leaving(policy)
    plain: list[Plain] = []
    lines = []
    for client in policy.clients:
        for run in leaving.runs(folders.repositories(), client):
            plain.append(written(run))
            lines.append(f"{client}: {_line(run)}{_until(run, how)}")
    return Ended(0, {"runs": plain}, storable("\n".join(lines or ["no set has left any repository here"])))


def _chosen(base: Path, client: str, name: str) -> list[RetentionRun]:
    """Return a run and those after it that can come back, the newest first."""
    kept = [run for run in leaving.runs(base, client) if _is_kept(run)]
    known = ", ".join(run.run for run in kept) or "none"
    if not kept or (name and name not in {run.run for run in kept}):
        raise UsageError(f"nothing is kept of {f'run {name}' if name else 'any run'} of {client}", f"known: {known}")
    first = name or kept[-1].run
    return [run for run in reversed(kept) if run.run >= first]


def _back(base: Path, run: RetentionRun, word: Word) -> int:
    back = leaving.bring_back(base, run)
    settling.demand_all_back(run, back)
    leaving.withdraw(base, run)
    leaving.note(base, replace(run, stage=Stage.UNDONE, ended=clock.now().timestamp(), reason=word.reason))
    return back.files


def _is_kept(run: RetentionRun) -> bool:
    return run.stage is Stage.KEPT


def _line(run: RetentionRun) -> str:
    much = f"{counted(len(run.sets), 'set')}, {counted(run.files, 'file')}, {Size(run.bytes)}"
    return f"run {run.run}: {much}: {run.stage.value}"


def _until(run: RetentionRun, how: Leaving | None) -> str:
    if how is None or run.ended is None or not _is_kept(run):
        return ""
    return f", can come back until {clock.iso(datetime.fromtimestamp(run.ended + how.grace.seconds, UTC))} at least"
