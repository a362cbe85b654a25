"""Files of examinations, backed up and copied as an asset of their own, to be deleted or not."""

import json
import os
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from one_machine import Machine, set_policy

from ops.jobs.deletable.looking import TICK


@dataclass(frozen=True)
class Exams:
    """A machine with an asset of a test's own. folder: its files. say: runs the command, returns its code and JSON."""

    machine: Machine
    folder: Path
    say: Callable[..., tuple[int, dict[str, Any]]]

    def file(self, name: str, content: bytes = b"") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content or os.urandom(3000))
        return path

    def kept(self) -> None:
        """Back it up and copy it."""
        assert self.machine.seawall("backup", "exams") == 0
        assert self.machine.seawall("copy", "exams") == 0

    def missing(self, *paths: Path, more: tuple[str, ...] = ()) -> dict[str, str]:
        """Return what is missing for each file, by its name below the folder."""
        code, told = self.say(*(paths or [self.folder]), *more)
        found = {str(Path(one["path"]).relative_to(self.folder)): one["missing"] for one in told["files"]}
        assert code == (1 if any(found.values()) else 0)
        return found

    def records(self) -> list[dict[str, Any]]:
        lines = (self.machine.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
        return [one for one in map(json.loads, lines) if one["act"].startswith("deletion")]


def furnished(machine: Machine, folder: Path) -> Exams:
    def say(*words: str | Path) -> tuple[int, dict[str, Any]]:
        with redirect_stdout(StringIO()) as out:
            code = machine.seawall("deletable", *words, "--json")
        return code, json.loads(out.getvalue() or "{}")

    set_policy(machine, {"exams": {"all": ("files", {"paths": [str(folder)], "exclude": ["*.tmp"]})}})
    one = Exams(machine, folder, say)
    one.file("a.dcm")
    one.file("2019/b.dcm")
    return one


def settle(path: Path) -> None:
    """Wait until a change of a file can be told from the next one."""
    deadline = time.monotonic() + 60
    while time.time() - path.stat().st_ctime <= 2 * TICK:
        assert time.monotonic() < deadline
