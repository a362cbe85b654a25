"""A removable disk that a person can watch: it is made, connected, brought up to date, read, and leaves with its slip.

It is a file of this computer. One that left good is used again; any other, as an interrupted demo leaves it, is made
anew. Where no loop device can be had, that is said, and the rest of the demo goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from ops.core.errors import Unavailable
from ops.core.files import write_atomically
from ops.fleet import inventory
from ops.lab import disks, identity
from ops.lab.inventory import DISK
from ops.lab.lab import DISKS, Lab
from ops.lab.steps import PROGRAMS, Named, Step, recap
from ops.policy import HostPolicy, rotations

MEBIBYTES = 256
HANDS = "Head of IT"
GROUP = "removable_disks"
HEAD = "# Written by `seawall demo`: which disk this lab has, and what `seawall disk make` told of it.\n"
MADE = "repository:"


@dataclass(frozen=True)
class Carried:
    """The disk of a lab.

    host: the machine to which it is connected. asset: what is copied to it. repository, label: the policy's names. at:
    where the policy has it mounted. hosts: the machines whose policy says which disk it is.
    """

    lab: Lab
    host: str
    asset: str
    repository: str
    label: str
    at: str
    hosts: Sequence[str]

    @property
    def file(self) -> Path:
        """The file that it is; its name is its serial number, which no other lab of this computer has."""
        own = identity.identify(self.lab.name, self.lab.checkout).id
        return DISKS / own / f"{self.label}-{own}"

    @property
    def known(self) -> Path:
        """The file of the inventory that says which disk it is; there is none where no disk can be had."""
        return self.lab.inventory / DISK

    @property
    def made(self) -> bool:
        """Whether the inventory says which repository is on it."""
        return self.known.exists() and MADE in self.known.read_text(encoding="utf-8")

    def connected(self) -> AbstractContextManager[None]:
        """Connect it for a block; raise Unavailable where no loop device can be had."""
        return disks.connected(self.lab.machine(self.host), self.file, self.at)

    def left_good(self) -> bool:
        """Whether it is there, and the machine says that it left good."""
        if not (self.made and self.file.exists()):
            return False
        said = self.lab.machine(self.host).ssh("seawall disk list --json", ok=range(256))
        try:
            return any(one["serial"] == self.file.name and one["good"] for one in json.loads(said.stdout))
        except ValueError:
            return False

    def write(self, repository: str = "") -> None:
        """Let the inventory say which disk it is. repository: the id of the one on it, once it was made."""
        disk = {"serial": self.file.name, **({"repository": repository} if repository else {})}
        layer = {"repositories": {self.repository: {"options": {"disks": {self.label: disk}}}}}
        group = {"hosts": {host: {} for host in self.hosts}, "vars": {f"policy__{GROUP}": layer}}
        write_atomically(self.known, HEAD + yaml.safe_dump({"all": {"children": {GROUP: group}}}), 0o644)


def found(lab: Lab, policies: Mapping[str, HostPolicy]) -> Carried | None:
    """Return the disk that a machine of the lab has by its policy, the first one; None where no machine has any."""
    for host, policy in policies.items():
        for name in rotations.names(policy):
            options = dict(policy.repositories[name].options)
            used = ((one, copy.to) for one, about in policy.assets.items() for copy in about.copies.values())
            asset = next(one for one, to in used if to == name)
            hosts = [host, *(other for other, its in policies.items() if asset in its.drills)]
            return Carried(lab, host, asset, name, next(iter(options["disks"])), f"{options['path']}/disk", hosts)
    return None


def laid_out(step: Step) -> str:
    """Let the inventory say which disk there is: the one that left good, or a new one; say where none can be had."""
    disk = found(step.lab, inventory.read(step.lab.inventory).policies())
    if disk is None:
        return "the policy has no removable disk"
    disks.take_off(step.lab.machine(disk.host), disk.at)
    disks.forget(disk.file.parent)
    return f"{disk.label}, which left good" if disk.left_good() else laid_anew(disk)


def laid_anew(disk: Carried) -> str:
    """Make the file of a new disk, and let the inventory say so; return that, or why none can be had."""
    try:
        with disks.attached(disks.image(disk.file, MEBIBYTES)):
            disk.write()
    except Unavailable as error:
        disk.known.unlink(missing_ok=True)
        return f"not run: {error.message}; all that is about a removable disk is left out"
    return f"{disk.label}, which is empty"


def making(lab: Lab, policies: Mapping[str, HostPolicy]) -> Iterator[Named]:
    """Yield the step that makes the disk ready, where it is a new one."""
    disk = found(lab, policies)
    if disk and disk.known.exists() and not disk.made:
        yield f"make the disk {disk.label} ready on {disk.host}, and let the policy say so", partial(_made, disk)


def carrying(lab: Lab, policies: Mapping[str, HostPolicy]) -> Iterator[Named]:
    """Yield the step that copies an asset to the disk, and lets it leave."""
    disk = found(lab, policies)
    if disk and disk.made:
        name = f"copy {disk.asset} to the disk {disk.label}, read it, let it leave"
        yield name, partial(_carried, disk)


def _made(disk: Carried, step: Step) -> str:
    """Make it ready; the last word that is said of it is the id of its repository."""
    with disk.connected():
        said = step.on(disk.host, f"seawall disk make {disk.label} --plain")
    disk.write(said.split()[-1])
    argv: list[str | Path] = [PROGRAMS / "ansible-playbook", "-i", step.lab.inventory, "playbooks/site.yml"]
    step.program([*argv, "--limit", GROUP, "--tags", "agent"], minutes=5)
    return recap(step.kept.read_text(encoding="utf-8"))


def _carried(disk: Carried, step: Step) -> str:
    with disk.connected():
        step.on(disk.host, "seawall disk arrive")
        step.on(disk.host, "seawall disk update")
        step.on(disk.host, f"seawall disk leave --hands '{HANDS}'")
    slip = step.lab.machine(disk.host).ssh(f"seawall disk slip {disk.label}").stdout.strip()
    return "\n".join([f"{disk.label} left good; its slip:", *(f"{'':14}{line}" for line in slip.splitlines())])
