"""Looking at machines: one round trip for each, all at once, through the same inventory that set them up."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shlex
import sys
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import acts_wanted
import hardening_wanted
import stores_wanted
import testinfra
import wanted
import yaml
from testinfra.utils.ansible_runner import AnsibleRunner

from ops.policy import HostPolicy, pack_files, read_document
from ops.policy.compile import document, document_digest
from ops.policy.hostvars import compile_inventory

HERE = Path(__file__).parent
START = (
    "import base64, json, sys, zlib;"
    "JOB = json.loads(zlib.decompress(base64.b64decode(sys.argv[1])));"
    "exec(compile(JOB['driver'], 'look.py', 'exec'))"
)
AUTHORITY = "seawall_authority_certificate"
ACCOUNTS = ("seawall", "seawall-reader", "restic-rest-server")


@dataclass(frozen=True)
class Site:
    """An inventory: how its machines are reached, and what the policy wants of each.

    booted: an asset whose machine is looked at as its drill host keeps it booted; then no other machine is.
    ways: how `seawall verify` reaches each machine; without it testinfra reads that from the inventory by itself.
    """

    runner: AnsibleRunner
    policies: Mapping[str, HostPolicy]
    digests: Mapping[str, str]
    authority: str
    booted: str | None = None
    ways: Mapping[str, Mapping[str, Any]] | None = None

    @classmethod
    def read(cls, inventory: str, booted: str | None = None, ways: str | None = None) -> Site:
        """Read an inventory through ansible-inventory; raise PolicyError when its policy is wrong."""
        beside = str(Path(sys.executable).parent)  # Ansible of the same virtual environment
        os.environ["PATH"] = f"{beside}{os.pathsep}{os.environ['PATH']}"
        runner = AnsibleRunner(inventory)
        hosts = runner.get_hosts()
        variables = {host: runner.inventory["_meta"]["hostvars"].get(host, {}) for host in hosts}
        groups = {name: runner.get_hosts(name) for name in runner.inventory if name != "_meta"}
        base = Path(inventory) if Path(inventory).is_dir() else Path(inventory).parent
        offered = pack_files.offers(variables, base, yaml.safe_load)
        compiled = compile_inventory(variables, {**groups, "all": hosts}, offered)
        documents = {host: document(policy) for host, policy in compiled.items()}
        return cls(
            runner=runner,
            booted=booted,
            ways=json.loads(Path(ways).read_text(encoding="utf-8")) if ways else None,
            policies={host: read_document(plain) for host, plain in documents.items()},
            digests={host: document_digest(plain) for host, plain in documents.items()},
            authority=next((str(said[AUTHORITY]) for said in variables.values() if AUTHORITY in said), ""),
        )

    @property
    def reached(self) -> hardening_wanted.Reached:
        """Where the machines are reached, and which groups they are in, as the inventory has it."""
        known = {host: self.runner.inventory["_meta"]["hostvars"].get(host, {}) for host in self.policies}
        groups = {name: self.runner.get_hosts(name) for name in self.runner.inventory if name != "_meta"}
        return hardening_wanted.Reached(
            {host: str(said.get("ansible_host", "")) for host, said in known.items()},
            {host: int(said.get("ansible_port", 22)) for host, said in known.items()},
            groups,
        )

    @property
    def looked_at(self) -> list[str]:
        """The hosts of the inventory; the one alone whose machine is looked at as a drill host keeps it booted."""
        return [host for host, policy in self.policies.items() if not self.booted or self.booted in policy.assets]

    def look(self) -> dict[str, dict[str, Any]]:
        """Look at every machine; return what each look saw, or under `trouble` why it saw nothing."""
        hosts = self.looked_at
        with ThreadPoolExecutor(len(hosts)) as pool:
            return dict(zip(hosts, pool.map(self._look_at, hosts), strict=True))

    def _look_at(self, host: str) -> dict[str, Any]:
        mark = secrets.token_hex(8)  # what a login prints before is not taken for the answer
        payload = base64.b64encode(zlib.compress(json.dumps(self._job(host, mark)).encode())).decode()
        try:
            answer = self._machine(host).run(f"{self._way_in()}python3 -I -c %s %s", START, payload)
        except (RuntimeError, OSError) as error:
            return {"trouble": f"{host} does not answer: {_reason(error)}"}
        if mark not in answer.stdout:
            said = (answer.stderr.strip().splitlines() or ["nothing"])[-1]
            return {"trouble": f"{host} could not be looked at: python3 ended with {answer.rc} and said: {said}"}
        return dict(json.loads(answer.stdout.partition(mark)[2]))

    def _machine(self, host: str) -> Any:
        """Return the machine to ask: the host itself, or the drill host that keeps it booted."""
        drill = self.policies[host].assets[self.booted].drill if self.booted else None
        asked = drill.host if drill else host
        if self.ways is None:
            return self.runner.get_host(asked)
        way = self.ways[asked]
        if "trouble" in way:
            raise RuntimeError(way["trouble"])
        address = f"[{way['address']}]" if ":" in way["address"] else way["address"]
        return testinfra.get_host(f"ssh://{address}", ssh_extra_args=shlex.join(way["options"]), sudo=way["become"])

    def _way_in(self) -> str:
        return f"seawall drill enter {self.booted} -- " if self.booted else ""

    def _job(self, host: str, mark: str) -> dict[str, Any]:
        policies = self.policies
        return {
            "mark": mark,
            "driver": (HERE / "look.py").read_text(encoding="utf-8"),
            "shared": _texts("_*.py"),
            "looks": _texts("[!_]*.py"),
            "wanted": {
                "accounts": ACCOUNTS,
                **_hardening(policies, host),
                "authority": self.authority,
                "units": [act.unit for act in acts_wanted.acts(policies) if act.host == host],
                "doors": [_door(door) for door in wanted.doors(policies) if door.host == host],
                "stores": [_store(store) for store in stores_wanted.stores(policies) if store.host == host],
                "databases": [_database(source) for source in wanted.databases(policies) if source.host == host],
                "mariadb": [_mariadb(source) for source in wanted.mariadbs(policies) if source.host == host],
                "ups": [
                    {"host": ups.options.host, "port": ups.options.port}
                    for ups in wanted.upses(policies)
                    if ups.host == host
                ],
            },
        }


def _texts(pattern: str) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "looks").glob(pattern))}


def _hardening(policies: Mapping[str, HostPolicy], host: str) -> dict[str, Any]:
    """What a look at a hardened machine must know; a part that is left alone is not looked at."""
    parts = ("ssh", "time", "accounts", "firewall", "audit", "usb_storage", "antivirus", "updates", "logs")
    found = {
        part: one.wanted for part in parts for one in hardening_wanted.hardened(policies, part) if one.host == host
    }
    accounts = found.get("accounts")
    return {
        **{part: part in found for part in parts if part != "accounts"},  # the accounts of all are looked at anyway
        "passwords": {"services": [*map(str, accounts.service_accounts)]} if accounts else None,
    }


def _door(door: wanted.Door) -> dict[str, Any]:
    return {"credential": door.credential, "foreign": door.foreign, "other_ports": [door.other_port]}


def _store(store: stores_wanted.Store) -> dict[str, Any]:
    return {"credential": store.name, "authority": store.authority}


def _database(source: wanted.Database) -> dict[str, Any]:
    options = source.options
    return {"database": source.name, "socket": options.socket, "port": options.port, "role": options.user}


def _mariadb(source: wanted.MariaDB) -> dict[str, Any]:
    options = source.options
    return {"database": source.name, "socket": options.socket, "user": options.user}


def _reason(error: Exception) -> str:
    """The last line that ssh said; testinfra raises its whole result."""
    result = error.args[0] if error.args else error
    lines = str(getattr(result, "stderr", result)).strip().splitlines()
    return lines[-1] if lines else "ssh said nothing"
