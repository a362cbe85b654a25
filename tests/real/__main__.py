"""Runs the tests of real databases in a root tree of each Debian release, and writes docs/real-applications.md.

  python -m tests.real                     all of it
  python -m tests.real bookworm -k Zabbix  one release, with words for pytest; the page stays as it is

Needs root, the Debian archive, and for GNU Health Python's registry of packages. What cannot be had is named.
"""

import os
import resource
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "real"), str(TESTS / "restic"), str(TESTS)]
import health  # noqa: E402 -- found by the line above, as pytest finds them
import material  # noqa: E402
import page  # noqa: E402
from trees import CHECKOUT, INSIDE, MAJORS, PLACE, entered, made  # noqa: E402

SECONDS = 40 * 60.0
# What differs most between releases of PostgreSQL: when a server runs which code of whom.
FURTHER = ("test_hostile_code.py", "test_nobodys_code.py")
# GNU Health's database takes long to be made: meanwhile the others go all the way.
OTHERS, HEALTH, SOME = "others", "health", "some"
TURNS: dict[str, Sequence[str]] = {OTHERS: ("-k", "not gnu_health"), HEALTH: ("-k", "gnu_health")}


def main(words: list[str]) -> int:
    """Run what is asked for; 0 when every test passed."""
    releases = [word for word in words if word in MAJORS] or [*MAJORS]
    more = [word for word in words if word not in MAJORS]
    turns = {SOME: more} if more else TURNS
    if os.geteuid() != 0:
        sys.exit("only root can enter a root tree: run this as root")
    PLACE.mkdir(parents=True, exist_ok=True)
    codes: list[int] = []
    started, reason = time.monotonic(), ""
    with ThreadPoolExecutor(3) as pool:
        filling = pool.submit(health.make)
        trees = dict(zip(releases, pool.map(made, releases), strict=True))
        for release in releases:
            material.gathered(release, trees[release])
        for turn, chosen in turns.items():
            if turn != OTHERS:
                reason = filling.result()
            print(f"{turn}: {spent(started)}", flush=True)
            codes += pool.map(partial(run, turn, chosen), releases, [trees[release] for release in releases])
    print(f"the end: {spent(started)}")
    left_out = {f"GNU Health: {reason}"} if reason else set()
    left_out |= {line for release in releases for turn in turns for line in skipped(release, turn)}
    left_out |= set(filter(None, map(lacking, releases)))
    for line in sorted(left_out):
        print(f"not run: {line}")
    if not words:
        page.written(page.read(kept(release, turn) for release in releases for turn in turns), left_out)
    return max(codes)


def spent(started: float) -> str:
    """Say how many minutes it is since then, and how much of that the processors worked, but for servers."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    minutes = (time.monotonic() - started) / 60
    return f"after {minutes:.1f} minutes, {(used.ru_utime + used.ru_stime) / 60:.1f} of a processor"


def kept(release: str, turn: str) -> Path:
    """Return where the results of a turn in a release are kept."""
    return PLACE / f"results-{release}-{turn}.jsonl"


def run(turn: str, chosen: Sequence[str], release: str, tree: Path) -> int:
    """Run pytest in the tree of a release, with words that choose the tests; return its exit code."""
    results = kept(release, turn)
    for old in (results, results.with_suffix(".xml")):
        old.unlink(missing_ok=True)
    here, place = CHECKOUT / "tests/real", PLACE / f"material-{release}"
    if turn != OTHERS and health.HEALTH.exists():
        shutil.copy(health.HEALTH, place)
    # Nothing of the checkout's own settings, for the release's pytest may be older.
    pytest = ["python3", "-m", "pytest", "-q", "-ra", "-c", "/dev/null", f"--rootdir={here}", f"--confcutdir={here}"]
    pytest += ["-p", "no:cacheprovider", "-o", f"junit_suite_name={release}"]
    pytest += [f"--junitxml={results.with_suffix('.xml')}", "--durations=8"]
    env = {"PYTHONPATH": str(CHECKOUT), "SEAWALL_REAL_MATERIAL": str(place)}
    env |= {"SEAWALL_REAL_TREE": INSIDE, "SEAWALL_REAL_RELEASE": release, "SEAWALL_REAL_RESULTS": str(results)}
    places = [str(here), *(str(TESTS / "restic" / name) for name in FURTHER if turn == OTHERS)]
    return entered(tree, [*pytest, *places, *chosen], env, SECONDS)


def lacking(release: str) -> str:
    """Return in words what the archive lacks of a release's own sources; nothing where it has them."""
    if not (versions := material.lacking(release)):
        return ""
    return f"PostgreSQL {MAJORS[release]}: its own scripts, for the archive names {versions} and does not have it"


def skipped(release: str, turn: str) -> set[str]:
    """Return in words what was skipped in a turn in a release."""
    path = kept(release, turn).with_suffix(".xml")
    if not path.exists():
        return {f"{release}, {turn}: the tests did not come to their end"}
    suite = ElementTree.parse(path)
    found = ((case.get("name", ""), case.find("skipped")) for case in suite.iter("testcase"))
    return {f"{release}: {name}: {why.get('message', '')}" for name, why in found if why is not None}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
