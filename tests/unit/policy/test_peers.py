"""Backup hosts watch each other by default: who takes backups of others is asked whether it still does."""

from __future__ import annotations

from typing import Any

import pytest

from ops.core.errors import PolicyError
from ops.core.schema import decode
from ops.jobs.host.own_policy import validated
from ops.policy.compile import compile_site, document, read_document
from ops.policy.filtering import Around, openings
from ops.policy.hardening.firewall import Firewall
from ops.policy.layers import HostLayers
from ops.policy.model import HostPolicy

HOSTS = ("his1", "backup1", "off-site1", "spare1")
FIREWALL = decode(Firewall, {"zones": {"management": ["192.0.2.1"]}}, "firewall")
AROUND = Around({name: f"192.0.2.{10 + number}" for number, name in enumerate(HOSTS)})


def site(port: int = 8000, **host: Any) -> dict[str, HostPolicy]:
    """Return a site whose server writes to two backup hosts, and to a third one not yet. host: what `backup1` says."""
    asset = {
        "owner": "it",
        "schedule": "*-*-* 01:30:00",
        "rpo": "26h",
        "rto": "1h",
        "retention": {"all": "14d"},
        "repository": "primary",
        "copies": {"away": {"to": "away", "calendar": "*-*-* 06:00:00"}},
        "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/x"]}}},
    }
    kept = lambda place, host, **options: {"kind": "rest_server", "place": place, "host": host, **options}  # noqa: E731
    shared = {
        "version": 1,
        "site": {"name": "Test"},
        "contacts": {"it": {"name": "IT"}},
        "repositories": {
            "primary": kept("primary", "backup1"),
            "away": kept("offsite", "off-site1", options={"port": port}),
            "later": kept("offsite", "spare1"),
        },
    }
    own = {"his1": {"assets": {"his": asset}}, "backup1": host}
    return compile_site({name: HostLayers(all=shared, host=own.get(name, {})) for name in HOSTS})


def watched(policy: HostPolicy) -> dict[str, dict[str, Any]]:
    return {name: spec.options for name, spec in policy.checks.items() if spec.kind == "interface"}


def test_each_asks_the_other_one_at_its_own_port_and_nobody_else_does() -> None:
    found = site(port=8443)
    assert watched(found["backup1"]) == {"backup_host-off-site1": {"host": "off-site1", "port": 8443}}
    assert watched(found["off-site1"]) == {"backup_host-backup1": {"host": "backup1", "port": 8000}}
    assert (watched(found["his1"]), watched(found["spare1"])) == ({}, {})
    assert found["his1"].peers == ()


def test_one_that_does_not_want_to_is_watched_all_the_same() -> None:
    found = site(watch_backup_hosts=False)
    assert watched(found["backup1"]) == {}
    assert watched(found["off-site1"]) == {"backup_host-backup1": {"host": "backup1", "port": 8000}}
    assert found["backup1"].peers == ("off-site1",)


def test_the_machine_takes_what_was_made_and_no_check_that_only_is_called_so(tmp_path: Any) -> None:
    import json

    made = document(site()["backup1"])
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(made))
    assert validated(path).checks["backup_host-off-site1"].options.host == "off-site1"
    path.write_text(json.dumps(made | {"peers": []}))
    with pytest.raises(PolicyError, match="backup_host-off-site1"):
        validated(path)


def test_a_firewall_lets_the_other_one_look() -> None:
    policy = read_document(document(site()["backup1"]))
    (writers,) = [one for one in openings(policy, FIREWALL, AROUND) if one.name == "repositories"]
    assert [str(one) for one in writers.sources] == ["192.0.2.10/32", "192.0.2.12/32"]


def test_a_check_of_the_site_may_watch_it_too() -> None:
    own = {"offsite": {"kind": "interface", "options": {"host": "192.0.2.12", "port": 22}}}
    assert {*watched(site(checks=own)["backup1"])} == {"offsite", "backup_host-off-site1"}
