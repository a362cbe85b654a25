"""A machine in a folder with everything that is around it: its repositories, its own SSH server, the control machine.

The ways between them are lines that may be led elsewhere, slow down, break or go dead.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import troubles
import yaml
from killing import COMMAND, MOUNTS, Act, adopting
from one_machine import ALL, BIN, REPOSITORIES, Machine, copied, doors, served, set_policy

sys.path.insert(0, str(Path(__file__).parents[1] / "control"))
import sshd

# What is /var/lib and /etc to the machine's SSH server is the machine's own.
SSHD = """#!/bin/sh
exec unshare --mount --propagation=slave sh -c 'set -e
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/lib/seawall /var/lib/work /var/lib/upper/seawall
mount --bind {root}/var/lib/seawall /var/lib/seawall
cp {root}/etc/seawall/ledger.pub /var/lib/upper/seawall
mount -t overlay -o lowerdir=/etc,upperdir=/var/lib/upper,workdir=/var/lib/work overlay /etc
exec /usr/sbin/sshd "$@"' sshd "$@"
"""


@dataclass(frozen=True)
class Hospital:
    """A machine, the ways to its repositories and to itself, and the inventory that leads to it.

    ports: of the servers that may stand at their ends. before: words before each command. seawall: the command. env:
    what its environment has more.
    """

    machine: Machine
    repositories: troubles.Line
    way: troubles.Line
    ports: dict[str, int]
    inventory: Path
    before: tuple[str, ...] = ()
    seawall: tuple[str, ...] = COMMAND
    env: dict[str, str] = field(default_factory=dict)

    def run(self, act: str) -> tuple[str, str]:
        """Do one act; return its verdict, and all that it said."""
        words = ("control", "collect", "-i", self.inventory, "--json") if act == "collect" else (act, "papers")
        process = Act((*self.before, *MOUNTS, *self.seawall, *words), self.env).begin()
        said = process.communicate(timeout=240)[0]
        if act == "collect" and "{" in said:
            found = json.loads(said[said.index("{") :])["his1"]
            return found["verdict"], found["message"]
        named = re.findall(r"^(pass|warn|fail|unknown): ", said, re.MULTILINE)
        codes = {0: "pass", 1: "fail", 2: "fail", 3: "unknown", -9: "killed"}
        return (named or [codes[process.returncode]])[-1], said

    def good(self) -> dict[str, Any]:
        """Return all that is called good: the last good outcomes, and what was collected."""
        folder = self.machine.root / "var/lib/seawall/state"
        states = {path.stem: json.loads(path.read_text()) for path in folder.glob("*-papers*.json")}
        collected = self.inventory / ".ledgers/his1/ledger.jsonl.head"
        return {name: state["last_good"] for name, state in states.items()} | {"collected": collected.read_text()}


@contextmanager
def rest_server(folder: Path, stored: Path, name: str) -> Iterator[int]:
    """Run a rest-server of the same repositories with another certificate, for a name; yield its port."""
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    argv += ["-subj", "/CN=other", "-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{folder}/{name}.key"]
    troubles.run(*argv, "-out", folder / f"{name}.pem")
    words = ["--path", stored, "--listen", "localhost:0", "--append-only", "--private-repos", "--tls"]
    words += ["--tls-cert", folder / f"{name}.pem", "--tls-key", folder / f"{name}.key"]
    words += ["--htpasswd-file", folder / "users.htpasswd"]
    argv = [BIN / "restic-rest-server", *words]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            said = next(filter(None, map(re.compile(r"start server on .*:(\d+)$").search, server.stdout)))
            yield int(said[1])
        finally:
            server.terminate()


def furnished(template: Path, folder: Path) -> Machine:
    """Make a machine with papers of its own, which it drills itself."""
    machine = copied(template, folder)
    papers = folder / "papers"
    papers.mkdir()
    for number in range(3):
        (papers / f"{number}.txt").write_bytes(os.urandom(2000))
    set_policy(machine, {"papers": {"all": ("files", {"paths": [str(papers)]})}})
    etc = machine.root / "etc/seawall"
    policy = json.loads((etc / "policy.json").read_text())
    asset = {**policy["assets"]["papers"], "drill": {"host": "his1", "kind": "files", "every": "31d"}}
    policy["drills"] = {"papers": {"host": "his1", "asset": asset}}
    (etc / "policy.json").write_text(json.dumps(policy))
    public = (etc / "credentials/ledger.key.pub").read_text()
    (etc / "ledger.pub").write_text(public)
    (etc / "allowed_signers").write_text(f'his1 namespaces="seawall-ledger" {public}')
    shutil.copy(etc / "credentials/primary.password", etc / "credentials/his1-primary.password")
    (machine.root / "tmp").mkdir()
    return machine


def inventory(folder: Path, port: int, key: Path) -> Path:
    """Write an inventory in which the machine is reached over a port of this computer, and no other one is."""
    place = folder / "inventory"
    common = f"-F none -o ControlMaster=no -o ControlPath=none -o UserKnownHostsFile={folder / 'known'}"
    way = {"ansible_host": "127.0.0.1", "ansible_user": sshd.USER, "ansible_ssh_private_key_file": str(key)}
    way["ansible_ssh_common_args"] = f"{common} -o StrictHostKeyChecking=yes"
    hosts = {"his1": {**way, "ansible_port": port}, "backup1": {**way, "ansible_port": 1}}
    hosts["offsite1"] = hosts["backup1"]
    (place / "group_vars/all").mkdir(parents=True)
    groups = {"backup_hosts": {"hosts": {"backup1": {}, "offsite1": {}}}}
    (place / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "children": groups}}))
    (place / "group_vars/all/policy.yml").write_text(yaml.safe_dump({"policy__all": ALL}))
    return place


@contextmanager
def opened(template: Path, folder: Path) -> Iterator[Hospital]:
    """Make the machine, and run everything around it, for a block; it begins with one clean round."""
    machine = furnished(template, folder)
    etc = machine.root / "etc/seawall/credentials"
    with ExitStack() as world, pytest.MonkeyPatch.context() as patch:
        world.enter_context(adopting())
        world.enter_context(served(machine))
        own = int(re.search(r":(\d+)/", (etc / "primary.url").read_text())[1])
        neighbour = world.enter_context(rest_server(folder, doors(machine), "neighbour"))
        ports = {"own": own, "neighbour": neighbour}
        with (etc / "ca.pem").open("a") as authority:
            authority.write((folder / "neighbour.pem").read_text())
        ports["stranger"] = world.enter_context(rest_server(folder, doors(machine), "localhost"))
        line = troubles.Line(own)
        for name in REPOSITORIES:
            (etc / f"{name}.url").write_text((etc / f"{name}.url").read_text().replace(f":{own}/", f":{line.port}/"))
        shutil.copy(etc / "primary.url", etc / "his1-primary.url")
        public = sshd.keygen(folder / "key")
        (folder / "sshd").write_text(SSHD.format(root=machine.root))
        (folder / "sshd").chmod(0o755)
        patch.setattr(sshd, "PROGRAM", str(folder / "sshd"))
        server = world.enter_context(sshd.serve(folder / "his1", public))
        patch.setattr(sshd, "PROGRAM", "/usr/sbin/sshd")
        other = world.enter_context(sshd.serve(folder / "other", public))
        way = troubles.Line(server.port)
        ports |= {"ssh": server.port, "other": other.port}
        (folder / "known").write_text(server.known.replace(f":{server.port} ", f":{way.port} "))
        patch.setenv("TMPDIR", str(machine.root / "tmp"))
        one = Hospital(machine, line, way, ports, inventory(folder, way.port, folder / "key"))
        for act in ("backup", "copy", "drill", "collect"):
            verdict, said = one.run(act)
            assert verdict == "pass", said
        yield one
        for each in (line, way):
            each.close()
