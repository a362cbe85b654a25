"""How long sets take to leave a repository by a backup host without a key, against `restic forget --prune` by hand."""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ops.core.run import run
from ops.targets.rest_server import KIND
from tests.benchmarks.timing import table

SETS, FILES, FILE_BYTES = 4, 160, 4 << 20
HAND, OURS = "restic forget --prune by hand", f"seawall retention run, {SETS} sets of 640 MiB"
ROUNDS = 3
HERE = Path(__file__).parents[1]


def measure() -> Iterator[str]:
    """Yield the table."""
    root = Path(tempfile.mkdtemp(prefix="seawall-leaving-", dir="/var/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        for folder in (HERE, HERE / "restic"):
            patch.syspath_prepend(folder)  # where real doors and a machine in a folder are made
        made, sites = import_module("one_machine"), import_module("leaving_site")
        patch.setenv("PATH", f"{made.BIN}:{os.environ['PATH']}")
        try:
            machine = made.furnish(root)
            with made.served(machine):
                if machine.seawall("backup", "pictures"):
                    raise RuntimeError("the backup failed")
            with sites.site(machine, root) as site:
                site.pause = 2.0  # no further start is measured, which would find nothing to do
                yield _measured(site, root)
        finally:
            shutil.rmtree(root)


def _measured(site: Any, root: Path) -> str:
    for number in range(SETS):
        fill(site.machine.files / "documents", number)
        site.back_up("documents", age=(SETS - number) * 86_400.0)
    taken: dict[str, list[float]] = {HAND: [], OURS: []}
    for number in range(ROUNDS + 1):  # the first one warms up
        for name, work in {HAND: by_hand(site, root), OURS: ours(site)}.items():
            started = time.perf_counter()
            work()
            if number:
                taken[name].append(time.perf_counter() - started)
        site.undo()
    seconds = {name: statistics.median(several) for name, several in taken.items()}
    return table("a set leaves a repository", seconds, HAND, "at most 1.2")


def fill(folder: Path, number: int) -> None:
    """Make files anew, two of three; what a set shares with the next lies in packs that it does not need alone."""
    for one in range(FILES):
        if not number or (one + number) % 3:
            (folder / f"{one}.dcm").write_bytes(os.urandom(FILE_BYTES))


def by_hand(site: Any, root: Path) -> Callable[[], object]:
    """Return what somebody would do who has the key, and may delete: with names of the files that are not needed."""
    names = [name for one in site.plan().leaves for name in one.snapshots]
    base = root / "by-hand"
    shutil.rmtree(base, ignore_errors=True)
    shutil.copytree(site.repository, base / "his1", copy_function=os.link)
    url = base / "url"
    assert KIND.leaving
    url.write_text(KIND.leaving.address(site.url))
    secrets = site.machine.root / "etc/seawall/credentials"
    words = ["--repository-file", url, "--password-file", secrets / "primary.password", "--cacert", secrets / "ca.pem"]
    words += ["--cache-dir", site.machine.root / "var/cache/seawall/restic"]

    def work() -> None:
        site.doors.serve("second", base)
        try:
            run(["restic", *words, "forget", "--prune", "--max-unused", "5%", *names], timeout=600)
        finally:
            site.doors.end("second")

    return work


def ours(site: Any) -> Callable[[], object]:
    """Return a run as the units make it; only how often the server asks is another matter."""

    def work() -> None:
        ended = site.retention()
        if ended.code or " left (" not in ended.line:
            raise RuntimeError(ended.line)

    return work
