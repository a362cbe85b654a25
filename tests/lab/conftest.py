"""The lab of the tests: five real machines named `test`, booted once for the ring and removed after it.

The tests that want no site come before all others: they find machines on which nothing was ever done. Then site.yml is
run.
"""

import os
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
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
            run(self._way(machine.host, "-O", "exit"), timeout=20, ok=range(256))

    def ansible(self, playbook: str = "site.yml", *options: str, ok: range | tuple[int, ...] = (0,)) -> Result:
        """Run a playbook as an administrator would."""
        argv = [PROGRAMS / "ansible-playbook", "-i", self.lab.inventory, f"playbooks/{playbook}", *options]
        return self.local(argv, timeout=15 * MINUTES, ok=ok)

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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "site" in fixtures(item))


def fixtures(item: pytest.Item) -> Collection[str]:
    """Return the names of all that a test is given."""
    return getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The machines as Debian made them, nothing of ours on them yet.

    SEAWALL_KEEP_LAB=1 leaves them running; they are used again unless a test wants fresh ones.
    """
    machines = Lab("test")
    if any("fresh" in fixtures(item) and "site" not in fixtures(item) for item in request.session.items):
        machines.down()
    try:
        machines.up()
        yield machines
    finally:
        if not os.environ.get("SEAWALL_KEEP_LAB"):
            machines.down()


@pytest.fixture(scope="session")
def fresh(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The machines as Debian made them, with secrets of their own and all on this side that site.yml needs."""
    hospital = Site(lab, tmp_path_factory.mktemp("ssh"))
    acts: list[tuple[str | Path, ...]] = [
        ("secrets", "make", lab.inventory, "--vault-password-file", lab.vault_password),
        ("package", "build"),
        ("package", "fetch"),
        *(("package", "tree", release) for release in ("bookworm", "trixie")),
    ]
    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(lambda words: hospital.seawall(*words, timeout=15 * MINUTES, ok=range(1)), acts))
    yield hospital
    hospital.leave()


@pytest.fixture(scope="session")
def site(fresh: Site) -> Site:
    """The machines as site.yml makes them."""
    fresh.ansible()
    return fresh
