"""How much of the code the rings without a lab run through, room by room; below the floor is a failure.

Lines and branches count alike, as coverage.py counts them. What runs only on real machines, such as the kinds' own
programs, is the business of the rings with a lab, and has no floor here.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage

CHECKOUT = Path(__file__).parents[1]
CONFIG = CHECKOUT / "pyproject.toml"
RINGS = ("unit", "control", "restic")
IN_CHILDREN = "COVERAGE_PROCESS_CONFIG"  # with it in their environment, programs that tests start are measured
DATA = "data"  # how the files begin; coverage.py joins those that begin as the joined one is called
# The least share of each room, in per cent.
FLOORS = {
    "core": 85.0,
    "evidence": 85.0,
    "health": 85.0,
    "interfaces": 85.0,
    "jobs": 85.0,
    "policy": 85.0,
    "reports": 85.0,
    "restic": 85.0,
}


@dataclass
class Room:
    """A part of the package: how much there is to run, and how much of it was run."""

    name: str
    there: int = 0
    run: int = 0

    @property
    def share(self) -> float:
        """The share that was run, in per cent."""
        return 100.0 * self.run / self.there if self.there else 0.0

    @property
    def good(self) -> bool:
        """Whether it reaches its floor, where it has one."""
        return self.share >= FLOORS.get(self.name, 0.0)


def environment(folder: Path) -> dict[str, str]:
    """Return the environment in which what is run is measured into a folder.

    Python keeps what it compiled, whatever it is told here: hundreds of programs would compile the same.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "COVERAGE_FILE": str(folder / DATA)}


def command(folder: Path | None) -> list[str]:
    """Return the words behind the interpreter that run pytest; measured, where there is a folder."""
    return ["-m", *(["coverage", "run", f"--rcfile={CONFIG}", "-m"] if folder else []), "pytest"]


@contextmanager
def paused() -> Iterator[None]:
    """Measure nothing in a block, neither here nor in what it starts."""
    running, config = Coverage.current(), os.environ.pop(IN_CHILDREN, None)
    if running:
        running.stop()
    try:
        yield
    finally:
        if running:
            running.start()
        if config is not None:
            os.environ[IN_CHILDREN] = config


def rooms(folder: Path) -> list[Room]:
    """Return what all programs together ran of each room, in the order of their names."""
    with tempfile.TemporaryDirectory() as scratch:
        measured = Coverage(data_file=str(Path(scratch) / DATA), config_file=str(CONFIG))
        measured.combine([str(folder)], keep=True)
        report = Path(scratch) / "report.json"
        measured.json_report(outfile=str(report), include=[f"{CHECKOUT}/ops/*"])
        return summed(json.loads(report.read_text(encoding="utf-8"))["files"])


def summed(files: Mapping[str, Mapping[str, Mapping[str, int]]]) -> list[Room]:
    """Add up what coverage.py tells of each file."""
    found: dict[str, Room] = {}
    for name, told in files.items():
        parts = Path(name).parts
        room = parts[parts.index("ops") + 1]
        one = found.setdefault(room, Room(room))
        one.there += told["summary"]["num_statements"] + told["summary"]["num_branches"]
        one.run += told["summary"]["covered_lines"] + told["summary"]["covered_branches"]
    return [found[name] for name in sorted(found)]


def table(found: list[Room]) -> Iterator[str]:
    """Yield the lines of a table for people; a room without a floor is shown without one."""
    yield f"{'room':<12}{'to run':>8}{'run':>9}   floor"
    for room in found:
        floor = f"{FLOORS[room.name]:.0f} %{'' if room.good else ', missed'}" if room.name in FLOORS else "-"
        yield f"{room.name:<12}{room.there:>8}{room.share:>7.1f} %   {floor}"
    for name in FLOORS:
        if name not in {room.name for room in found}:
            yield f"{name:<12}       0   nothing was measured"


def missed(found: list[Room]) -> list[str]:
    """Return the rooms below the floor; one of which nothing was measured is one of them."""
    known = {room.name: room for room in found}
    return [name for name in FLOORS if name not in known or not known[name].good]
