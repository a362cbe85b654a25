"""The machines of a course, and the NUT that they run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from course_network import Network
from drawn_courses import CONDUCTOR, Plan
from nut_releases import command
from throwaway_nut import Nut


@dataclass
class Box:
    """A machine. since: when its state began; killed: whether it lost its power, or what it needs, while it ran."""

    plan: Plan
    address: str
    folder: Path
    state: str = "up"  # stopping, off, booting
    since: float = 0.0
    killed: bool = False
    stopped: bool = False

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def down(self) -> Path:
        """What its upsmon makes to shut it down."""
        return self.folder / f"{self.name}.down"

    @property
    def again(self) -> Path:
        """What its upsmon makes to be started again, for mains are back."""
        return self.folder / f"{self.name}.again"

    @property
    def woken(self) -> Path:
        """What the conductor makes to wake it."""
        return self.folder / f"{self.name}.wake"

    def becomes(self, state: str, t: float) -> None:
        self.state, self.since = state, t


class CourseNut(Nut):
    """NUT of the course's release; whoever is not the conductor runs in the other network."""

    release = ""
    network: Network

    def call(self, name: str, words: list[str]) -> tuple[list[str | Path], dict[str, str]]:
        away = name.startswith("upsmon ") and name != f"upsmon {CONDUCTOR}"
        return [*(self.network.there() if away else ()), *command(self.release, words[0]), *words[1:]], {}
