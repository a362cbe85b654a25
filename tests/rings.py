"""Runs every ring of tests, two side by side; a ring that could not run fails the whole, and is named.

  python -m tests.rings             all rings
  python -m tests.rings lint unit   some

Each line of a ring's output begins with its name. The last line counts the tests of all rings in pytest's own way.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

CHECKOUT = Path(__file__).parents[1]
# What pytest is given, the longest first, so that the short ones fill what is left. Where no converged lab is kept,
# `lab` makes one while `fresh` runs, and `drills` begins from it.
RINGS = {
    "lab": ("tests/lab", "--ignore=tests/lab/drills", "--ignore=tests/lab/fresh"),
    "fresh": ("tests/lab/fresh",),
    "drills": ("tests/lab/drills",),
    "lint": ("tests/lint",),
    "unit": ("tests/unit", "tests/contract"),
    "control": ("tests/control",),
    "restic": ("tests/restic",),
}
SIDE_BY_SIDE = min(2, os.cpu_count() or 1)  # more labs at once need more memory than a small machine has


@dataclass(frozen=True)
class Ring:
    """How a ring ended; `trouble` says why it does not count although nothing failed. left_out: what was skipped."""

    name: str
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    trouble: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return not self.failed and not self.trouble


def run_ring(name: str) -> Ring:
    """Run one ring, and print what it prints."""
    started = time.monotonic()
    folders = {word for word in RINGS[name] if not word.startswith("-")}
    if empty := {folder for folder in folders if not any((CHECKOUT / folder).rglob("test_*.py"))}:
        return Ring(name, 0.0, trouble=f"no tests in {' or '.join(empty)}")
    print(f"{name:<8}| begins", flush=True)
    with tempfile.NamedTemporaryFile(suffix=".xml") as results:
        argv = [sys.executable, "-m", "pytest", "-q", "--durations=12", f"--junitxml={results.name}", *RINGS[name]]
        code = said(name, argv)
        return counted(name, time.monotonic() - started, code, Path(results.name).read_text("utf-8"))


def said(name: str, argv: Sequence[str]) -> int:
    """Run a program with the ring's name before each of its lines; return its exit code."""
    with subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
        for line in program.stdout or ():
            print(f"{name:<8}| {line.decode('utf-8', 'replace').rstrip()}", flush=True)
    return program.returncode


def counted(name: str, seconds: float, code: int, results: str) -> Ring:
    """Given pytest's exit code and its results, return how the ring ended."""
    if not results:
        return Ring(name, seconds, trouble=f"pytest ended with code {code} and no results")
    suite = next(ElementTree.fromstring(results).iter("testsuite"))
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    trouble = "no test ran" if total == skipped else f"pytest ended with code {code}" if code and not failed else ""
    return Ring(name, seconds, total - failed - skipped, failed, skipped, trouble, left_out(suite))


def left_out(suite: ElementTree.Element) -> tuple[str, ...]:
    """Return the tests of a suite that were skipped, each with the reason."""
    found = ((case.get("name", ""), case.find("skipped")) for case in suite.iter("testcase"))
    return tuple(f"{name}: {skipped.get('message', '')}" for name, skipped in found if skipped is not None)


def main(names: list[str]) -> int:
    """Run the rings of those names, all when none is given; 0 when every one passed."""
    started = time.monotonic()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        rings = list(pool.map(run_ring, names or RINGS))
    print("\nring       passed  failed  skipped  minutes")
    for ring in rings:
        counts = f"{ring.passed:>8}{ring.failed:>8}{ring.skipped:>9}{ring.seconds / 60:>9.1f}"
        print(f"{ring.name:<9}{counts}  {ring.trouble}".rstrip())
    for name in (name for name in RINGS if names and name not in names):
        print(f"{name:<9}  not run: it was not asked for")
    for ring in rings:
        for test in ring.left_out:
            print(f"not run: {ring.name}: {test}")
    passed, skipped = (sum(getattr(ring, what) for ring in rings) for what in ("passed", "skipped"))
    failed = sum(ring.failed or not ring.good for ring in rings)
    seconds = time.monotonic() - started
    print(f"\n{'=' * 10} {passed} passed, {failed} failed, {skipped} skipped in {seconds:.2f}s {'=' * 10}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
