"""Which secrets lie where, with which addresses: decided here, and only written by the roles."""

from dataclasses import replace

import pytest

from ops.core.calendar import Calendar
from ops.core.errors import UsageError
from ops.fleet.inventory.check import judge
from ops.policy import HostPolicy
from ops.policy.compile import document, read_document
from ops.policy.databases import databases, taken_clusters
from ops.policy.doors import Ports, clients, ports
from ops.policy.model import Copy, Repository
from ops.policy.secret_files import client_files, drill_files, repository_init, repository_note
from ops.policy.secrets import Secrets
from ops.policy.units import units
from ops.targets.removable import Options

pytestmark = pytest.mark.usefixtures("quick_inventory")
CERTIFICATE = "-----BEGIN CERTIFICATE-----\n"
FOLDER = "/etc/seawall/credentials"
OWN = {
    "seawall_repository_passwords": {"primary": "own-primary", "offsite": "own-offsite"},
    "seawall_accounts": {
        "primary": {"password": "write-primary", "hash": "hash-primary"},
        "offsite": {"password": "write-offsite", "hash": "hash-offsite"},
    },
    "seawall_reader_passwords": {"primary": {"drill1": "key-primary"}, "offsite": {"drill1": "key-offsite"}},
    "seawall_reader_accounts": {
        "primary": {"drill1": {"password": "read-primary", "hash": "hash-read-primary"}},
        "offsite": {"drill1": {"password": "read-offsite", "hash": "hash-read-offsite"}},
    },
}
CONTROL = """\
  control: {owner: it_head, repository: offsite, rpo: 8d, rto: 1d, retention: {all: 60d}}
  checks:
"""


@pytest.fixture
def secrets() -> Secrets:
    shared = {
        "seawall_authority_certificate": CERTIFICATE,
        "seawall_control_accounts": {"offsite": {"password": "write-control", "hash": "hash-control"}},
    }
    hosts = {host: dict(shared) for host in ("his1", "backup1", "offsite1", "drill1")}
    hosts["his1"] |= OWN
    return Secrets(hosts)


def policies(inventory) -> dict[str, HostPolicy]:
    return {host: read_document(document(policy)) for host, policy in judge(inventory)[0].items()}


def contents(files) -> dict[str, str]:
    return {file.path.removeprefix(f"{FOLDER}/"): file.content for file in files}


def test_a_client_has_the_addresses_and_passwords_of_its_own_repositories(inventory, secrets):
    files = client_files(policies(inventory)["his1"], secrets)
    assert contents(files) == {
        "ca.pem": CERTIFICATE,
        "primary.url": "rest:https://his1:write-primary@backup1:8000/his1/\n",
        "primary.password": "own-primary\n",
        "offsite.url": "rest:https://his1:write-offsite@offsite1:8000/his1/\n",
        "offsite.password": "own-offsite\n",
        "reader-primary-drill1.password": "key-primary\n",
        "reader-offsite-drill1.password": "key-offsite\n",
    }
    assert {file.mode for file in files} == {"0600"}
    assert {file.path for file in files if not file.secret} == {f"{FOLDER}/ca.pem"}


def test_a_drill_host_has_the_password_of_disks_that_take_turns(inventory):
    told = policies(inventory)["drill1"]
    (name, drilled), *_ = told.drills.items()
    disks = Repository("removable", "removable", options=Options("/srv/disks", Calendar.parse("last day"), {}))
    copies = {"away": Copy(to="disks", calendar=Calendar.parse("last day"))}
    asset = replace(drilled.asset, copies=copies)
    told = replace(
        told,
        repositories={**told.repositories, "disks": disks},
        drills={name: replace(drilled, asset=asset)},
    )
    passwords = {**OWN["seawall_repository_passwords"], "disks": "own-disks"}
    secrets = Secrets(
        {
            "his1": {**OWN, "seawall_repository_passwords": passwords},
            "drill1": {"seawall_authority_certificate": CERTIFICATE},
        }
    )
    found = contents(drill_files(told, secrets))
    assert found["his1-disks.url"] == "/srv/disks/disk/his1\n"
    assert found["his1-disks.password"] == "own-disks\n"
    (unit,) = [one for one in units(told) if one.command == f"drill {name}"]
    assert {"his1-disks.url", "his1-disks.password"} <= {*unit.credentials}
    local = replace(told, repositories={**told.repositories, "disks": Repository("local", "local", options=None)})
    assert not [one for one in contents(drill_files(local, secrets)) if "disks" in one]


