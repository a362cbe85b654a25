"""When each act of a policy is due next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.core import clock
from ops.fleet.inventory import Inventory
from ops.fleet.status.due import due
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
assets:
  his:
    owner: it_head
    sources: {documents: {kind: files, options: {paths: [/srv/documents]}}}
    repository: primary
    schedule: "*-*-* 01:30:00"
    rpo: 26h
    rto: 1h
    retention: {all: 14d}
    copies: {away: {to: offsite, calendar: "Sat *-*-* 06:00"}}
    drill: {kind: files, host: drill1, every: 31d, calendar: "Sun 04:00"}
""")
GROUPS = {"servers": ("his1",), "backup_hosts": ("backup1", "offsite1"), "drill_hosts": ("drill1",)}
NOW = clock.parse("2026-11-22T14:05:00Z")


def policies(**changed: Any) -> dict[str, HostPolicy]:
    host = {"assets": {"his": {**HIS["assets"]["his"], **changed}}}
    hosts = ("his1", "backup1", "offsite1", "drill1")
    variables: dict[str, Any] = {name: {"policy__all": SITE} for name in hosts}
    variables["his1"] = {"policy__all": SITE, "policy__host": host}
    return Inventory(Path(), variables, {"all": hosts, **GROUPS}).policies()


@pytest.fixture(scope="module")
def plain() -> dict[str, HostPolicy]:
    return policies()


def test_every_act_in_the_site_s_zone_the_earliest_first(plain: dict[str, HostPolicy]) -> None:
    assert [(one.kind, one.what, one.when, one.who) for one in due(plain, NOW)] == [
        ("backup", "his", "2026-11-23T04:30:00Z", "his1"),
        ("copy", "his to offsite", "2026-11-28T09:00:00Z", "his1"),
        ("drill", "his", "2026-11-29T07:00:00Z", "drill1"),
    ]


def test_an_asset_without_copy_and_drill_has_none_due() -> None:
    found = due(policies(copies={}, drill="none"), NOW)
    assert [one.kind for one in found] == ["backup"]
