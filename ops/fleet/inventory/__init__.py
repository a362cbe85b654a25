"""The Ansible inventory as the fleet's commands need it: hosts, groups, how to reach them, policy.

`ansible-inventory` is the only reader of inventory files; it takes a second, so what it says is kept under
`.cache/` until a file of the inventory changes. Kept are connection variables, groups, policy and the names of
UPS devices only.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core.errors import CommandError, Damaged, PolicyError, SeawallError, UsageError
from ops.core.files import read_json, write_json
from ops.core.numbers import whole
from ops.core.run import run
from ops.fleet.inventory.ansible_words import failed, warnings
from ops.fleet.inventory.files import find, unreadable
from ops.fleet.pack_numbers import offers
from ops.policy.hostvars import PREFIX, compile_inventory
from ops.policy.model import HostPolicy
from ops.policy.surroundings import UPS_DEVICES, device_names

VERSION = 4
TIMEOUT = 60.0
CACHE = Path(".cache", "inventory")
NAMED = "SEAWALL_INVENTORY"
VAULT = "ANSIBLE_VAULT_PASSWORD_FILE"
# Beside an inventory, but no part of it: see ops.fleet.ledgers, status.history and control_machine.identity.
HEADS, SIGNERS, LEDGERS, OWN, HISTORY = ".heads.json", ".allowed_signers", ".ledgers", ".control", ".status.json"
HOST_CHECKS = ".host_checks.json"  # see ops.fleet.conformity.host_results
KEY_IDS = ".key_ids.json"  # see ops.fleet.key_sheet.ids
TOLD = ".told.json"  # see ops.fleet.status.last_told
REPORTS = ".reports.json"  # see ops.fleet.periods.noted
KEY_SHEET, HOLDERS = ".key_sheet.json", ".holders"  # see ops.fleet.key_sheet.given and sealing

# How a host is reached. Passwords are left out: what is kept holds no secrets.
CONNECTION = (
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_connection",
    "ansible_become",
    "ansible_ssh_private_key_file",
    "ansible_private_key_file",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
)


@dataclass(frozen=True)
class Inventory:
    """What an inventory says.

    variables: of each host, those that connect to it and its policy. groups: of each group, its hosts.
    warnings: what Ansible warned of while it read the files.
    """

    path: Path
    variables: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...] = ()

    def policies(self) -> dict[str, HostPolicy]:
        """Return every host's policy; raise PolicyError."""
        return compile_inventory(self.variables, self.groups, offers(self.variables, self.path))

    def connection(self, host: str) -> dict[str, Any]:
        """Return the variables that say how a host is reached."""
        return {name: self.variables[host][name] for name in CONNECTION if name in self.variables[host]}


def read(path: Path | None) -> Inventory:
    """Return what an inventory says, the default one without a path; raise UsageError when there is none."""
    path = path or default()
    if not path.exists():
        raise UsageError(f"there is no inventory {path}", f"name another one with -i or {NAMED}")
    if stuck := unreadable(path):
        raise PolicyError(stuck)
    kept = CACHE / f"{hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]}.json"
    key = _key(path)
    plain = _kept(kept, key) if key else None
    if plain is None:
        answer, said = _ask(path)
        plain = {**_condensed(answer), "warnings": said}
        if key:
            _keep(kept, {"version": VERSION, "key": key, **plain})
    groups = {name: tuple(hosts) for name, hosts in plain["groups"].items()}
    return Inventory(path, plain["variables"], groups, tuple(plain["warnings"]))


def default() -> Path:
    """Return the inventory of a command that names none; raise UsageError when nobody else names one either.

    SEAWALL_INVENTORY comes first. Then what Ansible itself would take here, so that a playbook and a command side by
    side speak of the same machines: ANSIBLE_INVENTORY, then ansible.cfg in the current directory.
    """
    settings = configparser.ConfigParser(interpolation=None)
    settings.read("ansible.cfg", encoding="utf-8")
    configured = settings.get("defaults", "inventory", fallback="")
    named = os.environ.get(NAMED) or os.environ.get("ANSIBLE_INVENTORY") or configured
    if not named:
        raise UsageError("no inventory is named", f"use -i inventories/SITE, or export {NAMED}=inventories/SITE")
    return Path(named)


