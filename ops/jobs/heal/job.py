"""Healing a repository: what is lost comes back from another one, stored anew, and nothing that is there is changed.

A pack of another repository holds the same blobs under another name. So the blobs of a damaged pack come back in new
packs, with new indexes that no longer name it; the sets keep their snapshots. All of that is only added. The backup
host then sets the damaged files and the superseded indexes aside: until then restic finds a blob twice, and takes the
good one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from ops.core.announce import announce
from ops.core.errors import Damaged, SeawallError, UsageError
from ops.core.names import SetId
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.interfaces.healing import Healing
from ops.interfaces.keeper_outcome import HealFacts
from ops.interfaces.layout import DATA, INDEX, SNAPSHOTS
from ops.interfaces.target import Writes
from ops.jobs.heal import here, note
from ops.jobs.heal.damage import CHECK_SECONDS, GONE
from ops.jobs.heal.hurt import Hurt, hurt, sets_of
from ops.jobs.heal.plan import Plan
from ops.jobs.heal.view import name_of, seen, sort_of, stored_as
from ops.jobs.run.job import Ended, Outcome, perform
from ops.restic import healing
from ops.restic.healing import Blob
from ops.restic.messages import Snapshot
from ops.restic.sets import PART, SET

COPY_SECONDS = 86_400.0
STORED = (DATA, INDEX)


@dataclass(frozen=True)
class Word:
    """A person's word. reason: why; approver: who allowed it."""

    reason: str
    approver: str


def heal(plan: Plan, word: Word) -> Ended:
    """Bring back what is lost; the exit code is 0 when nothing is missing any more.

    What is missing is told by its paths, which are for the person at the machine and go into no record.
    """
    if not (word.reason.strip() and word.approver.strip()):
        raise UsageError("healing requires a reason and an approver", "--reason TEXT --approver WHO")
    name = plan.wanted.repository
    outcome = perform("heal", f"heal-{name}", name, plan.host, lambda: _healed(plan, word))
    return Ended.here(outcome, outcome.code)


def _healed(plan: Plan, word: Word) -> Outcome:
    noted = _begun(plan)
    for step in (_salvage, _index, _bring, _bring_snapshots):
        noted = note.keep(plan.noted_as, step(plan, noted))
    _demand_stored(plan, noted)
    lost, wrong = _missing(plan, noted)
    names = tuple(SetId(one) for one in sets_of(lost) if SetId.fits(one))
    noted = note.keep(plan.noted_as, replace(noted, done=True, lost=names))
    outcome = _outcome(plan, word, noted, lost, wrong)
    left, move = here.settled(plan.target, noted)
    note.keep(plan.noted_as, left)
    for one in lost:
        for line in one.lines():
            announce(line)
    return _with_move(outcome, move) if move else outcome


def _with_move(outcome: Outcome, move: str) -> Outcome:
    """Return an outcome with what became of the files that others have replaced."""
    facts = replace(outcome.facts, aside=move) if isinstance(outcome.facts, HealFacts) else outcome.facts
    good = facts if outcome.good is not None else None
    return replace(outcome, message=f"{outcome.message}; set aside as {move}", facts=facts, good=good)


def _begun(plan: Plan) -> Healing:
    """Note what is damaged, beside what is still to be set aside of earlier runs."""
    noted = plan.noted if not plan.noted.done else replace(plan.noted, salvaged=(), added=(), done=False)
    return note.keep(plan.noted_as, replace(noted, damaged=_joined(noted.damaged, plan.damaged)))


def _salvage(plan: Plan, noted: Healing) -> Healing:
    """Have what can be read of a damaged pack stored anew: it may be nowhere else."""
    packs = [path for path, wrong in plan.damaged.items() if sort_of(path) == DATA and wrong != GONE]
    packs = [path for path in packs if path not in noted.salvaged]
    if not packs:
        return noted
    announce(f"storing anew what can be read of {counted(len(packs), 'damaged pack')}")
    hidden = (plan.hidden | set(noted.aside)) - set(packs)
    with seen(plan.target, hidden, STORED) as (repository, writes):
        if wrong := healing.salvage(repository, [*map(name_of, packs)], timeout=CHECK_SECONDS):
            announce(f"nothing could be read of them: {wrong}")
    return replace(_written(noted, writes), salvaged=_joined(noted.salvaged, packs))


