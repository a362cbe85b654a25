"""A thousand clauses on fifty machines, by real signed ledgers: gathering what is known of them, and judging."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.schema import Plain
from ops.evidence.ledger import HEAD, NAME, NOTHING, SIGNATURE, Head, digest
from ops.evidence.ssh_signature import NAMESPACE
from ops.fleet.conformity import load
from ops.fleet.conformity.gather import gather
from ops.fleet.conformity.judge import UsedPack, judge
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers import collect, signers
from ops.interfaces.conformity import Conformity
from ops.policy.packs import PackUse
from tests.benchmarks.timing import table

MACHINES, DAYS, CLAUSES = 50, 31, 1_000
AIM = 2.0
SECOND: dict[str, Plain] = {"kind": "local", "place": "local", "options": {"path": "/srv/backup"}}
ASSET: dict[str, Plain] = {
    "owner": "it",
    "sources": {"documents": {"kind": "files", "options": {"paths": ["/srv/documents"]}}},
    "repository": "second",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "14d"},
}
SITE: dict[str, Plain] = {
    "version": 1,
    "site": {"name": "Test hospital"},
    "contacts": {"it": {"name": "Head of IT", "phone": "1"}},
    "repositories": {"second": SECOND},
    "checks": {"root_disk": {"kind": "disk", "options": {"path": "/"}}},
}


def measure() -> Iterator[str]:
    """Yield the table."""
    with tempfile.TemporaryDirectory(prefix="conformity-") as name:
        inventory = site(Path(name))
        inventory.policies()  # kinds are loaded
        used, busy, begun = packs(), _busy(), time.perf_counter()
        facts = gather(inventory, None, None)
        gathered = time.perf_counter()
        report = judge(used, facts)
        ended, busy = time.perf_counter(), _busy() - busy
    clauses = sum(len(pack.clauses) for pack in report.packs)
    taken = {"gathering": gathered - begun, "judging": ended - gathered, "together": ended - begun}
    yield table(f"{clauses} clauses on {MACHINES} machines", taken, "together", f"{AIM} s together")
    yield f"  of that {busy:.2f} s of a processor, which a busy machine has less often; {_standings(report)}"


def _busy() -> float:
    """Return the seconds of a processor that this and its children had."""
    return sum(os.times()[:4])


def _standings(report: Conformity) -> str:
    counts: dict[str, int] = {}
    for pack in report.packs:
        for clause in pack.clauses:
            counts[clause.standing.value] = counts.get(clause.standing.value, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def packs() -> list[UsedPack]:
    """Return the shipped packs, again and again, until there are so many clauses."""
    found: list[UsedPack] = []
    while sum(len(one.pack.clauses) for one in found) < CLAUSES:
        for name in load.shipped():
            pack = load.read(load.SHIPPED / f"{name}.yml", [])
            assert pack is not None
            found.append(UsedPack(f"{name}-{len(found)}", pack, PackUse()))
    return found


def site(root: Path) -> Inventory:
    """Return an inventory whose machines' ledgers were collected, with records of each day."""
    key = root / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text()
    hosts = [f"m{number}" for number in range(MACHINES)]
    signers.place(root).write_text("".join(f'{host} namespaces="{NAMESPACE}" {public}' for host in hosts))
    for host in hosts:
        _ledger(collect.place(root) / host, host, key)
    variables: dict[str, Any] = {
        host: {"policy__all": SITE, "policy__host": {"assets": {f"files_{host}": ASSET}}} for host in hosts
    }
    return Inventory(root, variables, {"all": tuple(hosts), "servers": tuple(hosts)})


def _ledger(folder: Path, host: str, key: Path) -> None:
    """Write a ledger at once, as acts would one by one, and sign its head."""
    folder.mkdir(parents=True)
    number, previous, content = 0, NOTHING, b""
    start = clock.now() - timedelta(days=DAYS)
    for day in range(DAYS):
        moment = (start + timedelta(days=day)).replace(hour=1, minute=31, second=0, microsecond=0)
        for body in _bodies(host):
            number += 1
            whole = {"version": 1, "n": number, "when": clock.iso(moment), **body, "key": "", "previous": previous}
            line = json.dumps(whole, separators=(",", ":")).encode() + b"\n"
            previous, content = digest(line), content + line
    (folder / NAME).write_bytes(content)
    (folder / HEAD).write_text(str(Head(number, previous)))
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, folder / HEAD], check=True)
    assert (folder / SIGNATURE).exists()


def _bodies(host: str) -> Iterator[dict[str, Plain]]:
    usual: dict[str, Plain] = {"host": host, "actor": "unit", "result": "pass", "message": "done"}
    yield {**usual, "act": "backup", "subject": f"files_{host}", "facts": {"repository": "second"}}
    passed = ["root_disk", "gaps", f"backup_age-files_{host}", "units", "memory"]
    yield {**usual, "act": "check", "subject": "health", "facts": {"passed": passed, "loud": {}}}