def _ask(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return what ansible-inventory says of an inventory, and of what it warns."""
    beside = Path(sys.executable).with_name("ansible-inventory")  # of the same virtual environment
    program = beside if beside.exists() else "ansible-inventory"
    settings = {name: value for name, value in os.environ.items() if name.startswith("ANSIBLE_")}
    if not Path(settings.get(VAULT, "")).expanduser().exists():
        settings.pop(VAULT, None)  # not made yet, and Ansible would read nothing; where something is sealed it says so
    # By default Ansible adds the group_vars of the current directory, which may be another inventory's.
    folder = path if path.is_dir() else path.parent
    try:
        answer = run([program, "--list", "-i", path, "--playbook-dir", folder], timeout=TIMEOUT, env=settings)
        return dict(json.loads(answer.stdout, parse_int=whole)), warnings(answer.stderr)
    except CommandError as error:
        why = failed(error.stderr) if error.exit_code >= 0 else error.message
        raise UsageError(f"Ansible cannot read the inventory {path}: {why}", error.hint) from error
    except ValueError as error:
        raise Damaged(f"ansible-inventory did not answer in JSON for {path}: {error}") from error


def _condensed(answer: dict[str, Any]) -> dict[str, Any]:
    """Of all that Ansible says, keep connection, groups, policy and the names of UPS devices."""
    variables = answer.pop("_meta", {}).get("hostvars", {})
    hosts = {host for group in answer for host in _hosts(group, answer)}
    # A group without hosts is named by the group above it only.
    groups = {*answer, *(child for said in answer.values() for child in said.get("children", []))}
    return {
        "variables": {host: _wanted(variables.get(host, {})) for host in sorted(hosts)},
        "groups": {group: sorted(_hosts(group, answer)) for group in sorted(groups)},
    }


def _wanted(variables: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in variables.items() if name in CONNECTION or name.startswith(PREFIX)}
    return kept | ({UPS_DEVICES: device_names(variables)} if UPS_DEVICES in variables else {})


def _hosts(group: str, answer: Mapping[str, Any]) -> set[str]:
    """Return the hosts of a group and of all groups below it."""
    said = answer.get(group, {})
    below = (_hosts(child, answer) for child in said.get("children", []))
    return set(said.get("hosts", [])).union(*below)


def _key(path: Path) -> str | None:
    """Return what changes whenever the inventory does; None when it may change without its files changing."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("ANSIBLE_")}
    total = hashlib.sha256(json.dumps([VERSION, sys.executable, settings], sort_keys=True).encode())
    behind_links = {file for file, _ in find(path).read}
    for file in (Path("ansible.cfg"), *sorted({*_files(path), *behind_links})):
        try:
            facts = file.stat()
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(facts.st_mode) or _asks_others(file, facts.st_mode, path):
            return None
        total.update(f"{file}\0{facts.st_mtime_ns}\0{facts.st_size}\n".encode())
    return total.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    """All files below an inventory; beside an inventory file lie its group_vars and host_vars."""
    if path.is_dir():
        ours = {HEADS, SIGNERS, LEDGERS, OWN, HISTORY, KEY_IDS, TOLD, REPORTS}
        files = (file for file in path.rglob("*") if not ours & set(file.relative_to(path).parts))
        yield from sorted(file for file in files if not file.is_dir())
        return
    yield path
    for folder in ("group_vars", "host_vars"):
        yield from sorted(file for file in (path.parent / folder).rglob("*") if not file.is_dir())


def _asks_others(file: Path, mode: int, inventory: Path) -> bool:
    """Whether a file is a program, or the settings of an inventory plugin that asks elsewhere."""
    if file.name == "ansible.cfg":
        return False
    if mode & 0o111:
        return True
    on_top = inventory in {file, file.parent}
    return on_top and any(line.startswith("plugin:") for line in file.read_text("utf-8", "replace").splitlines())


def _kept(path: Path, key: str) -> dict[str, Any] | None:
    try:
        plain = dict(read_json(path))
    except (OSError, SeawallError, TypeError, ValueError):
        return None  # none, or not whole: it is only a shortcut
    return plain if plain.get("key") == key else None


def _keep(path: Path, plain: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(path, plain)
    except OSError:
        pass  # a checkout that cannot be written to costs a second each time
