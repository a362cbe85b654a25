"""Plays two hundred power cuts drawn by chance on the real upsd and upsmon of both releases, and writes their table.

  python -m tests.courses          all of them; the table in docs/ups.md is written
  python -m tests.courses 17 42    these seeds only, and what happened in each; the page stays as it is

Needs root, and the Debian archive the first time. Many are played side by side, for they mostly wait.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

TESTS = Path(__file__).parents[1]
PATHS = [TESTS / "courses", TESTS / "restic", TESTS, TESTS.parent]
sys.path[:0] = [str(path) for path in PATHS]
import courses_page  # noqa: E402 -- found by the line above
import nut_releases  # noqa: E402

SEEDS = range(200)
AT_ONCE = 40
SECONDS = 900
MEMORY = "/dev/shm"  # disks that are waited for would make a course of seconds one of minutes
STOOD = 2.5  # seconds; where the computer let a course stand for longer, its clock was not that of its machines
APART = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def main(words: Sequence[str]) -> int:
    """Play what is asked for; 0 when nothing was wrong."""
    if os.geteuid() != 0:
        sys.exit("only root can make networks: run this as root")
    started = time.monotonic()
    nut_releases.made()
    seeds = [int(word) for word in words] or [*SEEDS]
    with TemporaryDirectory(prefix="courses-", dir=MEMORY) as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        seen = dict(zip(seeds, pool.map(lambda seed: once_more(seed, Path(folder)), seeds), strict=True))
    wrong = [f"{seed} {', '.join(one['sorts'])}: {fault}" for seed, one in seen.items() for fault in one["faults"]]
    for line in wrong:
        print(f"wrong: {line}")
    minutes = (time.monotonic() - started) / 60
    print(f"{len(seen)} courses in {minutes:.1f} minutes, {len(wrong)} wrong")
    if not words and not wrong:
        courses_page.written([*seen.values()], minutes)
    return 1 if wrong else 0


def once_more(seed: int, place: Path) -> dict[str, Any]:
    """Play a course, and once more if the computer let it stand meanwhile, which proves nothing either way."""
    seen = played(seed, place / f"{seed}")
    if seen["faults"] and seen["stall"] > STOOD:
        print(f"{seed}: played once more, for it stood for {seen['stall']} s: {seen['faults']}", flush=True)
        seen = played(seed, place / f"{seed}-again") | {"again": True}
    return seen


def played(seed: int, folder: Path) -> dict[str, Any]:
    """Play a course in processes of its own, and return what was seen."""
    folder.mkdir()
    call = [*APART, sys.executable, str(TESTS / "courses/played_course.py"), str(seed), str(folder)]
    path = os.pathsep.join(str(one) for one in PATHS)
    env = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(call, env=env, capture_output=True, text=True, check=False, timeout=SECONDS)
        said = done.stderr[-2000:] if done.returncode else ""
    except subprocess.TimeoutExpired:
        said = f"not at its end after {SECONDS} s"
    if said:
        return {"faults": [f"it was not played: {said}"], "sorts": [], "release": "", "stall": 0.0, "events": []}
    seen: dict[str, Any] = json.loads((folder / "seen.json").read_text("utf-8"))
    ended = "wrong" if seen["faults"] else "stopped" if seen["stopped"] else "well"
    print(f"{seed:>4} {seen['release']:<9}{seen['seconds']:>6.0f} s  {ended:<8}{', '.join(seen['sorts'])}", flush=True)
    if seen["faults"]:
        print("".join(f"       {line}\n" for line in [*seen["faults"], *seen["events"]]), flush=True)
    return seen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
