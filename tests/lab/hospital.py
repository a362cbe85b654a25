"""The hospital of the tests: a lab's machines with the real playbooks run on them, and what may be done there."""

import fcntl
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from ops.core.run import Result, run
from ops.lab.lab import Lab

CHECKOUT = Path(__file__).parents[2]
PROGRAMS = CHECKOUT / ".venv/bin"
MINUTES = 60.0
# The server of a client has the folder that was there when it started, also when another one is in its place.
SERVED_ANEW = "systemctl restart seawall-writer-his1"


@dataclass(frozen=True)
class Site:
    """The lab with the real playbooks run on it: a hospital's machines as Seawall leaves them.

    ways: a folder for connections that stay open, so that a command need not wait for a new one; without it none does.
    """

    lab: Lab
    ways: Path | None = None

    def on(self, host: str, command: str, *, timeout: float = 5 * MINUTES, ok: range = range(256)) -> Result:
        """Run a command on a machine; by default whatever its exit code, which the test then looks at."""
        return run([*self._way(host), command], timeout=timeout, ok=ok)

    def _way(self, host: str, *words: str) -> list[str]:
        kept = ("-o", "ControlMaster=auto", "-o", f"ControlPath={self.ways}/%h", "-o", "ControlPersist=60")
        return self.lab.machine(host).ssh_argv(("-o", "BatchMode=yes", *(kept if self.ways else ()), *words))

    def leave(self) -> None:
        """Close the connections that are open."""
        for machine in self.lab.machines():
            self._left(machine.host)

    def _left(self, host: str) -> None:
        run(self._way(host, "-O", "exit"), timeout=20, ok=range(256))

    @contextmanager
    def cut_off(self, host: str) -> Iterator[None]:
        """Pull a machine's cable for a block. Nobody goes on with a connection of before, which may be half dead."""
        machine = self.lab.machine(host)
        machine.cut()
        try:
            yield
        finally:
            machine.mend()
            self._left(host)
            machine.wait()

    def ansible(self, playbook: str = "site.yml", *options: str, ok: range | tuple[int, ...] = (0,)) -> Result:
        """Run a playbook as an administrator would."""
        argv = [PROGRAMS / "ansible-playbook", "-i", self.lab.inventory, f"playbooks/{playbook}", *options]
        done = self.local(argv, timeout=15 * MINUTES, ok=range(256))
        assert done.code in ok, f"{playbook} ended with {done.code}: {done.stdout[-4000:]}"
        return done

    def given(self, host: str, *acts: str) -> None:
        """See to it that acts such as `backup his` were done well once, whenever that was."""
        for act in acts:
            name = act.replace(" --to ", "-").replace(" ", "-")
            good = f"grep -q '\"last_good\": {{' /var/lib/seawall/state/{name}.json"
            done = self.on(host, f"{good} 2>/dev/null || seawall {act}")
            assert done.code == 0, done.stdout + done.stderr

    def seawall(self, *words: str | Path, timeout: float = 5 * MINUTES, ok: range = range(256)) -> Result:
        """Run the command seawall on the control machine, this one."""
        return self.local([PROGRAMS / "seawall", *words], timeout=timeout, ok=ok)

    def local(self, argv: list[str | Path], *, timeout: float, ok: range | tuple[int, ...] = (0,)) -> Result:
        """Run a program here with the lab's inventory and vault password at hand."""
        env = {
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.lab.vault_password),
            "SEAWALL_INVENTORY": str(self.lab.inventory),
        }
        return run(argv, timeout=timeout, ok=ok, env=env, cwd=CHECKOUT)


@contextmanager
def one_at_a_time(what: str = "tests") -> Iterator[None]:
    """Wait for other rings, which make the same trees, packages and caches for their machines."""
    lock = CHECKOUT / f".cache/{what}.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def booted(machines: Lab, ways: Path, *, layered: bool) -> Site:
    """Boot a lab with all on this side that site.yml needs: packages, trees, secrets."""
    hospital = Site(machines, ways)
    with one_at_a_time():
        for act in ("build", "fetch"):
            hospital.seawall("package", act, timeout=5 * MINUTES, ok=range(1))
        machines.up(tell, layered=layered)
    return hospital


def with_secrets(hospital: Site) -> Site:
    """Make the secrets that an inventory lacks."""
    words = ("secrets", "make", hospital.lab.inventory, "--vault-password-file", hospital.lab.vault_password)
    hospital.seawall(*words, ok=range(1))
    return hospital


def converged(machines: Lab, ways: Path) -> Site:
    """Boot a lab as site.yml leaves it: over the layer that is kept of that, which the first ring makes."""
    unused = not machines.machines()
    with one_at_a_time("layer"):
        hospital = with_secrets(booted(machines, ways, layered=True))
        if unused and machines.layer:
            return hospital
        before = machines.shape()
        hospital.ansible()
        if unused:
            machines.keep(before, tell)
    return hospital


def changes(output: str) -> dict[str, int]:
    """Given what ansible-playbook printed, return how much it changed on each host."""
    return {host: int(count) for host, count in re.findall(r"^(\w+) +: ok=\d+ +changed=(\d+)", output, re.MULTILINE)}


def without_hosts(inventory: Path, *names: str) -> None:
    """Leave hosts out of an inventory, with the way to them and their space in repositories."""
    for file in (inventory / "hosts.yml", inventory / "machines.yml"):
        everything = yaml.safe_load(file.read_text("utf-8"))
        for group in (everything["all"], *everything["all"].get("children", {}).values()):
            for name in names:
                group.get("hosts", {}).pop(name, None)
        file.write_text(yaml.safe_dump(everything), "utf-8")
    for name in names:
        shutil.rmtree(inventory / "host_vars" / name, ignore_errors=True)
    path = inventory / "group_vars/all/policy.yml"
    policy = yaml.safe_load(path.read_text("utf-8"))
    for repository in policy["policy__all"]["repositories"].values():
        for name in names:
            repository.get("options", {}).get("quotas", {}).pop(name, None)
    path.write_text(yaml.safe_dump(policy, allow_unicode=True), "utf-8")


def tell(what: str) -> None:
    """Say what takes its time; pytest shows it with -s, and beside a test that fails."""
    print(f"lab: {what}", file=sys.stderr, flush=True)
