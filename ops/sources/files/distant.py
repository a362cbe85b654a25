"""Mounts on which files may lie that can't be had: another machine is silent, or a program refuses everybody else.

Such a mount below a path is passed over and named; a path that itself lies on one is refused. What answers is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ops.core.errors import Unavailable
from ops.core.mounts import Mount, holding, mounts, seen, trouble
from ops.core.printable import storable

MOST_NAMED = 5
SECONDS = 10.0  # in which a file system that lives answers, also one far away


@dataclass(frozen=True)
class OutOfReach:
    """A mount that is passed over, and why."""

    mount: Mount
    why: str

    def __str__(self) -> str:
        return f"{storable(self.mount.place)} ({self.mount.type}: {self.why})"


def demand_answers(paths: Collection[str]) -> None:
    """Raise Unavailable unless the file system of each path answers: to look at a path may take for ever otherwise."""
    found = mounts()
    below = {mount.place: mount for path in paths if (mount := holding(path, found)) and mount.distant}
    for place, mount in below.items():
        if why := trouble(place, SECONDS):
            raise Unavailable(
                f"{storable(place)} ({mount.type}) can't be looked at: {why}",
                "is the machine or the program up that it shows files of? `findmnt` shows what is mounted",
            )


def out_of_reach(
    paths: Collection[str], passed: Callable[[str], bool], table: Collection[Mount] | None = None
) -> list[OutOfReach]:
    """Return the mounts below some paths that are passed over; table: what is mounted, where that is known."""
    found: list[OutOfReach] = []
    for mount in sorted(seen(mounts() if table is None else table), key=lambda mount: mount.place):
        inside = any(mount.place != path and PurePosixPath(mount.place).is_relative_to(path) for path in paths)
        above = any(PurePosixPath(mount.place).is_relative_to(one.mount.place) for one in found)
        if mount.distant and inside and not above and not passed(mount.place) and (why := _why(mount)):
            found.append(OutOfReach(mount, why))
    return found


def _why(mount: Mount) -> str:
    return "an ordinary account mounted it" if mount.personal else trouble(mount.place, SECONDS)


def told(found: Sequence[OutOfReach]) -> list[str]:
    """Return the sentence for people about what is passed over, when something is."""
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return [f"not taken, for it is mounted there: {', '.join(map(str, found[:MOST_NAMED]))}{more}"] if found else []
