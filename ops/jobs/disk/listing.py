"""Where each disk of a rotation is, as this machine knows."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.verdict import Verdict
from ops.interfaces.disk import LEAVING, DiskFacts
from ops.jobs.disk.rotation import Rotation
from ops.jobs.host import state_files


@dataclass(frozen=True)
class Listed:
    """A disk, and where it is.

    good: whether it left good, and nothing was done with it since. here: since when it is here. left, due, hands: of
    the last time that it left good; empty where it never did. said: how the newest act with it ended.
    """

    disk: str
    serial: str
    good: bool
    here: str
    left: str
    due: str
    hands: str
    said: str

    def line(self) -> str:
        """Return all that in one line."""
        where = f"here since {self.here}" if self.here else "not here"
        last = f"left {self.left} with {self.hands}, due back {self.due}" if self.left else "never left good"
        trouble = "" if self.good or not self.said else f"; {self.said}"
        return f"{self.disk} ({self.serial}): {'good' if self.good else 'not good'}; {where}; {last}{trouble}"


def listed(rotation: Rotation) -> list[Listed]:
    """Return the disks in the order of the policy; raise Damaged for a note or a state that can't be read."""
    here = rotation.here
    found = []
    for label, disk in rotation.options.disks.items():
        state = state_files.read_act(rotation.act(label))
        facts = (state.good(DiskFacts) if state else None) or DiskFacts()
        since = here.when if here and here.disk == label else ""
        good = bool(facts.left and state and state.verdict is Verdict.PASS and state.kind == LEAVING and not since)
        said = state.message if state else ""
        found.append(Listed(label, disk.serial, good, since, facts.left, facts.due, facts.hands, said))
    return found
