"""A conductor on the real upsd and upsmon: a dozen courses, side by side."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from power_courses import COURSES
from throwaway_nut import ONLY_ROOT, programs

HERE = Path(__file__).parent
pytestmark = ONLY_ROOT


def played(words: str, folder: Path) -> str:
    """Play a course; return what was wrong, with its last words."""
    folder.mkdir()
    path = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    call = [sys.executable, HERE / "power_courses.py", words, folder]
    done = subprocess.run(call, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    return f"{words}: {(done.stdout + done.stderr)[-3000:]}" if done.returncode else ""


def test_a_dozen_courses_on_real_nut(tmp_path: Path) -> None:
    programs()
    with ThreadPoolExecutor(len(COURSES)) as pool:
        wrong = [*pool.map(played, COURSES, [tmp_path / str(number) for number in range(len(COURSES))])]
    assert "\n".join(filter(None, wrong)) == ""
