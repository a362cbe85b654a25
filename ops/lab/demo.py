"""Set up the lab and show the whole main job: set-up, backup, copy, drill, health, host checks, report.

Each step says how long it took and what came of it; all it printed is kept in .lab/demo/log/. Safe to repeat:
what is there stays, and the second run is quick. `seawall lab down` removes everything again.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import SeawallError
from ops.core.run import stream
from ops.fleet import inventory
from ops.lab.lab import CHECKOUT, Lab

if TYPE_CHECKING:
    import argparse

    from ops.policy import HostPolicy
    from ops.policy.model import Drilled

MINUTES = 60.0
PROGRAMS = Path(sys.executable).parent
GOOD = (0, 1)  # judging commands: pass and warn; a warning is shown, it does not stop the demo
PLAY = re.compile(r"^PLAY \[(.+)\]")
RECAP = re.compile(r"^\S+\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


class StepFailed(SeawallError):
    """A step of the demo did not do what it shows."""


@dataclass
class Demo:
    """A run of the demo: the lab it works on, and what each step came to."""

    lab: Lab
    done: list[tuple[str, float, str]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """The folder that keeps all that the steps print."""
        return self.lab.home / "log"

    @property
    def page(self) -> Path:
        """The report."""
        return self.lab.home / "report.html"

    def step(self, name: str, work: Callable[[], str]) -> None:
        """Do one step, and say how long it took and what came of it."""
        print(f"[{len(self.done) + 1:>2}] {name} ...", flush=True)
        started = time.monotonic()
        said = work()
        seconds = time.monotonic() - started
        self.done.append((name, seconds, said))
        print(f"     {seconds:6.1f} s  {said}", flush=True)

    def program(self, argv: list[str | Path], *, minutes: float, ok: tuple[int, ...] = (0,)) -> str:
        """Run a program with its output kept; return its last line, raise StepFailed with its last lines."""
        self.log.mkdir(parents=True, exist_ok=True)
        kept = self.log / f"{len(self.done) + 1:02d}.log"
        lines: list[str] = []
        started = time.monotonic()
        env = {
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.lab.vault_password),
            "SEAWALL_INVENTORY": str(self.lab.inventory),
        }
        with (
            kept.open("a", encoding="utf-8") as file,
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
            raise StepFailed(f"{self._current()} ended with code {code}:\n{tail}", f"all of it: {kept}")
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
        return recap((self.log / f"{len(self.done) + 1:02d}.log").read_text(encoding="utf-8"))

    def _current(self) -> str:
        return f"step {len(self.done) + 1}"


def recap(output: str) -> str:
    """Given what ansible-playbook printed, return one line about all machines."""
    found = [match for line in output.splitlines() if (match := RECAP.match(line))]
    changed = sum(int(match[2]) for match in found)
    return f"{len(found)} machines, {changed} changes" if changed else f"{len(found)} machines, nothing to change"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall demo` understands."""
    parser.add_argument("--name", default="demo", help="the lab it runs in (default: demo)")


def execute(options: argparse.Namespace) -> int:
    """Run the demo; 0 when every step passed."""
    started = time.monotonic()
    demo = Demo(Lab(options.name))
    for old in demo.log.glob("*.log"):
        old.unlink()
    try:
        for name, work in steps(demo):
            demo.step(name, work)
    except SeawallError as error:
        _table(demo, time.monotonic() - started)
        print(f"\nthe demo failed: {error}", file=sys.stderr)
        return 1
    _table(demo, time.monotonic() - started)
    _fleet(demo)
    return 0


