"""A disk leaves: what is new on it is read from the disk itself, and it is good only when all that was well."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.errors import Damaged, SeawallError, UsageError
from ops.core.files import sync_file_system
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.disk import Arrived
from ops.interfaces.outcome import CopyFacts
from ops.jobs.disk import mounting, reading, slip
from ops.jobs.disk.reading import Readings
from ops.jobs.disk.rotation import Rotation
from ops.jobs.host import state_files
from ops.jobs.run.job import Outcome
from ops.restic.sets import complete

_CHECK_SECONDS = 4 * 3600.0
AGAIN = "disconnect it, connect it again, then: seawall disk arrive"
BAD = "it is not good: do not rely on it before it arrived again and all of it was read"


@dataclass(frozen=True)
class Leaving:
    """A disk that is to leave. read: its files that were read since it arrived. wanted: the set of each asset on it."""

    rotation: Rotation
    note: Arrived
    read: tuple[str, ...]
    wanted: Mapping[str, str]
    hands: str
    due: datetime

    def done(self) -> Outcome:
        """Write out, take off, mount again to read only, read what is new, and take off; it is good only then."""
        rotation, part = self.rotation, Path(self.note.part)
        rotation.repository.reach()
        try:
            sync_file_system(rotation.mount_point)
            mounting.unmount(rotation, part)
            mounting.mount(rotation, part, "ro")
            found, times = self._read_back()
        except (SeawallError, OSError):
            with suppress(SeawallError, OSError):
                taken_off(rotation, self.note)
            raise
        taken_off(rotation, self.note)
        left = clock.iso(clock.now())
        facts = replace(
            reading.facts(rotation, self.note, found),
            sets=dict(self.wanted),
            left=left,
            due=clock.iso(self.due),
            hands=self.hands,
        )
        facts = replace(facts, slip=slip.issue(rotation, self.note.disk, slip.text(rotation, facts, times)))
        message = f"{self.note.disk} left with {self.hands}, due back {self.due:%Y-%m-%d}: {reading.amount(found)}"
        return Outcome(Verdict.PASS, f"{message}, {len(found.read)} of them new", facts, facts)

    def _read_back(self) -> tuple[Readings, dict[str, datetime]]:
        """Read from the disk what is new there; demand that each asset's set is whole; return the times of the sets."""
        rotation, label = self.rotation, self.note.disk
        place = rotation.unlocked
        place.reach()
        found = reading.readings(place.repository.url, place.repository.authority, self.read)
        found.demand_good()
        place.repository.demand_whole(timeout=_CHECK_SECONDS)
        times = {}
        there = place.repository.snapshots()
        for name, identity in self.wanted.items():
            which = next((one for one in complete(there, name, clock.now()).counting if one.id == identity), None)
            if which is None:
                raise Damaged(f"{label} does not hold set {identity[:8]} of {name}, which was copied", BAD)
            times[name] = which.time
        return found, times


def up_to_date(rotation: Rotation, note: Arrived) -> dict[str, str]:
    """Return the set of each asset that was copied since the disk arrived; raise UsageError where one was not.

    A copy since then is another one than the last before: clocks may be set meanwhile, and tell whole seconds.
    """
    found = _copied(rotation)
    for name in rotation.copies:
        if name not in found or _when(found[name]) == note.copied.get(name):
            raise UsageError(f"{name} was not copied to {note.disk} since that arrived", "seawall disk update")
    return {name: good.set for name, good in found.items()}


def copied_before(rotation: Rotation) -> dict[str, str]:
    """Return when each asset was last copied, to whichever disk, as the note of one that arrives has it."""
    return {name: _when(good) for name, good in _copied(rotation).items()}


def _copied(rotation: Rotation) -> dict[str, CopyFacts]:
    states = {name: state_files.read_act(joined.copy(name, label)) for name, label in rotation.copies.items()}
    good = {name: state.good(CopyFacts) for name, state in states.items() if state}
    return {name: facts for name, facts in good.items() if facts and facts.repository == rotation.name}


def _when(good: CopyFacts) -> str:
    return good.copied or good.time


def turn(rotation: Rotation) -> datetime:
    """Return when a disk that leaves now is due again: once each of the others had its turn."""
    calendar = rotation.options.calendar.zoned(rotation.policy.site.timezone)
    return calendar.after(clock.now(), len(rotation.options.disks))[-1]


def taken_off(rotation: Rotation, note: Arrived) -> None:
    """Take a disk off; raise Unavailable while it is in use, and it is still here then."""
    mounting.unmount(rotation, Path(note.part))
    mounting.lock(rotation)
    forgotten(rotation)


def cleared(rotation: Rotation) -> None:
    """Forget a disk that is here no more, and let the kernel forget it, too."""
    mounting.unmount(rotation)
    mounting.lock(rotation)
    forgotten(rotation)


def forgotten(rotation: Rotation) -> None:
    """Forget that a disk is here, and what of it was read."""
    for path in (rotation.read, rotation.note):
        path.unlink(missing_ok=True)
