"""The lab of the tests: five real machines named `test`, booted once for the ring and removed after it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.core.run import Result, run
from ops.lab.lab import Lab

CHECKOUT = Path(__file__).parents[2]
PROGRAMS = CHECKOUT / ".venv/bin"
MINUTES = 60.0


@dataclass(frozen=True)
class Site:
    """The lab with the real playbooks run on it: a hospital's machines as Seawall leaves them."""

    lab: Lab

    def on(self, host: str, command: str, *, timeout: float = 5 * MINUTES, ok: range = range(256)) -> Result:
        """Run a command on a machine; by default whatever its exit code, which the test then looks at."""
        return self.lab.machine(host).ssh(command, timeout=timeout, ok=ok)

    def ansible(self, playbook: str = "site.yml", *options: str, ok: range | tuple[int, ...] = (0,)) -> Result:
        """Run a playbook as an administrator would."""
        argv = [PROGRAMS / "ansible-playbook", "-i", self.lab.inventory, f"playbooks/{playbook}", *options]
        return self.local(argv, timeout=15 * MINUTES, ok=ok)

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


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The machines as Debian made them, nothing of ours on them yet. SEAWALL_KEEP_LAB=1 leaves them running."""
    machines = Lab("test")
    try:
        machines.up()
        yield machines
    finally:
        if not os.environ.get("SEAWALL_KEEP_LAB"):
            machines.down()


@pytest.fixture(scope="session")
def site(lab: Lab) -> Site:
    """The machines as site.yml makes them, with secrets of their own."""
    hospital = prepared(lab)
    hospital.ansible()
    return hospital


def prepared(machines: Lab) -> Site:
    """Return a site whose machines are still as Debian made them, with all on this side that site.yml needs."""
    hospital = Site(machines)
    vault = ("--vault-password-file", machines.vault_password)
    hospital.seawall("secrets", "make", machines.inventory, *vault, ok=range(1))
    hospital.seawall("package", "build", ok=range(1))
    hospital.seawall("package", "fetch", ok=range(1))
    for release in ("bookworm", "trixie"):
        hospital.seawall("package", "tree", release, timeout=15 * MINUTES, ok=range(1))
    return hospital
