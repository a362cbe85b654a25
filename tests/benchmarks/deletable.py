"""How fast `seawall deletable` compares many small files with two repositories, against restic by hand."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ops.core.run import run
from tests.benchmarks.timing import medians, table

FILES, FOLDERS, LEAST, MOST = 100_000, 100, 2_000, 8_000
HAND, OURS = "restic restore --dry-run, one after the other", f"seawall deletable, {FILES} files"
HERE = Path(__file__).parents[1]


def measure() -> Iterator[str]:
    """Yield the table."""
    root = Path(tempfile.mkdtemp(prefix="seawall-deletable-", dir="/var/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        for folder in (HERE, HERE / "restic"):
            patch.syspath_prepend(folder)  # where the real rest-server and a machine in a folder are made
        made = import_module("one_machine")
        try:
            yield _measured(root, made)
        finally:
            shutil.rmtree(root)


def _measured(root: Path, made: Any) -> str:
    machine, files = made.furnish(root), root / "many"
    fill(files)
    made.set_policy(machine, {"many": {"all": ("files", {"paths": [str(files)]})}})
    served: Callable[[Any], AbstractContextManager[None]] = made.served
    with served(machine):
        for act in ("backup", "copy"):
            if machine.seawall(act, "many"):
                raise RuntimeError(f"the {act} failed")
        ways = {HAND: partial(by_hand, machine, files), OURS: partial(ours, machine, files)}
        seconds = medians(ways, rounds=3)
    return table("files compared with two repositories", seconds, HAND, "at most 1.4, and 30 s on two cores")


def fill(files: Path) -> None:
    """Make small files of which no two are alike."""
    noise = os.urandom(4 << 20)
    for number in range(FILES):
        folder = files / str(number % FOLDERS)
        folder.mkdir(parents=True, exist_ok=True)
        start, size = number * 37 % (2 << 20), LEAST + number * 7919 % (MOST - LEAST)
        (folder / f"{number}.dcm").write_bytes(number.to_bytes(8, "big") + noise[start : start + size])


def by_hand(machine: Any, files: Path) -> None:
    """Compare with each repository as somebody would with restic alone."""
    for name in ("primary", "offsite"):
        repository = machine.place(name).repository
        base = ["restic", "--repository-file", repository.url, "--password-file", repository.password]
        base += ["--cacert", repository.authority, "--cache-dir", repository.cache, "--no-lock", "--json"]
        words = [
            "restore",
            "latest",
            "--path",
            str(files),
            "--target",
            "/",
            "--dry-run",
            "--overwrite",
            "always",
            "-vv",
        ]
        run([*base, *words], timeout=600)


def ours(machine: Any, files: Path) -> None:
    """Compare with both, and judge each file."""
    if machine.seawall("deletable", files):
        raise RuntimeError("some file may not be deleted")