def test_a_drill_host_reads_by_another_account_and_port(inventory, secrets):
    files = drill_files(policies(inventory)["drill1"], secrets)
    assert contents(files) == {
        "ca.pem": CERTIFICATE,
        "his1-primary.url": "rest:https://drill1:read-primary@backup1:8001/his1/\n",
        "his1-primary.password": "key-primary\n",
        "his1-offsite.url": "rest:https://drill1:read-offsite@offsite1:8001/his1/\n",
        "his1-offsite.password": "key-offsite\n",
    }
    assert {file.mode for file in files} == {"0600"}


def test_ports_are_those_of_the_policy(inventory, secrets):
    path = inventory / "group_vars/all/policy.yml"
    path.write_text(
        path.read_text().replace("host: backup1}", "host: backup1, options: {port: 9000, reader_port: 9001}}")
    )
    both = policies(inventory)
    assert "@backup1:9000/" in contents(client_files(both["his1"], secrets))["primary.url"]
    assert "@backup1:9001/" in contents(drill_files(both["drill1"], secrets))["his1-primary.url"]
    assert ports(both["backup1"]) == Ports(9000, 9001)
    assert ports(both["offsite1"]) == Ports(8000, 8001)
    assert ports(both["his1"]) == Ports(8000, 8001)


def test_every_secret_that_a_unit_reads_has_a_file(inventory, secrets):
    both = policies(inventory)
    made = {"his1": client_files(both["his1"], secrets), "drill1": drill_files(both["drill1"], secrets)}
    for host, files in made.items():
        read = {name for unit in units(both[host]) for name in unit.credentials}
        assert read - {"ledger.key"} <= set(contents(files)), host


def test_repositories_are_made_with_the_secrets_that_lie_there_and_none_in_the_arguments(inventory, secrets):
    policy = policies(inventory)["his1"]
    argv = repository_init(policy)
    given = {word.split(":", 1)[1] for word in argv if "LoadCredential" in word}
    assert given == {file.path for file in client_files(policy, secrets)}
    assert argv[argv.index("/usr/bin/seawall") :][:3] == ["/usr/bin/seawall", "repository", "init"]
    named = "/run/credentials/seawall-repository-init.service/reader-primary-drill1.password"
    assert f"--reader=primary:drill1={named}" in argv
    assert not [word for word in argv if "own-" in word or "write-" in word or "key-" in word]


def test_a_machine_without_assets_makes_no_repository(inventory, secrets):
    policy = policies(inventory)["backup1"]
    assert repository_init(policy) == []
    assert contents(client_files(policy, secrets)) == {"ca.pem": CERTIFICATE}


def test_a_drill_host_notes_its_keys_with_the_secrets_that_lie_there_and_none_in_the_arguments(inventory, secrets):
    both = policies(inventory)
    argv = repository_note(both["drill1"])
    given = {word.split(":", 1)[1] for word in argv if "LoadCredential" in word}
    assert given == {file.path for file in drill_files(both["drill1"], secrets)}
    assert argv[argv.index("/usr/bin/seawall") :] == ["/usr/bin/seawall", "repository", "note"]
    assert not [word for word in argv if "read-" in word or "key-" in word]
    assert repository_note(both["his1"]) == []


