"""The way to the lab's machines for Ansible, pyinfra and the tests: addresses, keys, nothing of the policy."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ops.core.files import write_atomically
from ops.fleet.inventory import HEADS, HISTORY, KEY_IDS, LEDGERS, REPORTS, SIGNERS
from ops.fleet.inventory import OWN as CONTROL
from ops.lab.furnish import public_key
from ops.lab.machine import Machine

HEAD = "# Written by `seawall lab up`; the current addresses of the lab's machines.\n"
# What belongs to one lab and is never copied to another.
ADDRESSES = "machines.yml"
DISK = "disk.yml"
OWN = (ADDRESSES, DISK, "secrets.yml", HEADS, SIGNERS, LEDGERS, CONTROL, HISTORY, KEY_IDS, REPORTS)


def prepare(checkout: Path, inventory: Path) -> None:
    """Bring an inventory to the present policy; that of any lab but the demo's is a copy with its own addresses."""
    origin = checkout / "inventories/lab"
    if inventory != origin:
        copy(origin, inventory)
    inventory.mkdir(parents=True, exist_ok=True)


def secrets(inventory: Path) -> list[Path]:
    """Return what belongs to one lab and outlives its addresses and its disk, relative to the inventory."""
    found = (path.relative_to(inventory) for path in inventory.rglob("*") if path.is_file())
    return sorted(path for path in found if _own(path) and path.name not in (ADDRESSES, DISK))


def write(inventory: Path, known_hosts: Path, machines: Sequence[Machine]) -> None:
    """Write the machines' addresses."""
    write_atomically(inventory / ADDRESSES, addresses(machines, known_hosts), 0o644)


def copy(origin: Path, inventory: Path) -> None:
    """Bring an inventory up to date with the one it is a copy of, leaving its own files alone."""
    if not origin.exists():
        return
    for old in [path for path in inventory.rglob("*") if path.is_file() and not _own(path.relative_to(inventory))]:
        old.unlink()
    shutil.copytree(origin, inventory, ignore=shutil.ignore_patterns(*OWN), dirs_exist_ok=True)


def _own(path: Path) -> bool:
    return not set(OWN).isdisjoint(path.parts)


def remove(checkout: Path, inventory: Path) -> None:
    """Remove what was written for a lab that is gone; its secrets cannot be opened any more."""
    if inventory != checkout / "inventories/lab":
        shutil.rmtree(inventory, ignore_errors=True)
        return
    for name in OWN:
        for path in list(inventory.rglob(name)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def forget_heads(inventory: Path) -> None:
    """Forget the ledgers of machines that are made anew: theirs begin anew, too, as does what was seen of them."""
    for name in (HEADS, SIGNERS, HISTORY, KEY_IDS, REPORTS):
        (inventory / name).unlink(missing_ok=True)


def addresses(machines: Sequence[Machine], known_hosts: Path) -> str:
    """Return the inventory file that says how each machine is reached."""
    text = f"{HEAD}all:\n  hosts:\n"
    for machine in machines:
        options = f"-F none -o UserKnownHostsFile={known_hosts} -o StrictHostKeyChecking=yes"
        text += (
            f"    {machine.host}:\n"
            f"      ansible_host: {machine.address}\n"
            f"      ansible_user: root\n"
            f"      ansible_ssh_private_key_file: {machine.furniture.key}\n"
            f"      ansible_ssh_common_args: {options}\n"
            f"      ansible_python_interpreter: /usr/bin/python3\n"
        )
    return text


def write_known_hosts(path: Path, machines: Sequence[Machine]) -> None:
    """Write down the host key of each machine, by address and by name."""
    lines = []
    for machine in machines:
        kind, key, *_ = public_key(machine.root / "etc/ssh/ssh_host_ed25519_key").split()
        lines.append(f"{machine.address},{machine.host} {kind} {key}\n")
    write_atomically(path, "".join(lines), 0o644)
