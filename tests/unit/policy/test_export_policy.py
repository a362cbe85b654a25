"""Exports in the policy: the unit, the check, the secrets that follow, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from systemd_units import complaints, written

from ops.core.errors import PolicyError, UsageError
from ops.policy.compile import compile_site, document, read_document
from ops.policy.layers import HostLayers
from ops.policy.model import HostPolicy
from ops.policy.rules.rendered import judge
from ops.policy.secret_files import client_files
from ops.policy.secrets import Secrets
from ops.policy.units import units

KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n-----END PGP PUBLIC KEY BLOCK-----\n"
RECIPIENT = {"fingerprint": "0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567", "key": KEY}
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
SFTP = {"sftp": {"host": "sftp.registry.example", "user": "hospital", "host_key": HOST_KEY, "folder": "in/coming"}}
EXPORT = {"asset": "his", "query": "select 1 as one", "recipient": RECIPIENT, "to": SFTP, "calendar": "day 5, last day"}
MAIL = {"kind": "mail", "options": {"server": "mail", "sender": "seawall@hospital.example", "user": "seawall"}}
ASSET = {
    "owner": "it",
    "repository": "disk",
    "schedule": "daily",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "9d"},
}


def compiled(export: dict[str, Any], name: str = "registry", **options: Any) -> HostPolicy:
    database = {"kind": "postgresql", "options": options or {"database": "his"}}
    assets = {
        "his": {**ASSET, "sources": {"database": database}},
        "papers": {**ASSET, "sources": {"files": {"kind": "files", "options": {"paths": ["/srv/papers"]}}}},
    }
    policy = {
        "version": 1,
        "site": {"name": "Test", "timezone": "Europe/Prague"},
        "contacts": {"it": {"name": "Head of IT"}, "registry": {"name": "Registry", "mail": "in@registry.example"}},
        "repositories": {"disk": {"kind": "local", "place": "local", "options": {"path": "/mnt/disk"}}},
        "assets": assets,
        "alarms": {"on_call": [{"who": "registry"}], "channels": {"post": MAIL}},
        "exports": {name: {key: value for key, value in {**EXPORT, **export}.items() if value is not None}},
    }
    return compile_site({"his1": HostLayers(host=policy)})["his1"]


def test_a_unit_and_a_check_follow_and_systemd_takes_the_unit(warm_ansible: object, tmp_path: Path) -> None:
    policy = compiled({"acknowledged_by": "registry"})
    (unit,) = [one for one in units(policy) if one.name == "seawall-export-registry"]
    assert unit.command == "export registry"
    assert unit.calendar == ("*-*-05 05:00:00 Europe/Prague", "*-*~01 05:00:00 Europe/Prague")
    assert unit.credentials == ("export-registry.key", "ledger.key")
    assert (unit.user, unit.capabilities, unit.writable) == ("seawall", (), ())
    assert policy.checks["export_age-registry"].options["acknowledged_by"] == "registry"
    again = read_document(document(policy))
    assert again.exports == policy.exports
    assert list(judge(again)) == []
    texts = written(policy)
    assert complaints(texts, tmp_path / "units") == []
    assert "LoadCredential=export-registry.key:" in texts["seawall-export-registry.service"]


def test_only_files_need_a_capability_and_only_a_folder_a_way_to_write() -> None:
    papers = {
        "asset": "papers",
        "query": None,
        "files": ["/srv/papers/**/*.pdf"],
        "to": {"folder": {"path": "/srv/out"}},
    }
    (unit,) = [one for one in units(compiled(papers)) if one.name.startswith("seawall-export-")]
    assert unit.capabilities == ("CAP_DAC_READ_SEARCH",)
    assert (unit.writable, unit.credentials) == (("-/srv/out",), ("ledger.key",))
    (unit,) = [
        one
        for one in units(compiled({"to": {"mail": {"to": "registry", "channel": "post"}}}))
        if one.name.startswith("seawall-export-")
    ]
    assert unit.credentials == ("channel-post.secret", "ledger.key")


def test_the_key_for_sftp_comes_from_the_inventory_and_its_lack_is_named() -> None:
    policy = read_document(document(compiled({})))
    known = {"seawall_authority_certificate": "certificate", "seawall_repository_passwords": {"disk": "x"}}
    with pytest.raises(UsageError, match=r"seawall_export_keys\.registry"):
        client_files(policy, Secrets({"his1": known}))
    files = client_files(policy, Secrets({"his1": {**known, "seawall_export_keys": {"registry": "the key\n"}}}))
    (file,) = [one for one in files if one.path.endswith("/export-registry.key")]
    assert (file.content, file.mode, file.secret) == ("the key\n", "0600", True)


@pytest.mark.parametrize(
    ("export", "words"),
    [
        ({"asset": "hiss"}, "there is no asset 'hiss'"),
        ({"query": None}, "either a query or files"),
        ({"files": ["/srv/papers/a"]}, "either a query or files"),
        ({"query": "delete from donors"}, "begins with 'delete'"),
        ({"query": "select ';'"}, "without any"),
        ({"asset": "papers"}, "no source of kind postgresql"),
        ({"database": "other"}, "no source of kind postgresql that fits"),
        ({"query": None, "files": ["/srv/papers/a"]}, "no source of kind files"),
        ({"asset": "papers", "query": None, "files": ["/srv/papers/../x"]}, "is no pattern"),
        ({"asset": "papers", "query": None, "files": ["/etc/*"]}, "below none of the asset's paths"),
        ({"recipient": {**RECIPIENT, "fingerprint": "89ABCDEF"}}, "all 40 hexadecimal digits"),
        ({"recipient": {**RECIPIENT, "key": KEY.replace("PUBLIC", "PRIVATE")}}, "no public key"),
        ({"to": {}}, "one of sftp, folder and mail"),
        ({"to": {**SFTP, "folder": {"path": "/srv/out"}}}, "one of sftp, folder and mail"),
        ({"to": {"sftp": {**SFTP["sftp"], "host": "-oProxyCommand=x"}}}, "host"),
        ({"to": {"sftp": {**SFTP["sftp"], "folder": 'a"\nrm *'}}}, "folder"),
        ({"to": {"sftp": {**SFTP["sftp"], "folder": "../other"}}}, "folder"),
        ({"to": {"sftp": {**SFTP["sftp"], "host_key": "*"}}}, "host_key"),
        ({"to": {"mail": {"to": "it", "channel": "post"}}}, "no mail address"),
        ({"to": {"mail": {"to": "registry", "channel": "fax"}}}, "no channel of kind mail 'fax'"),
        ({"acknowledged_by": "nobody"}, "no contact 'nobody'"),
    ],
)
def test_what_can_not_be_is_refused(export: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        compiled(export)


def test_what_is_wrong_with_the_source_is_told_once() -> None:
    with pytest.raises(PolicyError) as refused:
        compiled({}, database="his", prot=5432)
    assert len(refused.value.problems) == 1


def test_a_verb_is_no_name_and_a_whole_server_needs_the_name_of_a_database() -> None:
    with pytest.raises(PolicyError, match="a word of `seawall export`"):
        compiled({}, name="show")
    with pytest.raises(PolicyError, match="name one database"):
        compiled({}, all=True)
    assert compiled({"database": "his"}, all=True).exports
