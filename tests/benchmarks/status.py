"""Asking a fleet of twenty machines one thing: `seawall status` against Ansible and against pyinfra by itself.

The machines are SSH servers on this computer, each with its own key and port, whose command `seawall` says what a
healthy machine says. The first table is of a fleet that nobody has asked for a minute; in the second, connections that
are kept are used again. Both are printed twice: by itself OpenSSH agrees on keys that no quantum computer can find,
which costs most of the time here, where one computer does it for both sides; paramiko, which pyinfra uses, does not.
Then with the same exchange of keys for all three.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import yaml

from ops.core.run import run
from ops.core.schema import Plain
from ops.core.verdict import Verdict
from ops.interfaces.state import CheckResult
from ops.interfaces.status_answer import StatusAnswer
from tests.benchmarks.timing import table
from tests.control import sshd

MACHINES, ROUNDS = 20, 5
OURS, PYINFRA, ANSIBLE = "seawall status", "pyinfra exec", "ansible all -m command"
CURVE = "KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org"  # one exchange under two names
EXCHANGES = {"keys as each agrees on by itself": "", "one exchange of keys": CURVE}
PROGRAMS = Path(sys.executable).parent
CHECKOUT = Path(__file__).parents[2]
POLICY = {"version": 1, "site": {"name": "Test hospital"}}
CHECK = CheckResult(name="disk", kind="disk", verdict=Verdict.PASS, message="/: 50% free")
NOW = "$(date -u +%Y-%m-%dT%H:%M:%SZ)"  # in the shell of the machine


def measure() -> Iterator[str]:
    """Yield the tables."""
    for exchange, settings in EXCHANGES.items():
        yield from compared(exchange, settings)


def compared(exchange: str, settings: str) -> Iterator[str]:
    """Yield the tables of servers with some settings."""
    with tempfile.TemporaryDirectory(prefix="fleet-", dir="/tmp") as name, fleet(Path(name), settings) as folder:
        ways = commands(folder)
        for work in ways.values():
            work()
        first, again = {}, {}
        taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, work in ways.items():
                close(folder)
                taken[way].append((seconds(work), seconds(work)))
        for way, pairs in taken.items():
            first[way], again[way] = (statistics.median(column) for column in zip(*pairs, strict=True))
        close(folder)
    for title, taken_by in (
        ("asked for the first time", first),
        (f"within the minute ({PYINFRA} keeps nothing)", again),
    ):
        yield table(f"one command on {MACHINES} machines, {exchange}, {title}", taken_by, ANSIBLE, "a fifth")
        yield f"  {OURS} against {PYINFRA}: {taken_by[OURS] / taken_by[PYINFRA]:.2f} (aim: 1.2)"


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def commands(folder: Path) -> Mapping[str, Callable[[], object]]:
    """Return the three ways to ask the fleet in a folder, each of which fails when a machine does not answer."""
    env = {"XDG_RUNTIME_DIR": str(folder), "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp")}
    ask = partial(run, timeout=120, env=env, cwd=CHECKOUT)
    inventory, question = folder / "inventory", "seawall status --json"
    command = ["-m", "ansible.builtin.command", "-a", question]
    return {
        ANSIBLE: partial(ask, [PROGRAMS / "ansible", "all", "-i", inventory, *command]),
        PYINFRA: partial(ask, [PROGRAMS / "pyinfra", "-y", folder / "inventory.py", "exec", "--", question]),
        OURS: partial(ask, [PROGRAMS / "seawall", "status", "-i", inventory, "--json"], ok=(1,)),  # no policy there
    }


def answer(host: str) -> dict[str, Plain]:
    """Return what a healthy machine says."""
    told = StatusAnswer(
        host=host,
        time=NOW,
        seawall="1",
        policy_digest="",
        verdict=Verdict.PASS,
        checks=(CHECK,) * 20,
        health_time=NOW,
    )
    return told.written()


@contextmanager
def fleet(folder: Path, settings: str) -> Iterator[Path]:
    """Have the machines run with some settings, with an inventory for Ansible and us, and one for pyinfra."""
    public = sshd.keygen(folder / "key")
    hosts, known = {}, []
    with ExitStack() as stack:
        for number in range(MACHINES):
            server = stack.enter_context(sshd.serve(folder / f"m{number}", public, settings))
            server.program("seawall", f"echo '{json.dumps(answer(f'm{number}'))}'".replace(NOW, f"'{NOW}'"))
            known.append(server.known)
            hosts[f"m{number}"] = {"ansible_host": "127.0.0.1", "ansible_port": server.port}
        (folder / "known").write_text("".join(known))
        common = {
            "ansible_user": sshd.USER,
            "ansible_ssh_private_key_file": str(folder / "key"),
            "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={folder}/known -o IdentitiesOnly=yes",
        }
        (folder / "inventory/group_vars/all").mkdir(parents=True)
        (folder / "inventory/group_vars/all/policy.yml").write_text(yaml.safe_dump({"policy__all": POLICY}))
        (folder / "inventory/hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": common}}))
        reached = {
            "ssh_user": sshd.USER,
            "ssh_key": str(folder / "key"),
            "ssh_known_hosts_file": str(folder / "known"),
            "ssh_config_file": os.devnull,
            "ssh_strict_host_key_checking": "yes",
        }
        each = [(name, {"ssh_hostname": "127.0.0.1", "ssh_port": host["ansible_port"]}) for name, host in hosts.items()]
        (folder / "inventory.py").write_text(f"fleet = ({each!r}, {reached!r})\n")
        yield folder


def close(folder: Path) -> None:
    """Close all connections that are kept."""
    for path in (*folder.glob("cp/*"), *folder.glob("seawall/ssh/*")):
        run(["ssh", "-o", f"ControlPath={path}", "-O", "exit", "--", "any"], timeout=20, ok=range(256))
