"""Runs every ring of tests, four side by side; a ring that could not run fails the whole, and is named.

  python -m tests.rings             all rings
  python -m tests.rings lint unit   some

Each line of a ring's output begins with its name. The last line counts the tests of all rings in pytest's own way.
When the rings without a lab have all run, a table shows how much of the code they ran through; less than the floor is a
failure, too.
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
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from tests import measured

CHECKOUT = Path(__file__).parents[1]
REASONS_SHOWN = 8  # so that the end of a run says it all, also where only its last lines are kept
# What pytest is given; of the rings that boot a lab, and of the others, the longest first, so that the short ones fill
# what is left. Where no converged lab is kept, `lab` makes one while `fresh` runs, and `drills` begins from it.
RINGS = {
    "lab": ("tests/lab", *(f"--ignore=tests/lab/{name}" for name in ("drills", "fresh", "servers"))),
    "fresh": ("tests/lab/fresh",),
    "drills": ("tests/lab/drills",),
    "restic": ("tests/restic",),
    "unit": ("tests/unit", "tests/contract"),
    "servers": ("tests/lab/servers",),
    "control": ("tests/control",),
    "lint": ("tests/lint",),
}
WITH_LAB = {"lab", "fresh", "drills"}
LABS_AT_ONCE = min(2, os.cpu_count() or 1)  # more need more memory than a small machine has
# Beside the labs: whoever has one waits for machines that boot and stop, restic waits a fifth of a second at each start
# whether somebody else locks, and a processor is free meanwhile.
OTHERS_AT_ONCE = min(2, os.cpu_count() or 1)


@dataclass(frozen=True)
class Ring:
    """How a ring ended; `trouble` says why it does not count although nothing failed.

    left_out: what was skipped; reasons: for each test that failed its name and the first line of why.
    """

    name: str
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    trouble: str = ""
    left_out: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def good(self) -> bool:
        return not self.failed and not self.trouble


def run_rings(names: Sequence[str], data: Path) -> list[Ring]:
    """Run rings side by side, those with a lab and the others apart; return how each ended, in the names' order."""
    with ThreadPoolExecutor(LABS_AT_ONCE) as labs, ThreadPoolExecutor(OTHERS_AT_ONCE) as others:
        begun = [(labs if name in WITH_LAB else others).submit(run_ring, name, data) for name in names]
        return [ring.result() for ring in begun]


def run_ring(name: str, data: Path) -> Ring:
    """Run one ring, and print what it prints; `data`: where it is written what of the code was run."""
    started = time.monotonic()
    folders = {word for word in RINGS[name] if not word.startswith("-")}
    if empty := {folder for folder in folders if not any((CHECKOUT / folder).rglob("test_*.py"))}:
        return Ring(name, 0.0, trouble=f"no tests in {' or '.join(empty)}")
    print(f"{name:<8}| begins", flush=True)
    with tempfile.NamedTemporaryFile(suffix=".xml") as results:
        words = measured.command(data if name in measured.RINGS else None)
        argv = [sys.executable, *words, "-q", "--durations=12", f"--junitxml={results.name}", *RINGS[name]]
        code = said(name, argv, data)
        return counted(name, time.monotonic() - started, code, Path(results.name).read_text("utf-8"))


def said(name: str, argv: Sequence[str], data: Path) -> int:
    """Run a program with the ring's name before each of its lines; return its exit code."""
    where = measured.environment(data)
    with subprocess.Popen(argv, cwd=CHECKOUT, env=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
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
    return Ring(name, seconds, total - failed - skipped, failed, skipped, trouble, left_out(suite), reasons(suite))


def left_out(suite: ElementTree.Element) -> tuple[str, ...]:
    """Return the tests of a suite that were skipped, each with the reason."""
    found = ((case.get("name", ""), case.find("skipped")) for case in suite.iter("testcase"))
    return tuple(f"{name}: {skipped.get('message', '')}" for name, skipped in found if skipped is not None)


def reasons(suite: ElementTree.Element) -> tuple[tuple[str, str], ...]:
    """Return the tests of a suite that failed, each with the first line of the reason."""
    cases = (
        (case, next((bad for bad in case if bad.tag in {"failure", "error"}), None)) for case in suite.iter("testcase")
    )
    return tuple(
        (case.get("name", ""), next(iter(bad.get("message", "").splitlines()), ""))
        for case, bad in cases
        if bad is not None
    )


def main(names: list[str]) -> int:
    """Run the rings of those names, all when none is given; 0 when every one passed."""
    started = time.monotonic()
    with TemporaryDirectory() as data:
        rings = run_rings(names or list(RINGS), Path(data))
        below = show_measured(rings, Path(data))
    show(rings, names)
    passed, skipped = (sum(getattr(ring, what) for ring in rings) for what in ("passed", "skipped"))
    failed = sum(ring.failed or not ring.good for ring in rings) + below
    seconds = time.monotonic() - started
    print(f"\n{'=' * 10} {passed} passed, {failed} failed, {skipped} skipped in {seconds:.2f}s {'=' * 10}")
    return 1 if failed else 0


def show(rings: Sequence[Ring], names: Sequence[str]) -> None:
    """Print how each ring ended, and what was not run."""
    print("\nring       passed  failed  skipped  minutes")
    for ring in rings:
        counts = f"{ring.passed:>8}{ring.failed:>8}{ring.skipped:>9}{ring.seconds / 60:>9.1f}"
        print(f"{ring.name:<9}{counts}  {ring.trouble}".rstrip())
    for name in (name for name in RINGS if names and name not in names):
        print(f"{name:<9}  not run: it was not asked for")
    for ring in rings:
        for test in ring.left_out:
            print(f"not run: {ring.name}: {test}")
        for line in grouped(ring.reasons):
            print(f"failed: {ring.name}: {line}")


def grouped(failed: Sequence[tuple[str, str]]) -> list[str]:
    """Return a line for each reason that tests failed for, the most frequent first: many fail by one cause."""
    tests: dict[str, list[str]] = {}
    for name, reason in failed:
        tests.setdefault(reason[:160], []).append(name)
    often = sorted(tests.items(), key=lambda found: -len(found[1]))
    lines = [f"{names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}: {why}" for why, names in often]
    rest = lines[REASONS_SHOWN:]
    return lines[:REASONS_SHOWN] + ([f"and {len(rest)} other reasons, further up"] if rest else [])


def show_measured(rings: Sequence[Ring], data: Path) -> int:
    """Print how much of the code was run, if all rings ran that are measured; return how many rooms miss the floor."""
    if not {*measured.RINGS} <= {ring.name for ring in rings}:
        return 0
    found = measured.rooms(data)
    print(f"\nHow much of the code the rings {', '.join(measured.RINGS)} ran through, lines and branches:")
    for line in measured.table(found):
        print(line)
    below = measured.missed(found)
    if below:
        print(f"failed: below the floor: {', '.join(below)}")
    return len(below)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