def _index(plan: Plan, noted: Healing) -> Healing:
    """Have restic index what no index names, and forget what is damaged or gone.

    What a run stored that was killed may be in no index yet.
    """
    if not plan.lies_here and not any(sort_of(path) in STORED for path in {*plan.damaged, *noted.damaged}):
        return noted  # on this machine nobody could have named an index that is lost
    announce("making the index anew")
    with seen(plan.target, plan.hidden | set(noted.aside), STORED) as (repository, writes):
        healing.index_anew(repository, timeout=CHECK_SECONDS)
    return _written(noted, writes)


def _bring(plan: Plan, noted: Healing) -> Healing:
    """Store the blobs that are missing: first by the snapshots that both have, then by whatever else the source has."""
    if not _missing_blobs(plan, noted):
        return noted
    trees = {one.tree for one in plan.here}
    both = [one.id for one in plan.there if one.tree in trees]
    noted = _stored(plan, noted, both)
    if _missing_blobs(plan, noted):
        noted = _stored(plan, noted, [one.id for one in plan.there if one.tree not in trees])
    return noted


def _stored(plan: Plan, noted: Healing, ids: Sequence[str]) -> Healing:
    if not ids:
        return noted
    source = plan.source.repository
    announce(f"bringing what is missing from {counted(len(ids), 'snapshot')} in {source.name}")
    hidden = plan.hidden | set(noted.aside)
    with (
        seen(plan.target, hidden, STORED, snapshots=False) as (repository, writes),
        seen(plan.source, ()) as (there, _),
    ):
        for wrong in healing.bring(repository, there, ids, timeout=COPY_SECONDS):
            announce(f"not all of a snapshot could be read there: {wrong}")
    return _written(noted, writes)


def _bring_snapshots(plan: Plan, noted: Healing) -> Healing:
    """Bring snapshots that are lost back from the source, under other ids, where a person wants that."""
    wanted = lost_there(plan) if plan.wanted.snapshots else []
    if not wanted:
        return noted
    announce(f"bringing {counted(len(wanted), 'snapshot')} back under other ids")
    hidden = plan.hidden | set(noted.aside)
    with (
        seen(plan.target, hidden, (*STORED, SNAPSHOTS)) as (repository, writes),
        seen(plan.source, ()) as (there, _),
    ):
        for wrong in healing.bring(repository, there, [one.id for one in wanted], timeout=COPY_SECONDS):
            announce(f"a snapshot did not come back: {wrong}")
    return _written(noted, writes)


def lost_there(plan: Plan) -> list[Snapshot]:
    """Return the source's snapshots in whose place one is lost: by its id, else the part that a set lacks."""
    lost = set(plan.lost_snapshots)
    if not lost:
        return []
    parts = {(one.tag(SET), one.tag(PART)) for one in plan.here}
    sets = {identity for identity, _ in parts} - {None}
    known = [one for one in plan.there if {one.id, one.original} & lost]
    named = {one.id for one in known}
    lacking = [
        one
        for one in plan.there
        if one.tag(SET) in sets and (one.tag(SET), one.tag(PART)) not in parts and one.id not in named
    ]
    return [one for one in known if (one.tag(SET), one.tag(PART)) not in parts] + lacking


def _written(noted: Healing, writes: Writes) -> Healing:
    """Note what was stored, and the indexes that it supersedes; packs that restic would delete are damaged ones."""
    gone = [path for path in writes.removed if sort_of(path) == INDEX]
    return replace(
        noted,
        superseded=_joined(noted.superseded, gone),
        added=_joined(set(noted.added) - writes.removed, map(stored_as, writes.added - writes.removed)),
    )


def _joined(known: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*known, *more}))


