"""What a backup host knows of the assets that it keeps, and whose cards it believes."""

from __future__ import annotations

import base64
from typing import Any

from ops.policy import HostLayers, compile_site, doors
from ops.policy.compile import document, read_document

ALL = {
    "version": 1,
    "site": {"name": "Test hospital"},
    "contacts": {"it": {"name": "Head of IT"}},
    "repositories": {
        "primary": {"kind": "rest_server", "place": "primary", "host": "backup1"},
        "offsite": {"kind": "rest_server", "place": "offsite", "host": "offsite1"},
    },
}
ASSET: dict[str, Any] = {
    "owner": "it",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "14d", "monthly": "1y"},
    "repository": "primary",
    "copies": {"away": {"to": "offsite", "calendar": "weekly", "grace": "1d"}},
    "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/x"]}}},
    "drill": {"host": "drill1", "kind": "files", "every": "31d"},
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43


def policies() -> dict[str, Any]:
    layers = {name: HostLayers(ALL) for name in ("backup1", "offsite1", "drill1")}
    return dict(compile_site({**layers, "his1": HostLayers(ALL, host={"assets": {"his": ASSET}})}))


def test_a_backup_host_knows_the_rules_and_what_to_expect_of_backups_and_copies() -> None:
    made = policies()
    primary, offsite = (made[name].kept["his1"]["his"] for name in ("backup1", "offsite1"))
    assert str(primary.retention.monthly) == str(offsite.retention.monthly) == "365d"
    assert (str(primary.newest), primary.a_day, str(primary.drill)) == ("4d", 1, "33d")
    assert {to: str(most) for to, most in primary.copies.items()} == {"offsite": "9d"}
    assert (str(offsite.newest), offsite.a_day, offsite.copies) == ("12d", 1, {})
    assert made["his1"].kept == made["drill1"].kept == {}


def test_it_comes_through_the_file_on_the_machine() -> None:
    made = policies()["backup1"]
    assert read_document(document(made)).kept == made.kept
    assert made.checks["retention"].kind == "retention"
    assert "retention" not in policies()["his1"].checks


def test_clients_and_their_drill_hosts_sign() -> None:
    made = policies()
    assert doors.signers(made["backup1"]) == doors.signers(made["offsite1"]) == ["drill1", "his1"]


def read(name: str, content: str) -> dict[str, str]:
    return {"backup_host_signer": name, "content": base64.b64encode(content.encode()).decode()}


def test_one_key_is_taken_of_what_a_machine_tells() -> None:
    """Else a server could name itself a drill host."""
    hostile = f'{KEY} x\ndrill1 namespaces="seawall-card" {KEY.replace("AAAAI", "AAAAJ")}\n'
    told = doors.card_signers([read("his1", hostile)], "")
    assert told == f'his1 namespaces="seawall-card" {KEY}\n'
    assert doors.card_signers([read("his1", f"cert-authority {KEY}")], "") == ""


def test_the_key_of_a_machine_that_is_not_reached_stays_and_that_of_one_that_is_gone_goes() -> None:
    noted = f'drill1 namespaces="seawall-card" {KEY}\nold1 namespaces="seawall-card" {KEY}\n'
    told = doors.card_signers([{"backup_host_signer": "drill1", "unreachable": "yes"}, read("his1", KEY)], noted)
    assert [line.split()[0] for line in told.splitlines()] == ["drill1", "his1"]
