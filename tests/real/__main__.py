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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "real"), str(TESTS / "restic"), str(TESTS)]
import health  # noqa: E402 -- found by the line above, as pytest finds them
import material  # noqa: E402
import page  # noqa: E402
from trees import CHECKOUT, INSIDE, MAJORS, PLACE, entered, made  # noqa: E402

SECONDS = 40 * 60.0


def main(words: list[str]) -> int:
    """Run what is asked for; 0 when every test passed."""
    releases = [word for word in words if word in MAJORS] or [*MAJORS]
    more = [word for word in words if word not in MAJORS]
    if os.geteuid() != 0:
        sys.exit("only root can enter a root tree: run this as root")
    PLACE.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        filled = pool.submit(health.make)
        trees = dict(zip(releases, pool.map(made, releases), strict=True))
        for release in releases:
            material.gathered(release, trees[release])
        reason = filled.result()
        print(spent("everything is there", started), flush=True)
        codes = [*pool.map(lambda release: run(release, trees[release], more), releases)]
    print(spent("the ring ended", started))
    left_out = {f"GNU Health: {reason}"} if reason else set()
    for release in releases:
        if lacking := material.lacking(release):
            version = f"PostgreSQL {MAJORS[release]}'s own scripts"
            left_out.add(f"{version}: the archive names its sources, {lacking}, and does not have them")
    results = [one for release in releases for one in page.read(PLACE / f"results-{release}.jsonl")]
    for release in releases:
        left_out |= skipped(PLACE / f"results-{release}.xml", release)
    for line in sorted(left_out):
        print(f"not run: {line}")
    if not words:
        page.written(results, left_out)
    return max(codes)


def spent(what: str, started: float) -> str:
    """Say what came to pass after how many minutes, and how much of that the processors worked for it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    minutes = (time.monotonic() - started) / 60
    return f"{what} after {minutes:.1f} minutes; {(used.ru_utime + used.ru_stime) / 60:.1f} minutes of processor time"


def run(release: str, tree: Path, more: list[str]) -> int:
    """Run pytest in the tree of a release; return its exit code."""
    results = PLACE / f"results-{release}.jsonl"
    for old in (results, results.with_suffix(".xml")):
        old.unlink(missing_ok=True)
    here, material_here = CHECKOUT / "tests/real", PLACE / f"material-{release}"
    if health.HEALTH.exists():
        shutil.copy(health.HEALTH, material_here)
    # Nothing of the checkout's own settings, for the release's pytest may be older.
    pytest = ["python3", "-m", "pytest", "-q", "-ra", "--durations=12", "-c", "/dev/null", f"--rootdir={here}", f"--confcutdir={here}"]
    pytest += [
        "-p",
        "no:cacheprovider",
        "-o",
        f"junit_suite_name={release}",
        f"--junitxml={results.with_suffix('.xml')}",
    ]
    env = {"PYTHONPATH": str(CHECKOUT), "SEAWALL_REAL_MATERIAL": str(material_here)}
    env |= {"SEAWALL_REAL_TREE": INSIDE, "SEAWALL_REAL_RELEASE": release, "SEAWALL_REAL_RESULTS": str(results)}
    return entered(tree, [*pytest, str(here), *more], env, SECONDS)


def skipped(path: Path, release: str) -> set[str]:
    """Return in words what was skipped in a release."""
    if not path.exists():
        return {f"{release}: the tests did not come to their end"}
    suite = ElementTree.parse(path)
    found = ((case.get("name", ""), case.find("skipped")) for case in suite.iter("testcase"))
    return {f"{release}: {name}: {why.get('message', '')}" for name, why in found if why is not None}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
