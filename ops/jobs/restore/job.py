"""A restore from the set that is meant to its outcome: found, carried out part by part, compared with its manifest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core import clock
from ops.core.errors import SeawallError, UsageError
from ops.core.own_folder import own_folder
from ops.core.quantity import Size, span
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.manifest import FILE
from ops.jobs.heal import note
from ops.jobs.host import folders, own_policy, own_spares, recorded, repositories
from ops.jobs.host.assets import asset_named
from ops.jobs.restore import material
from ops.jobs.restore.acceptance import Acceptance, Ask
from ops.jobs.restore.act import Act, Source
from ops.jobs.restore.each import each
from ops.jobs.restore.finished import Finished
from ops.jobs.restore.plan import Step, Wanted, planned
from ops.jobs.restore.point_in_time import point_in_time
from ops.jobs.run.job import Ended, Outcome, actor, perform
from ops.jobs.run.program_words import apart
from ops.policy import HostPolicy

_WORDS = "what programs said is in {}, for root alone; patients' data may be among it"


@dataclass(frozen=True)
class Ready:
    """A restore that can begin: the asset, where its data come from, and what becomes of each part."""

    policy: HostPolicy
    asset: str
    source: Source
    steps: Sequence[Step]
    remarks: Sequence[str] = ()

    def lines(self) -> list[str]:
        """Return what is going to be done, and how much it is, line by line."""
        which = self.source.which
        age = (clock.now() - which.time).total_seconds()
        old = f"{span(max(0.0, age))} old" if clock.now() + clock.SKEW >= which.time else "dated in the future"
        total = Size(sum(step.bytes for step in self.steps))
        head = (
            f"{self.asset}: set {which.id[:8]} of {clock.iso(which.time)} "
            f"({old}) from {self.source.place.repository.name}, {total}"
        )
        return [head, *(f"  {step.words()}" for step in self.steps), *(f"  {remark}" for remark in self.remarks)]


def demand_root() -> None:
    """Raise UsageError for anybody but root; where another root is set, tests act in its place."""
    if os.geteuid() != 0 and "SEAWALL_ROOT" not in os.environ:
        raise UsageError("only root can restore the owners of files and databases", "sudo seawall restore ...")


@contextmanager
def found(name: str, wanted: Wanted, at: str | None, repository: str | None) -> Iterator[Ready]:
    """Find the set that is meant and plan its restore, with its manifest at hand as long as the block lasts.

    at: a moment in the site's time, or the first letters of a set; none: the newest. repository: none: where the
    asset's sets go first. Raise UsageError for what can't be, Damaged when there is no such set.
    """
    demand_root()
    policy = own_policy.read()
    asset = asset_named(policy, name)
    meant = point_in_time(at, policy.site.timezone)
    with own_folder(_memory(), "restore-") as folder:
        place = repositories.open_own(policy, repository or asset.repository)
        clocks = place.reach()
        place, choice = repositories.even_if_full(place, lambda read: material.chosen(read, name, *meant))
        which = choice.which
        told = material.manifest(place, which, folder / "manifest")
        recorded.demand_manifest(name, which.id, folder / "manifest" / FILE)
        choice.demand(told, wanted.part)
        steps = planned(asset, which, told, wanted)
        lacking = [f"the set does not hold {label}: {reason}" for label, reason in told.missing.items()]
        damage = f"warning: {note.LOST}" if which.id in note.lost(own_spares.known_as(place)) else ""
        remarks = [*filter(None, [choice.remark, clocks, damage]), *lacking]
        yield Ready(policy, name, Source(place, which, folder / "manifest"), steps, remarks)


def restore(ready: Ready, only: Sequence[str], ask: Ask | None = None) -> Ended:
    """Carry a restore out; the exit code is 0 when all was brought and is as its manifest says, or was accepted.

    only: the paths or tables that alone are meant. ask: asks a person whether differences are accepted; none: they
    are not.
    """
    act = Act(
        ready.source,
        tuple(only),
        Finished.of(ready.asset, ready.source.which.id),
        Acceptance(ready.policy.host, ready.asset, ask, actor()),
        several=len(ready.steps) > 1,
    )
    words = folders.state() / "words" / f"{joined.restore(ready.asset)}.txt"
    outcome = perform(
        "restore", joined.restore(ready.asset), ready.asset, ready.policy.host, lambda: _worked(act, ready.steps, words)
    )
    return Ended.here(outcome, outcome.code)


def _worked(act: Act, steps: Sequence[Step], words: Path) -> Outcome:
    """Do the work, with what programs say kept in a file; it is named when there is reason to read it."""
    with apart(words):
        try:
            outcome = each(act, steps)
        except SeawallError as error:
            if words.exists():
                error.hint = "; ".join(filter(None, [error.hint, _WORDS.format(words)]))
            raise
    if outcome.verdict is Verdict.PASS:
        words.unlink(missing_ok=True)
    elif words.exists():
        outcome = replace(outcome, message=f"{outcome.message}; {_WORDS.format(words)}")
    return outcome


def _memory() -> Path:
    folder = folders.scratch()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
