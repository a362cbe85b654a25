"""Steps that show a thing to a person: each is announced, timed and kept; independent ones are taken side by side."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from ops.core.errors import SeawallError
from ops.core.run import stream
from ops.lab.lab import CHECKOUT, Lab

MINUTES = 60.0
PROGRAMS = Path(sys.executable).parent
PLAY = re.compile(r"^PLAY \[(.+)\]")
RECAP = re.compile(r"^\S+\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


class StepFailed(SeawallError):
    """A step did not do what it shows."""


@dataclass(frozen=True)
class Step:
    """A step under way: its number, and the lab it works on. What its programs print is kept in `kept`."""

    number: int
    name: str
    lab: Lab
    kept: Path

    def program(self, argv: list[str | Path], *, minutes: float, ok: tuple[int, ...] = (0,)) -> str:
        """Run a program with its output kept; return its last line, raise StepFailed with its last lines."""
        lines: list[str] = []
        started = time.monotonic()
        env = {
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.lab.vault_password),
            "SEAWALL_INVENTORY": str(self.lab.inventory),
        }
        with (
            self.kept.open("a", encoding="utf-8") as file,
            stream(argv, timeout=minutes * MINUTES, ok=range(256), env=env, cwd=CHECKOUT) as running,
        ):
            for line in running.lines():
                file.write(f"{line}\n")
                lines.append(line)
                if play := PLAY.match(line):
                    print(f"       - {play[1]} ({time.monotonic() - started:.0f} s)", flush=True)
            running.process.wait()
            file.write(running.stderr)
        if running.process.returncode not in ok:
            tail = "\n".join([*lines[-25:], *running.stderr.splitlines()[-10:]])
            code = running.process.returncode
            raise StepFailed(f"step {self.number} ({self.name}) ended with code {code}:\n{tail}", f"all: {self.kept}")
        return next((line for line in reversed(lines) if line.strip()), "")

    def seawall(self, *words: str | Path, minutes: float = 5, ok: tuple[int, ...] = (0,)) -> str:
        """Run the command seawall here, on the control machine."""
        return self.program([PROGRAMS / "seawall", *words], minutes=minutes, ok=ok)

    def on(self, host: str, command: str, *, minutes: float = 10, ok: tuple[int, ...] = (0,)) -> str:
        """Run a command on a machine, as its administrator would by ssh."""
        return self.program([*self.lab.machine(host).ssh_argv(), command], minutes=minutes, ok=ok)

    def ansible(self) -> str:
        """Bring every machine to what the policy says; return what changed."""
        self.program([PROGRAMS / "ansible-playbook", "-i", self.lab.inventory, "playbooks/site.yml"], minutes=15)
        return recap(self.kept.read_text(encoding="utf-8"))


Work = Callable[[Step], str]
Named = tuple[str, Work]


@dataclass
class Steps:
    """The steps of one run, in the order in which they began: number, name, seconds, and what came of each."""

    lab: Lab
    done: dict[int, tuple[str, float]] = field(default_factory=dict)
    begun: int = 0
    failed: bool = False
    _lock: Lock = field(default_factory=Lock)

    @property
    def log(self) -> Path:
        """The folder that keeps all that the steps print."""
        return self.lab.home / "log"

    def take(self, name: str, work: Work) -> None:
        """Take one step, and say how long it took and what came of it."""
        with self._lock:
            self.begun += 1
            number = self.begun
        print(f"[{number:>2}] {name} ...", flush=True)
        self.log.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        said = work(Step(number, name, self.lab, self.log / f"{number:02d}.log"))
        seconds = time.monotonic() - started
        self.done[number] = (name, seconds)
        print(f"[{number:>2}] {seconds:6.1f} s  {said}", flush=True)

    def side_by_side(self, rows: Iterable[Sequence[Named]], width: int) -> None:
        """Take rows of steps, so many rows at once; after a failure no further step is begun, and it is raised."""
        with ThreadPoolExecutor(width) as pool:
            for ended in [pool.submit(self._row, row) for row in rows]:
                ended.result()

    def _row(self, row: Sequence[Named]) -> None:
        try:
            for name, work in row:
                if not self.failed:
                    self.take(name, work)
        except BaseException:
            self.failed = True
            raise


def recap(output: str) -> str:
    """Given what ansible-playbook printed, return one line about all machines."""
    found = [match for line in output.splitlines() if (match := RECAP.match(line))]
    changed = sum(int(match[2]) for match in found)
    return f"{len(found)} machines, {changed} changes" if changed else f"{len(found)} machines, nothing to change"
