"""Asking the whole fleet: `seawall status` against Ansible asking the same machines the same."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ops.core.run import run
from ops.lab.lab import CHECKOUT, Lab
from tests.benchmarks.timing import medians, table

OURS, ANSIBLE = "seawall status", "ansible all -m command"


def measure(lab: Lab) -> Iterator[str]:
    """Yield the table."""
    programs = Path(sys.executable).parent
    env = {"ANSIBLE_VAULT_PASSWORD_FILE": str(lab.vault_password)}
    ask = partial(run, timeout=120, ok=range(8), env=env, cwd=CHECKOUT)
    command = ["-m", "ansible.builtin.command", "-a", "seawall status --json"]
    seconds = medians(
        {
            ANSIBLE: partial(ask, [programs / "ansible", "all", "-i", lab.inventory, *command]),
            OURS: partial(ask, [programs / "seawall", "status", "-i", lab.inventory, "--json"]),
        },
        rounds=5,
    )
    yield table(f"status of {len(lab.machines())} machines", seconds, ANSIBLE, "a half; a fifth at 20 machines")
