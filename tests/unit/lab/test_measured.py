"""What is measured is added up room by room, and what misses the floor is named."""

import os
import subprocess
import sys
from pathlib import Path

from measured import FLOORS, IN_CHILDREN, Room, command, environment, missed, rooms, summed, table


def told(statements: int, lines: int, branches: int, ways: int) -> dict:
    numbers = {"num_statements": statements, "covered_lines": lines, "num_branches": branches}
    return {"summary": {**numbers, "covered_branches": ways}}


def test_files_are_added_up_by_room() -> None:
    found = summed(
        {"ops/core/run.py": told(10, 5, 4, 1), "ops/core/names.py": told(6, 6, 0, 0), "ops/cli.py": told(1, 1, 0, 0)}
    )
    assert [(room.name, room.there, room.run) for room in found] == [("cli.py", 1, 1), ("core", 20, 12)]


def test_a_room_below_the_floor_is_named() -> None:
    whole = [Room(name, 100, int(floor)) for name, floor in FLOORS.items()]
    assert missed(whole) == []
    whole[0] = Room("core", 100, 84)
    assert missed(whole) == ["core"]
    assert any("missed" in line and "core" in line for line in table(whole))


def test_a_room_that_nobody_measured_is_named() -> None:
    assert missed([Room(name, 100, 100) for name in FLOORS if name != "core"]) == ["core"]


def test_a_room_without_a_floor_may_be_empty() -> None:
    assert missed([*(Room(name, 1, 1) for name in FLOORS), Room("lab", 100, 0)]) == []


CODE = """
import sys
from subprocess import run
from measured import paused
from ops.core.quantity import Size
with paused():
    import ops.evidence.lines
    run([sys.executable, "-c", "import ops.reports.times"], check=True)
run([sys.executable, "-c", "import ops.health.disk"], check=True)
import ops.restic.repository
"""


def test_what_runs_in_a_pause_is_not_measured_here_or_in_children(tmp_path: Path, checkout: Path) -> None:
    (tmp_path / "play.py").write_text(CODE)
    words = [sys.executable, *command(tmp_path)[:-1], "play"]
    path = os.pathsep.join(map(str, (tmp_path, checkout, checkout / "tests")))
    env = environment(tmp_path) | {"PYTHONPATH": path}
    env.pop(IN_CHILDREN, None)
    subprocess.run(words, check=True, cwd=checkout, env=env)
    found = {room.name for room in rooms(tmp_path) if room.run}
    assert {"core", "health", "restic"} <= found
    assert not {"evidence", "reports"} & found