def _demand_stored(plan: Plan, noted: Healing) -> None:
    """Read back all that was stored; raise Damaged when one is not what was written."""
    announce(f"reading {counted(len(noted.added), 'new file')} back")
    for path in noted.added:
        if wrong := plan.target.fault(path):
            raise Damaged(f"{path}, which was just stored, {wrong}", "look at the disk and memory of the backup host")


def _missing_blobs(plan: Plan, noted: Healing) -> bool:
    """Whether restic, which sees the repository as it will be, misses anything."""
    with seen(plan.target, plan.hidden | set(noted.aside)) as (repository, _):
        return any(healing.missing(repository, timeout=CHECK_SECONDS))


def _missing(plan: Plan, noted: Healing) -> tuple[list[Hurt], str]:
    """Return what is still missing, by its sets and files, and in restic's words."""
    with seen(plan.target, plan.hidden | set(noted.aside)) as (repository, _):
        unknown, wrong = healing.missing(repository, timeout=CHECK_SECONDS)
        if not (unknown or wrong):
            return [], ""
        held = [one for blobs in plan.blobs.values() for one in blobs]
        there = healing.known(repository, {one.id for one in held}, timeout=CHECK_SECONDS)
        gone = {one.id: one for one in held if one.id not in there}
        gone |= {blob: Blob(blob, "data", 0) for blob in unknown}
        nothing = Blob("0" * len(name_of(next(iter(gone), "0" * 64))), "data", 0)  # so that all folders are read
        found = hurt([(repository, plan.here)], [*gone.values()] or [nothing])
    return found, wrong


def _outcome(plan: Plan, word: Word, noted: Healing, lost: Sequence[Hurt], wrong: str) -> Outcome:
    name, source = plan.wanted.repository, plan.source.repository.name
    facts = HealFacts(
        repository=name,
        source=source,
        damaged=len(plan.damaged),
        added=len(noted.added),
        sets=sets_of(plan.hurt),
        lost=sets_of(lost),
        reason=word.reason,
        approver=word.approver,
    )
    unhealed = _without_snapshot(plan, noted)
    message = f"{counted(len(plan.damaged), 'damaged file')} of {name}: {counted(len(noted.added), 'file')} stored anew"
    if lost or wrong:
        named = ", ".join(f"{one.set[:8]} of {one.asset}" for one in _once(lost)) or wrong
        return Outcome(Verdict.FAIL, f"{message}; what {source} lacks, too, is missing from sets {named}", None, facts)
    if unhealed:
        return Outcome(Verdict.FAIL, f"{message}; {unhealed}", None, facts)
    return Outcome(Verdict.PASS, f"{message}; nothing is missing: {word.reason}", facts, facts)


def _once(lost: Sequence[Hurt]) -> Collection[Hurt]:
    return {one.set: one for one in lost}.values()


def _without_snapshot(plan: Plan, noted: Healing) -> str:
    """Return what is to be said of snapshots that are lost and did not come back."""
    back = sum(sort_of(path) == SNAPSHOTS for path in noted.added)
    lost = len(plan.lost_snapshots)
    if back >= lost:
        return ""
    return f"{counted(lost - back, 'snapshot')} did not come back: at the backup host, or else with --snapshots"


def whole_again(plan: Plan) -> None:
    """Mark no set any more, where nothing is to be done."""
    if plan.noted.lost:
        note.keep(plan.noted_as, replace(plan.noted, lost=()))


def settled(plan: Plan) -> bool:
    """Whether nothing is to be done here: no file is damaged, or an earlier run has replaced all that is."""
    if not plan.damaged and not plan.noted.lost:
        return not (plan.lies_here and _lacks(plan))
    covered = plan.noted.done and set(plan.damaged) <= set(plan.noted.aside)
    if not covered or (plan.wanted.snapshots and lost_there(plan)):
        return False
    return not _lacks(plan)


def _lacks(plan: Plan) -> bool:
    """Whether restic misses anything, or can't tell."""
    try:
        return _missing_blobs(plan, plan.noted)
    except SeawallError:
        return True
