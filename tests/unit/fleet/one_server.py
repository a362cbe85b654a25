"""The smallest site that has every sort of act: a server with one asset, its backup hosts, and a drill host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.fleet.inventory import Inventory
from ops.policy import HostPolicy

SITE = yaml.safe_load("""
version: 1
site: {name: Test hospital, timezone: America/Sao_Paulo}
contacts: {it_head: {name: Head of IT, phone: "+351 1", deputy: dba}, dba: {name: DBA, phone: "+351 2"}}
repositories:
  primary: {kind: rest_server, place: primary, host: backup1}
  offsite: {kind: rest_server, place: offsite, host: offsite1}
""")
HIS = yaml.safe_load("""
owner: it_head
sources: {documents: {kind: files, options: {paths: [/srv/documents]}}}
repository: primary
schedule: "*-*-* 01:30:00"
rpo: 26h
rto: 1h
retention: {all: 14d}
drill: {kind: files, host: drill1, every: 31d}
""")
HOSTS = ("his1", "backup1", "offsite1", "drill1")


def policies(further: Mapping[str, Any] | None = None, **asset: Any) -> dict[str, HostPolicy]:
    """Return every host's policy. further: repositories beside the two; asset: what it says beyond what stands here."""
    site = {**SITE, "repositories": {**SITE["repositories"], **(further or {})}}
    keepers = tuple(dict.fromkeys(repository["host"] for repository in site["repositories"].values()))
    hosts = ("his1", *keepers, "drill1")
    variables: dict[str, Any] = {host: {"policy__all": site} for host in hosts}
    variables["his1"]["policy__host"] = {"assets": {"his": {**HIS, **asset}}}
    groups = {"all": hosts, "servers": ("his1",), "backup_hosts": keepers, "drill_hosts": ("drill1",)}
    return Inventory(Path(), variables, groups).policies()
