"""The archived log from a drilled set on, and the moment of it that the drill goes to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from ops.core import clock
from ops.core.errors import Damaged, UsageError
from ops.interfaces.drill import Part
from ops.jobs.host.repositories import OpenRepository
from ops.restic.batches import Batch, Reach, base, batches, reach
from ops.restic.sets import ASSET, Set, dated

_DAY = 86_400.0
_STEP = timedelta(microseconds=1)  # as fine as a server's clock


@dataclass(frozen=True)
class ArchivedLog:
    """What `ops.interfaces.drill.ArchivedLog` promises."""

    place: OpenRepository
    moment: datetime
    reach: Reach
    needed: Sequence[Batch]

    @property
    def until(self) -> datetime:
        """The moment up to which each commit is archived."""
        return self.reach.until

    @property
    def missing(self) -> str:
        """Why it does not reach any farther, for a person; nothing where all is there."""
        return self.reach.missing

    @property
    def files(self) -> int:
        """How many files were archived after the set and are needed; none where nothing was archived."""
        return sum(len(batch.names) for batch in self.needed)

    @property
    def bytes(self) -> int:
        """How much is brought."""
        start = self.reach.base
        own = start.which.parts[f"{start.label}.log"]
        return sum(one.bytes for one in (own, *(batch.snapshot for batch in self.needed)))

    def bring(self, own: Path, after: Path) -> Collection[str]:
        """Restore to one folder what the set itself holds, to another what was archived after it; return all names."""
        start = self.reach.base
        held = start.which.parts[f"{start.label}.log"]
        self.place.repository.restore(f"{held.id}:{start.folder}", own, timeout=_DAY)
        for batch in self.needed:
            self.place.repository.restore(f"{batch.snapshot.id}:{batch.folder}", after, timeout=_DAY)
        return {Path(path).name for path in held.paths}.union(*(batch.names for batch in self.needed))


def archived(
    place: OpenRepository, which: Set, part: Part, asked: datetime | None, chance: Random | None
) -> ArchivedLog:
    """Return the log from a part of a set on, and a moment of it: the one that is asked for, or one by chance.

    chance: None for the last moment there is. Raise UsageError for a moment that can't be had, Damaged for a set from
    which no log goes on.
    """
    now = clock.now()
    known = batches(dated(place.repository.snapshots([f"{ASSET}={which.asset}"]), now), which.asset)
    kind = part.source.log
    start = base(which, kind.size(part.told.facts)) if kind else None
    if start is None or start.label != part.label:
        raise Damaged(f"set {which.id} of {which.asset} holds no log that could go on")
    there = reach(start, known)
    since, span = which.latest, max(there.until - which.latest - _STEP, timedelta())
    if asked and not since <= asked < there.until:
        raise UsageError(
            f"{clock.iso(asked)} can't be drilled from set {which.id[:8]}: its log leads from {clock.iso(since)} to "
            f"{clock.iso(there.until)}",
            "leave --at out, or name another moment, or a set by its first letters",
        )
    moment = asked or since + (span * chance.random() if chance else span)
    needed = there.leading_to(moment) if there.until > since else ()
    return ArchivedLog(place, moment, there, needed)
