"""Disk, memory, clock and network taken away from a backup, a copy, a drill and a collection of ledgers, each in turn.

Each says clearly what is wrong and what to do, or copes; nothing is falsely good, nothing is left, and the next run is
clean. tests/bad_days.py lists what each of them says.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import troubles
import yaml
from bad_days import TROUBLES
from cheap_key import LEAST
from killing import COMMAND, MOUNTS, Act, adopting, left, locks, records
from one_machine import ALL, BIN, REPOSITORIES, Machine, copied, set_policy
from one_machine import served as serving

sys.path.insert(0, str(Path(__file__).parents[1] / "control"))
import sshd

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take a disk or memory away")
STATE = "copy-papers-offsite", "backup-papers", "drill-papers"
# What is /var/lib and /etc to the machine's SSH server is the machine's own.
SSHD = """#!/bin/sh
exec unshare --mount sh -c 'set -e
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


@pytest.fixture(scope="module")
def hospital(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """The machine with everything around it, after one clean round."""
    folder = tmp_path_factory.mktemp("ward")
    machine = furnished(backed_up, folder)
    etc = machine.root / "etc/seawall/credentials"
    with ExitStack() as world, pytest.MonkeyPatch.context() as patch:
        world.enter_context(adopting())
        world.enter_context(serving(machine))
        own = int(re.search(r":(\d+)/", (etc / "primary.url").read_text())[1])
        neighbour = world.enter_context(rest_server(folder, machine.stored, "neighbour"))
        ports = {"own": own, "neighbour": neighbour}
        with (etc / "ca.pem").open("a") as authority:
            authority.write((folder / "neighbour.pem").read_text())
        ports["stranger"] = world.enter_context(rest_server(folder, machine.stored, "localhost"))
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


@contextmanager
def on_disk(hospital: Hospital, act: str, hurt: Callable[[Path], object], **room: int) -> Iterator[Hospital]:
    folder = hospital.inventory / ".ledgers" if act == "collect" else hospital.machine.root / "var"
    with troubles.disk(folder, **room) as place:
        made = hurt(place)
        yield hospital
        troubles.run("mount", "-o", "remount,rw", place)
        if isinstance(made, Path):
            shutil.rmtree(made)


def full(hospital: Hospital, act: str) -> AbstractContextManager[Hospital]:
    return on_disk(hospital, act, troubles.fill, size=100_000)


def read_only(hospital: Hospital, act: str) -> AbstractContextManager[Hospital]:
    return on_disk(hospital, act, lambda place: troubles.run("mount", "-o", "remount,ro", place))


def no_inodes(hospital: Hospital, act: str) -> AbstractContextManager[Hospital]:
    return on_disk(hospital, act, troubles.fill_inodes, inodes=1)


@contextmanager
def no_memory(hospital: Hospital, act: str) -> Iterator[Hospital]:
    with costly(hospital.machine), troubles.little_memory(MEMORY[act]) as before:
        yield replace(hospital, before=before)


@contextmanager
def costly(machine: Machine) -> Iterator[None]:
    """Let the repositories have keys as restic makes them: deriving one takes more memory than all else."""
    folders = [machine.stored / "his1" / name / "keys" for name in REPOSITORIES]
    for name, folder in zip(REPOSITORIES, folders, strict=True):
        machine.restic(
            name, "key", "add", "--new-password-file", machine.root / f"etc/seawall/credentials/{name}.password"
        )
        (cheap,) = [path for path in folder.iterdir() if json.loads(path.read_text())["N"] == LEAST["N"]]
        cheap.rename(folder.parent / "cheap key")
    try:
        yield
    finally:
        for folder in folders:
            for path in folder.iterdir():
                path.unlink()
            cheap = folder.parent / "cheap key"
            cheap.rename(folder / hashlib.sha256(cheap.read_bytes()).hexdigest())


def moved(seconds: int) -> Callable[[Hospital, str], AbstractContextManager[Hospital]]:
    @contextmanager
    def trouble(hospital: Hospital, act: str) -> Iterator[Hospital]:
        seawall, env = troubles.moved_clock(hospital.inventory.parent / f"clock{seconds} {act}", seconds)
        before = snapshots(hospital.machine)
        yield replace(hospital, seawall=seawall, env=env)
        # A set that is dated wrongly is a warning for as long as it is there; here its host's administrator removes it.
        for path in snapshots(hospital.machine) - before:
            path.unlink()

    return trouble


def snapshots(machine: Machine) -> set[Path]:
    return {path for name in REPOSITORIES for path in (machine.stored / "his1" / name / "snapshots").iterdir()}


def network(**changed: Any) -> Callable[[Hospital, str], AbstractContextManager[Hospital]]:
    """A trouble of both lines; `lead`: who stands at their ends."""

    @contextmanager
    def trouble(hospital: Hospital, _act: str) -> Iterator[Hospital]:
        rest, ssh = changed.get("lead", ("own", "ssh"))
        lines = {hospital.repositories: hospital.ports[rest], hospital.way: hospital.ports[ssh]}
        before = {line: line.target for line in lines}
        for line, port in lines.items():
            line.target = port
            line.dead, line.rate = changed.get("dead", False), changed.get("rate", 0)
            line.lasts, line.breaks = changed.get("lasts", 0), changed.get("breaks", 0)
        try:
            yield hospital
        finally:
            for line, port in before.items():
                line.target, line.dead, line.rate, line.lasts, line.breaks = port, False, 0, 0, 0

    return trouble


# Enough for the command itself but not for a program that it needs; of `collect`, not even for that.
MEMORY = {"backup": 40 << 20, "copy": 40 << 20, "drill": 40 << 20, "collect": 16 << 20}
PLAYED: dict[str, Callable[[Hospital, str], AbstractContextManager[Hospital]]] = {
    "a full disk": full,
    "a disk that can only be read": read_only,
    "no free inodes": no_inodes,
    "no memory": no_memory,
    "a network that drops everything": network(dead=True),
    "a network that breaks off and comes back": network(lasts=3000, breaks=2),
    "a network of 10 kB/s": network(rate=troubles.SLOW),
    "somebody else's certificate": network(lead=("stranger", "other")),
    "a name that leads to another machine": network(lead=("neighbour", "other")),
    # Last: the ledger, too, says for ever when the clock went back.
    "a clock a day ahead": moved(troubles.SECONDS_A_DAY),
    "a clock a day behind": moved(-troubles.SECONDS_A_DAY),
}
CELLS = [(trouble, act) for trouble, acts in TROUBLES.items() for act in acts]


def test_everything_that_is_listed_is_played() -> None:
    assert [*TROUBLES] == [*PLAYED]
    assert {tuple(acts) for acts in TROUBLES.values()} == {("backup", "copy", "drill", "collect")}


@pytest.mark.parametrize(("trouble", "act"), CELLS, ids=[f"{act}, {trouble}" for trouble, act in CELLS])
def test_what_is_taken_away_is_said(hospital: Hospital, trouble: str, act: str) -> None:
    wanted, words = TROUBLES[trouble][act]
    machine, before = hospital.machine, hospital.good()
    usual, recorded = left(machine), len(records(machine))
    with PLAYED[trouble](hospital, act) as hurt:
        verdict, said = hurt.run(act)
    print(trouble, "|", act, "|", verdict, "|", said)
    assert verdict == wanted
    assert words in said
    assert "Traceback" not in said
    if verdict not in {"pass", "warn"} and "clock differs" not in said:
        assert hospital.good() == before
        assert "pass" not in [record["result"] for record in records(machine)[recorded:]]
    after, said = hospital.run(act)
    assert after == "pass" or ("clock went back" in said and act == "collect"), said
    assert left(machine) - usual == set()
    assert act in {"drill", "collect"} or locks(machine) == []