def steps(demo: Demo) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the steps in their order; what there is to back up, copy and drill, the policy says."""
    yield "boot the lab", lambda: _boot(demo)
    yield "make the secrets that are still missing", lambda: _secrets(demo)
    yield "build the agent's package", lambda: demo.seawall("package", "build")
    yield "prepare what servers of another release need", lambda: _shipped(demo)
    yield "judge the policy", lambda: demo.seawall("policy", "check", demo.lab.inventory)
    yield "make the machines what the policy says (playbooks/site.yml)", demo.ansible
    policies = inventory.read(demo.lab.inventory).policies()
    yield from _assets(demo, policies)
    yield from _proofs(demo, policies)


def _assets(demo: Demo, policies: dict[str, HostPolicy]) -> Iterator[tuple[str, Callable[[], str]]]:
    for host, asset in _each(policies):
        yield f"back up {asset} on {host}", partial(demo.on, host, f"seawall backup {asset}")
    for host, asset in _each(policies):
        if policies[host].assets[asset].copies:
            yield f"copy {asset} off-site", partial(demo.on, host, f"seawall copy {asset}")
    for host, policy in policies.items():
        for asset, drilled in policy.drills.items():
            yield _drill(demo, host, asset, drilled)


def _drill(demo: Demo, host: str, asset: str, drilled: Drilled) -> tuple[str, Callable[[], str]]:
    """Return the step that drills an asset; a machine is booted straight from the other site's repository."""
    drill, copies = drilled.asset.drill, list(drilled.asset.copies.values())
    if drill and drill.kind == "machine" and copies:
        command = f"seawall drill {asset} --instant --from {copies[0].to}"
        return f"boot {asset} on {host} out of {copies[0].to}", partial(demo.on, host, command, ok=GOOD)
    return f"drill the restore of {asset} on {host}", partial(demo.on, host, f"seawall drill {asset}", ok=GOOD)


def _proofs(demo: Demo, policies: dict[str, HostPolicy]) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "look at every machine's health", lambda: _everywhere(demo, policies, "seawall health run")
    yield "compare every machine with the policy, from outside", lambda: _host_checks(demo)
    yield "verify every ledger", lambda: _everywhere(demo, policies, "seawall ledger verify")
    yield "write the report", lambda: _report(demo)


def _each(policies: dict[str, HostPolicy]) -> list[tuple[str, str]]:
    return [(host, asset) for host, policy in policies.items() for asset in policy.assets]


def _boot(demo: Demo) -> str:
    machines = demo.lab.up(lambda what: print(f"       - {what}", flush=True))
    return ", ".join(f"{machine.host} {machine.address}" for machine in machines)


def _secrets(demo: Demo) -> str:
    password = demo.lab.vault_password
    return demo.seawall("secrets", "make", demo.lab.inventory, "--vault-password-file", password)


def _shipped(demo: Demo) -> str:
    demo.seawall("package", "fetch")
    for release in ("bookworm", "trixie"):
        demo.seawall("package", "tree", release, minutes=15)
    return "restic of Debian 13, bare trees of Debian 12 and 13 with their database servers"


def _everywhere(demo: Demo, policies: dict[str, HostPolicy], command: str) -> str:
    for host in policies:
        demo.on(host, command, ok=GOOD)
    return f"{len(policies)} machines"


def _host_checks(demo: Demo) -> str:
    return demo.seawall("verify", "-i", demo.lab.inventory, minutes=10, ok=GOOD)


def _report(demo: Demo) -> str:
    demo.seawall("report", "-i", demo.lab.inventory, "--html", demo.page)
    return str(demo.page)


def _table(demo: Demo, seconds: float) -> None:
    """Say what was done, and how long it took."""
    print("\nstep                                                          seconds")
    for name, took, _ in demo.done:
        print(f"  {name:<60}{took:>6.1f}")
    print(f"  {'in all':<60}{seconds:>6.1f}")


def _fleet(demo: Demo) -> None:
    """Say how the fleet stands, as `seawall status` does, and where to go on."""
    argv: list[str | Path] = [PROGRAMS / "seawall", "status", "-i", demo.lab.inventory]
    with stream(argv, timeout=60, ok=range(256), cwd=CHECKOUT) as shown:
        print("\n" + "\n".join(shown.lines()))
    print(f"\nreport: {demo.page}\nremove it all again: make demo-down")