def test_a_backup_host_knows_who_writes_and_who_reads_there(inventory, secrets):
    (client,) = clients(policies(inventory)["backup1"], secrets)
    assert (client.name, client.hash) == ("his1", "hash-primary")
    assert [(each.name, each.hash) for each in client.readers] == [("drill1", "hash-read-primary")]


def test_nobody_reads_the_control_machine_s_repository(inventory, secrets):
    path = inventory / "group_vars/all/policy.yml"
    path.write_text(path.read_text().replace("  checks:\n", CONTROL))
    control, his1 = clients(policies(inventory)["offsite1"], secrets)
    assert (control.name, control.hash, control.readers) == ("control", "hash-control", ())
    assert his1.hash == "hash-offsite"


@pytest.mark.parametrize("name", ["seawall_accounts", "seawall_repository_passwords", "seawall_reader_passwords"])
def test_what_the_inventory_lacks_is_named_with_what_makes_it(inventory, name):
    lacking = {key: value for key, value in OWN.items() if key != name}
    with pytest.raises(UsageError, match=rf"his1 has no secret {name}\.\w+(?s:.*)seawall secrets make"):
        client_files(
            policies(inventory)["his1"], Secrets({"his1": lacking | {"seawall_authority_certificate": CERTIFICATE}})
        )


def test_a_secret_of_another_form_is_not_shown(inventory):
    spoilt = OWN | {"seawall_authority_certificate": CERTIFICATE, "seawall_accounts": {"primary": "hunter2"}}
    with pytest.raises(UsageError) as refused:
        client_files(policies(inventory)["his1"], Secrets({"his1": spoilt}))
    assert "hunter2" not in str(refused.value)


def test_a_repository_that_no_machine_keeps_has_no_address(inventory, secrets):
    policy = policies(inventory)["his1"]
    offsite = replace(policy.repositories["offsite"], host=None)
    policy = replace(policy, repositories={**policy.repositories, "offsite": offsite})
    with pytest.raises(UsageError, match="no machine of the inventory keeps offsite"):
        client_files(policy, secrets)


def test_no_secret_is_in_the_text_of_what_carries_it(inventory, secrets):
    told = repr(
        [*client_files(policies(inventory)["his1"], secrets), *clients(policies(inventory)["backup1"], secrets)]
    )
    assert not [word for word in ("own-", "write-", "key-", "hash-") if word in told]


def test_databases_are_told_with_how_their_servers_are_reached(inventory):
    path = inventory / "host_vars/his1/policy.yml"
    more = "{database: his}}\n        all: {kind: mariadb, options: {all: true, socket: /run/his.sock}}"
    more += "\n        tree: {kind: machine, options: {clusters: [5433, 5432]}}"
    path.write_text(
        path.read_text().replace("{database: his}}", more).replace("every: 31d", "every: 31d\n        asks: database")
    )
    hosts = inventory / "hosts.yml"
    hosts.write_text(f"{hosts.read_text()}    mariadb_hosts: {{hosts: {{his1: {{}}}}}}\n")
    policy = policies(inventory)["his1"]
    assert databases(policy, "postgresql") == [{"database": "his", "port": 5432}]
    assert databases(policy, "mariadb") == [{"all": True, "socket": "/run/his.sock"}]
    assert taken_clusters(policy) == [5432, 5433]


def test_each_client_has_the_quota_that_the_policy_gives_it(inventory, secrets):
    assert [one.quota for one in clients(policies(inventory)["backup1"], secrets)] == [None]
    path = inventory / "group_vars/all/policy.yml"
    path.write_text(path.read_text().replace("host: backup1", "host: backup1, options: {quota: 500GiB}"))
    assert [one.quota for one in clients(policies(inventory)["backup1"], secrets)] == [500 << 30]
    path.write_text(path.read_text().replace("quota: 500GiB", "quota: 500GiB, quotas: {his1: 1TiB}"))
    assert [one.quota for one in clients(policies(inventory)["backup1"], secrets)] == [1 << 40]
    assert {one.quota for one in clients(policies(inventory)["offsite1"], secrets)} == {None}
