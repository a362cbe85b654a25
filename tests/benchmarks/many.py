"""A thousand machines: what `seawall status` and `seawall report` take where machines hand their status over.

The machines are simulated: two SSH servers on this computer are the backup hosts, whose command `seawall` says what a
thousand machines handed over, each with an asset, a signature of its own and nothing wrong. All else is as it is.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ops.core import clock
from ops.core.names import Digest, HostName, Name
from ops.core.verdict import Verdict
from ops.fleet.inventory import Inventory
from ops.interfaces.card import Signed, written
from ops.interfaces.outcome import BackupFacts
from ops.interfaces.pushed import NAMESPACE, HandedOver, line
from ops.interfaces.state import ActState, CheckResult, GapsState
from ops.interfaces.status_answer import AssetAnswer, LedgerEnd, StatusAnswer
from ops.policy import HostPolicy
from ops.policy.compile import document, document_digest
from tests.control import sshd

MACHINES = 1000
KEEPERS = ("backup1", "offsite1")
SITE = {
    "version": 1,
    "site": {"name": "Large hospital", "timezone": "America/Sao_Paulo"},
    "contacts": {"it": {"name": "Head of IT", "phone": "100"}},
    "repositories": {
        "primary": {"kind": "rest_server", "place": "primary", "host": "backup1"},
        "offsite": {"kind": "rest_server", "place": "offsite", "host": "offsite1"},
    },
    "push": {"every": "1h", "read": True},
    "checks": {"root": {"kind": "disk"}, "memory": {"kind": "memory"}, "units": {"kind": "units"}},
}
ASSET = {
    "owner": "it",
    "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/data"]}}},
    "repository": "primary",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "4h",
    "retention": {"all": "14d"},
    "copies": {"offsite": {"to": "offsite", "calendar": "06:00"}},
}
PROGRAMS = Path(sys.executable).parent
CHECKOUT = Path(__file__).parents[2]


def measure() -> Iterator[str]:
    """Yield what was measured."""
    with tempfile.TemporaryDirectory(prefix="many-", dir="/tmp") as name, fleet(Path(name), MACHINES) as folder:
        ways = {
            "seawall status (aim: 5 s, 200 MB)": ["status", "--json"],
            "seawall report (aim: 10 s)": ["report"],
        }
        for words in ways.values():
            taken(folder, words)  # the first one reads the inventory anew, and notes what it sees
        for what, words in ways.items():
            used = taken(folder, words)
            yield f"{MACHINES} machines, {what}: {used.seconds:.1f} s, {used.megabytes:.0f} MB"


@dataclass(frozen=True)
class Used:
    """What a command took, and what it said."""

    seconds: float
    megabytes: float
    said: str


def taken(folder: Path, words: list[str]) -> Used:
    """Run a command for the fleet in a folder, whatever its verdict is."""
    env = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    argv: list[str | Path] = [PROGRAMS / "seawall", *words, "-i", folder / "inventory"]
    started = time.perf_counter()
    with subprocess.Popen(argv, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        said, errors = program.communicate()
    seconds = time.perf_counter() - started
    if program.returncode not in range(4) or b"m0000" not in said + errors + page(folder):
        raise RuntimeError(f"{words} ended with {program.returncode}: {errors.decode()[-2000:]}{said.decode()[:2000]}")
    return Used(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, said.decode())


def page(folder: Path) -> bytes:
    """Return the page of the report, once there is one."""
    path = folder / "report.html"
    return path.read_bytes() if path.exists() else b""


@contextmanager
def fleet(folder: Path, count: int) -> Iterator[Path]:
    """Have the backup hosts of so many machines run, with an inventory of all of them."""
    hosts = [f"m{number:04}" for number in range(count)]
    variables: dict[str, dict[str, Any]] = {host: {"policy__all": SITE} for host in (*KEEPERS, *hosts)}
    for host in hosts:
        variables[host] |= own(host)
    groups = {"all": tuple(variables), "servers": tuple(hosts), "backup_hosts": KEEPERS}
    policies = Inventory(folder, variables, groups).policies()
    inventory = folder / "inventory"
    said = {"group_vars/all": {"policy__all": SITE}, **{f"host_vars/{host}": own(host) for host in hosts}}
    for path, policy in said.items():
        (inventory / path).mkdir(parents=True)
        (inventory / path / "policy.yml").write_text(yaml.safe_dump(policy))
    (inventory / ".allowed_signers").write_text("".join(lines_of(policies, hosts, folder)))
    public = sshd.keygen(folder / "key")
    with ExitStack() as stack:
        servers = {keeper: stack.enter_context(sshd.serve(folder / keeper, public)) for keeper in KEEPERS}
        for keeper, server in servers.items():
            (folder / keeper / "own").write_text(json.dumps(answer(keeper, policies[keeper]).written()) + "\n")
            told = f"case $* in *--clients*) cat {folder}/handed ;; *) cat {folder}/{keeper}/own ;; esac"
            server.program("seawall", told)
        (folder / "known").write_text("".join(server.known for server in servers.values()))
        (inventory / "hosts.yml").write_text(yaml.safe_dump(listed(folder, hosts, servers)))
        yield folder


def own(host: str) -> dict[str, Any]:
    """Return what the inventory says of a machine alone."""
    return {"policy__host": {"assets": {f"a{host}": ASSET}}}


def listed(folder: Path, hosts: list[str], servers: Mapping[str, sshd.Server]) -> dict[str, Any]:
    """Return the inventory's list of all hosts, and how the backup hosts are reached."""
    ways = {name: {"ansible_host": "127.0.0.1", "ansible_port": server.port} for name, server in servers.items()}
    common = {
        "ansible_user": sshd.USER,
        "ansible_ssh_private_key_file": str(folder / "key"),
        "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={folder}/known -o IdentitiesOnly=yes",
    }
    children = {"servers": {"hosts": {host: {} for host in hosts}}, "backup_hosts": {"hosts": ways}}
    return {"all": {"vars": common, "children": children}}


