"""Whether an inventory that was changed anyhow ends well: refused with file and line, or in units that systemd takes.

python -m tests.mutated 10000          tries so many, and tells all that end badly
python -m tests.mutated 2500 3         the same with other ones: 3 is what Hypothesis begins from
python -m tests.mutated --again 4711   one of them once more; its inventory is left for a look
"""

import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from mutations import Files, files_of, mutated, write
from properties import examples
from systemd_units import Systemd
from warm_ansible import WarmAnsible, put_in

from ops.core.errors import Problem, SeawallError
from ops.fleet.inventory.check import judge

INVENTORIES = sorted(path.parent for path in (Path(__file__).parents[1] / "inventories").glob("*/hosts.yml"))
NUMBERS = st.integers(0, (1 << 48) - 1)
HANGS = 30  # seconds of one inventory
_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>\d+))?")


class Trial:
    """Judges inventories in a folder of its own, and counts how they end. leave: keep them for a look."""

    def __init__(self, folder: Path, *, leave: bool = False) -> None:
        self.folder = folder
        self.leave = leave
        self.count = 0
        self.systemd = Systemd()
        self.ends: Counter[str] = Counter()

    def wrong(self, number: int) -> str:
        """Return what is wrong with how the inventory with a number ends; empty when it ends well."""
        self.count += 1
        inventory = self.folder / str(self.count) / "site"
        inventory.mkdir(parents=True)
        write(inventory_of(number), inventory)
        try:
            with no_hang():
                return self._judged(inventory)
        except Exception:  # noqa: BLE001 -- whatever a person would see as a traceback
            return "".join(traceback.format_exc(limit=-4))
        finally:
            if not self.leave:
                shutil.rmtree(inventory.parent)

    def _judged(self, inventory: Path) -> str:
        try:
            policies, problems = judge(inventory)[:2]
        except SeawallError as error:
            self.ends["raised"] += 1
            return placeless(str(error), inventory)
        if problems:
            self.ends["refused"] += 1
            return "; ".join(text for problem in problems if (text := misplaced(problem, inventory)))
        self.ends["accepted"] += 1
        return "; ".join(
            line for policy in policies.values() for line in self.systemd.complaints(policy, inventory.parent)
        )


def inventory_of(number: int) -> Files:
    """Return one of the examples, changed in the way that a number stands for."""
    example = INVENTORIES[number % len(INVENTORIES)]
    return mutated(files_of(example), Random(number))


def placeless(text: str, inventory: Path) -> str:
    """Return an error's text if it names no line of a file of the inventory."""
    return "" if re.search(rf"{re.escape(str(inventory))}/\S+:\d+", text) else f"names no line of a file: {text}"


def misplaced(problem: Problem, inventory: Path) -> str:
    """Return what is wrong with where a problem stands: a line of a file that there is, or a folder or missing file."""
    match = _PLACE.fullmatch(problem.where)
    if not match or not match["file"].startswith(str(inventory)):
        return f"no file: {problem}"
    file = Path(match["file"])
    if not file.is_file():
        return ""
    if not match["line"]:
        return f"no line: {problem}"
    lines = len(re.split(rb"\r\n|\r|\n", file.read_bytes()))
    return "" if 1 <= int(match["line"]) <= lines else f"line {match['line']} of {lines}: {problem}"


@contextmanager
def no_hang() -> Iterator[None]:
    """Raise TimeoutError in what takes for ever."""

    def expired(*_: object) -> None:
        raise TimeoutError(f"not done after {HANGS} s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.alarm(HANGS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def trials(folder: Path, *, leave: bool = False) -> Iterator[Trial]:
    """Return what tries inventories, with Ansible kept loaded and no answer of it kept."""
    warm = WarmAnsible()
    with pytest.MonkeyPatch.context() as patch:
        put_in(patch, warm)
        patch.setattr("ops.fleet.inventory.CACHE", folder / "cache")
        try:
            yield Trial(folder, leave=leave)
        finally:
            warm.end()


def many(count: int, begin: int) -> int:
    """Try many; print each that ends badly. Returns how many did."""
    bad = 0

    @seed(begin)
    @settings(examples(count), derandomize=False)
    @given(NUMBERS)
    def ends_well(number: int) -> None:
        nonlocal bad
        if wrong := trial.wrong(number):
            bad += 1
            print(f"=== {number}\n{wrong[:3000]}", flush=True)

    with tempfile.TemporaryDirectory() as name, trials(Path(name)) as trial:
        ends_well()
        print(f"{trial.count} tried: {dict(trial.ends)}, {bad} end badly")
    return bad


def again(number: int) -> int:
    folder = Path(tempfile.mkdtemp(prefix="mutated-"))
    with trials(folder, leave=True) as trial:
        print(f"{folder}\n{trial.wrong(number) or dict(trial.ends)}")
    return 0


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(again(int(words[1])) if words[0] == "--again" else min(1, many(int(words[0]), int([*words, "0"][1]))))
