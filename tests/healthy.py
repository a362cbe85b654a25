"""An inventory with a healthy policy, written anew for each test that spoils it."""

from pathlib import Path

import pytest
import yaml

from ops.fleet.inventory import Inventory, _wanted

FILES = {
    "hosts.yml": """\
all:
  children:
    servers: {hosts: {his1: {}}}
    backup_hosts: {hosts: {backup1: {}, offsite1: {}}}
    drill_hosts: {hosts: {drill1: {}}}
    postgresql_hosts: {hosts: {his1: {}}}
    ups_hosts: {hosts: {his1: {}}}
""",
    "group_vars/all/policy.yml": """\
---
policy__all:
  version: 1
  site: {name: Test hospital, timezone: America/Sao_Paulo}
  contacts:
    it_head: {name: Head of IT, phone: "+55 11 5555 0100", deputy: dba}
    dba: {mail: dba@hospital.example, name: Database administrator}
  repositories:
    primary: {kind: rest_server, place: primary, host: backup1}
    offsite: {kind: rest_server, place: offsite, host: offsite1}
  checks:
    root_disk: {kind: disk, options: {path: /, warn_below: 15%, fail_below: 5%}}
""",
    "group_vars/postgresql_hosts/policy.yml": """\
---
policy__postgresql_hosts:
  checks:
    memory: {kind: memory}
""",
    "host_vars/his1/policy.yml": """\
---
policy__host:
  assets:
    his:
      owner: it_head
      summary: Hospital information system
      sources:
        database: {kind: postgresql, options: {database: his}}
        documents: {kind: files, options: {paths: [/srv/documents]}}
      repository: primary
      schedule: "*-*-* 01:30:00"
      random_delay: 15min
      rpo: 26h
      rto: 1h
      retention: {all: 14d, daily: 60d, monthly: 2y, yearly: 30y}
      copies:
        offsite: {to: offsite, calendar: "day 10, day 20, last day"}
      drill:
        host: drill1
        every: 31d
        expectations:
          some_patients: {sql: "select count(*) from patients", at_least: 1000}
  exceptions:
    scratch: {what: postgresql:5432/scratch, reason: made anew each night, until: 2026-11-30}
""",
}


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    folder = tmp_path / "inventory"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def quick(folder: Path) -> Inventory:
    """Read such an inventory without the second that ansible-inventory takes."""
    tree = yaml.safe_load((folder / "hosts.yml").read_text())["all"]["children"]
    groups = {name: tuple(group["hosts"]) for name, group in tree.items()}
    hosts = sorted({host for members in groups.values() for host in members})
    groups["all"] = tuple(hosts)
    variables: dict[str, dict] = {host: {} for host in hosts}
    for path in sorted(path for path in folder.glob("*_vars/*/*.yml") if path.name in {"policy.yml", "ups.yml"}):
        name = path.parent.name
        for host in groups[name] if path.parent.parent.name == "group_vars" else (name,):
            variables[host] |= yaml.safe_load(path.read_text()) or {}
    return Inventory(folder, {host: _wanted(said) for host, said in variables.items()}, groups)


@pytest.fixture
def quick_inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands read inventories so; one test of each goes through Ansible."""
    monkeypatch.setattr("ops.fleet.inventory.read", quick)
