"""Repositories at stores of somebody else: what the policy refuses, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from ops.core.errors import PolicyError, UsageError
from ops.policy import HostLayers, HostPolicy, compile_site
from ops.policy.compile import document, read_document
from ops.policy.secret_files import client_files, keeper_files, repository_init
from ops.policy.secrets import Secrets
from ops.policy.surroundings import Surroundings
from ops.policy.units import units

LOCKED = {"lock": {"mode": "governance", "days": 30}, "keeper": "backup1"}
ALL: dict[str, Any] = {
    "version": 1,
    "site": {"name": "Test hospital", "timezone": "Europe/Prague"},
    "contacts": {"it": {"name": "Head of IT", "phone": "1"}},
    "repositories": {
        "primary": {"kind": "rest_server", "place": "primary", "host": "backup1"},
        "far": {
            "kind": "s3",
            "place": "offsite",
            "options": {"endpoint": "s3.example.org", "bucket": "hospital", "prefix": "seawall", **LOCKED},
        },
    },
}
ASSET: dict[str, Any] = {
    "owner": "it",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "40d"},
    "repository": "primary",
    "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/his"]}}},
    "copies": {"far": {"to": "far", "calendar": "daily"}},
}
SAID = {
    "seawall_authority_certificate": "certificate",
    "seawall_repository_passwords": {"primary": "one", "far": "two"},
    "seawall_accounts": {"primary": {"password": "three"}},
    "seawall_store_accounts": {
        "far": {"account": "AKIA", "key": "four"},
        "locks-of-far": {"account": "AKIB", "key": "five"},
    },
}
Change = Callable[[dict[str, Any], dict[str, Any]], object]


def site(change: Change | None = None) -> dict[str, HostPolicy]:
    told, asset = deepcopy(ALL), deepcopy(ASSET)
    if change:
        change(told["repositories"]["far"], asset)
    layers = {"backup1": HostLayers(told), "his1": HostLayers(told, host={"assets": {"his": asset}})}
    return compile_site(layers, Surroundings([*layers], {"backup_hosts": ["backup1"], "servers": ["his1"]}))


def typed() -> dict[str, HostPolicy]:
    return {host: read_document(document(policy)) for host, policy in site().items()}


def contents(files: list[Any]) -> dict[str, str]:
    return {file.path.rpartition("/")[2]: str(file.content) for file in files}


def test_a_server_gets_its_account_and_the_keeper_another_one() -> None:
    policies, said = typed(), Secrets(dict.fromkeys(("his1", "backup1"), SAID))
    found = contents(client_files(policies["his1"], said))
    assert found["far.url"] == "s3:https://s3.example.org:443/hospital/seawall/his1\n"
    assert "aws_access_key_id = AKIA\naws_secret_access_key = four\n" in found["far.store"]
    assert "four" not in found["far.url"]
    assert not any(name.startswith("locks-of") for name in found)
    kept = keeper_files(policies["backup1"], said)
    assert contents(kept)["locks-of-far.url"] == "s3:https://s3.example.org:443/hospital/seawall\n"
    assert "aws_access_key_id = AKIB\naws_secret_access_key = five\n" in contents(kept)["locks-of-far.store"]
    assert all((file.mode, file.secret) == ("0600", True) for file in kept)
    assert keeper_files(policies["his1"], said) == []


def test_an_account_that_lacks_is_named() -> None:
    said = Secrets({"his1": {name: value for name, value in SAID.items() if name != "seawall_store_accounts"}})
    with pytest.raises(UsageError, match=r"his1 has no secret seawall_store_accounts\.far\.account") as refused:
        client_files(typed()["his1"], said)
    assert "docs/s3.md" in refused.value.hint


def test_units_get_the_account_and_the_keeper_renews() -> None:
    policies = typed()
    found = {unit.name: unit for host in policies for unit in units(policies[host])}
    assert "far.store" in found["seawall-copy-his-far"].credentials
    assert "far.store" not in found["seawall-backup-his"].credentials
    assert any("far.store" in word for word in repository_init(policies["his1"]))
    renewal = found["seawall-renew-far"]
    assert renewal.credentials == ("locks-of-far.url", "locks-of-far.store", "ledger.key")
    assert renewal.calendar == ("Mon *-*-* 07:00:00 Europe/Prague",)
    assert [unit.name for unit in units(policies["his1"]) if "renew" in unit.name] == []


def test_the_control_machine_knows_the_same_units() -> None:
    assert {host: units(policy) for host, policy in site().items()} == {
        host: units(policy) for host, policy in typed().items()
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda far, _: far.update(host="backup1"), "is kept by no machine; remove the host"),
        (lambda far, _: far.update(place="removable"), "removable can't be the place of kind s3"),
        (lambda far, _: far["options"].pop("keeper"), "lock and keeper belong together"),
        (lambda far, _: far["options"].update(keeper="backup9"), "backup9"),
        (lambda far, _: far["options"].update(keeper="his1"), "his1 renews the locks in far"),
        (lambda far, _: far["options"].update(keeper="his1"), "the group backup_hosts lacks his1"),
        (lambda far, _: far["options"].update(bucket="Hospital"), "can't be a bucket"),
        (lambda far, _: far["options"].update(prefix="../x"), "can't be a prefix"),
        (lambda far, _: far["options"].update(region="x y"), "can't be a region"),
        (lambda far, _: far["options"]["lock"].update(days=1), "expected 2 to 3650"),
        (lambda _, asset: asset.update(repository="far", copies={}), "kind s3, which takes only copies"),
    ],
)
def test_what_cannot_be_is_refused(change: Change, message: str) -> None:
    with pytest.raises(PolicyError) as refused:
        site(change)
    assert message in "\n".join(str(problem) for problem in refused.value.problems)


def test_a_store_without_locks_is_allowed() -> None:
    def unlocked(far: dict[str, Any], _asset: object) -> None:
        del far["options"]["lock"], far["options"]["keeper"]

    assert not [unit for unit in units(site(unlocked)["backup1"]) if "renew" in unit.name]