def lines_of(policies: Mapping[str, HostPolicy], hosts: list[str], folder: Path) -> Iterator[str]:
    """Write what the machines handed over, each signed by a key of its own; yield their lines in a list of signers."""
    with (folder / "handed").open("w") as handed:
        for host in hosts:
            key = Ed25519PrivateKey.generate()
            blob = packed(b"ssh-ed25519") + packed(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
            public = f"ssh-ed25519 {base64.b64encode(blob).decode()}"
            told = answer(host, policies[host], public)
            text = json.dumps(told.written(), sort_keys=True)
            content = written(Signed(text, signature(text, key, blob))).decode()
            one = HandedOver(host=HostName(host), arrived=told.time, content=content)
            handed.write(f"{line(one)}\n")
            yield f'{host} namespaces="seawall-ledger" {public}\n'


def answer(host: str, policy: HostPolicy, key: str = "") -> StatusAnswer:
    """Return what a machine says with which all is well."""
    now = clock.iso(clock.now())
    checks = tuple(
        CheckResult(
            name=name,
            kind=spec.kind,
            verdict=Verdict.PASS,
            message="well",
            asset=about(spec.options, "asset"),
            copy=about(spec.options, "copy"),
        )
        for name, spec in policy.checks.items()
    )
    good = ActState(
        kind=Name("backup"),
        verdict=Verdict.PASS,
        finished=now,
        last_good=BackupFacts(time=now, set="5a87d23c", repository="primary", bytes=1 << 30),
    )
    assets = {
        name: AssetAnswer(owner="Head of IT", summary="", rpo_seconds=93_600, rto_seconds=14_400, backup=good)
        for name in policy.assets
    }
    return StatusAnswer(
        host=host,
        time=now,
        seawall="0.1.0",
        policy_digest=document_digest(document(policy)),
        verdict=Verdict.PASS,
        checks=checks,
        assets=assets,
        health_time=now,
        gaps=GapsState(verdict=Verdict.PASS, finished=now, gaps=(), excused=(), covered=()),
        ledger=LedgerEnd(lines=1000, head=Digest("a" * 64), key=key) if key else None,
    )


def about(options: Any, what: str) -> str:
    """Return the asset or the copy that a check is about, empty where it is about none."""
    return str(options.get(what, "")) if isinstance(options, Mapping) else ""


def signature(text: str, key: Ed25519PrivateKey, blob: bytes) -> str:
    """Return a signature as ssh-keygen makes it, without starting it a thousand times."""
    fields = (NAMESPACE.encode(), b"", b"sha512")
    signed = b"SSHSIG" + b"".join(map(packed, (*fields, sha512(text.encode()).digest())))
    value = packed(b"ssh-ed25519") + packed(key.sign(signed))
    data = b"SSHSIG" + struct.pack(">I", 1) + b"".join(map(packed, (blob, *fields, value)))
    armoured = base64.b64encode(data).decode()
    lines = [armoured[at : at + 70] for at in range(0, len(armoured), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def packed(field: bytes) -> bytes:
    """Return a field as SSH has it."""
    return struct.pack(">I", len(field)) + field
