"""What hosts of one site say of each other, of the site, and of the devices that the inventory describes."""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from healthy import FILES

from ops.core.errors import PolicyError
from ops.fleet.inventory import _condensed
from ops.policy import HostPolicy
from ops.policy.compile import document, read_document
from ops.policy.hostvars import compile_inventory
from ops.policy.rules.notes import notes

GROUPS = {
    "all": ["backup1", "drill1", "his1", "offsite1"],
    "servers": ["his1"],
    "backup_hosts": ["backup1", "offsite1"],
    "drill_hosts": ["drill1"],
    "postgresql_hosts": ["his1"],
    "ups_hosts": ["his1"],
}
MAINS = {"checks": {"mains": {"kind": "ups", "options": {"ups": "mains"}}}}


@pytest.fixture
def variables() -> dict[str, dict[str, Any]]:
    """Every host's variables of the healthy inventory, as Ansible would give them."""
    shared = yaml.safe_load(FILES["group_vars/all/policy.yml"])
    said: dict[str, dict[str, Any]] = {host: deepcopy(shared) for host in GROUPS["all"]}
    said["his1"] |= yaml.safe_load(FILES["host_vars/his1/policy.yml"])
    return said


def problems(variables: dict[str, dict[str, Any]]) -> list[str]:
    try:
        compile_inventory(variables, GROUPS)
    except PolicyError as error:
        return [str(problem) for problem in error.problems]
    return []


def with_ups(variables: dict[str, dict[str, Any]], devices: Any) -> dict[str, dict[str, Any]]:
    variables["his1"]["policy__host"] |= MAINS
    return variables | {"his1": variables["his1"] | {"ups_devices": devices}}


@pytest.mark.parametrize("devices", [{"mains": {}, "rack": {}}, ["mains"], "{{ devices_of_the_ward }}"])
def test_a_ups_that_is_described_or_may_be_is_taken(variables: dict[str, dict[str, Any]], devices: Any) -> None:
    assert problems(with_ups(variables, devices)) == []


@pytest.mark.parametrize(
    ("devices", "says"),
    [
        ({"main": {}}, "ups_devices of his1 has no UPS 'mains', did you mean 'main'?; known: main"),
        ({}, "no UPS is described for his1; define ups_devices for it"),
    ],
)
def test_a_ups_that_nobody_described_is_refused(variables: dict[str, dict[str, Any]], devices: Any, says: str) -> None:
    (problem,) = problems(with_ups(variables, devices))
    assert says in problem


def test_every_ups_of_the_server_needs_one(variables: dict[str, dict[str, Any]]) -> None:
    variables["his1"]["policy__host"]["checks"] = {"mains": {"kind": "ups"}}
    assert ["no UPS is described" in problem for problem in problems(variables)] == [True]
    variables["his1"]["ups_devices"] = {"rack": {}}
    assert problems(variables) == []


def test_of_the_devices_only_the_names_are_kept() -> None:
    hosts = {"his1": {"ups_devices": {"mains": {"settings": {"community": "secret"}}}}, "his2": {}}
    answer = {"_meta": {"hostvars": hosts}, "all": {"hosts": ["his1", "his2"]}}
    assert _condensed(answer)["variables"] == {"his1": {"ups_devices": ["mains"]}, "his2": {}}


@pytest.mark.parametrize(
    ("layer", "path", "says"),
    [
        (
            {"site": {"timezone": "UTC"}},
            "policy.site.timezone",
            "is UTC for his1, but most other hosts have America/Sao_Paulo; it is one for all hosts: define it in ",
        ),
        ({"site": {"name": "Other"}}, "policy.site.name", "is Other for his1"),
        (
            {"contacts": {"dba": {"phone": "1"}}},
            "policy.contacts.dba.phone",
            'is 1 for his1, but most other hosts have ""',
        ),
        (
            {"repositories": {"offsite": {"options": {"port": 9}}}},
            "policy.repositories.offsite.options.port",
            "is 9 for",
        ),
    ],
)
def test_what_is_one_for_the_site_is_the_same_everywhere(
    variables: dict[str, dict[str, Any]], layer: dict[str, Any], path: str, says: str
) -> None:
    variables["his1"]["policy__host"] |= layer
    assert any(problem.startswith(f"{path}: ") and says in problem for problem in problems(variables))


def test_a_contact_of_one_host_alone_is_taken(variables: dict[str, dict[str, Any]]) -> None:
    variables["his1"]["policy__host"] |= {"contacts": {"ward": {"name": "Head of the ward"}}}
    assert problems(variables) == []


def test_hosts_with_a_problem_of_their_own_are_compared_all_the_same(variables: dict[str, dict[str, Any]]) -> None:
    variables["his1"]["policy__host"] |= {"site": {"timezone": "UTC"}}
    variables["his1"]["policy__host"]["assets"]["his"]["rto"] = "0s"
    told = [problem.partition(":")[0] for problem in problems(variables)]
    assert told == ["policy.assets.his.rto", "policy.site.timezone"]


def policy_of(variables: dict[str, dict[str, Any]]) -> HostPolicy:
    return read_document(document(compile_inventory(variables, GROUPS)["his1"]))


def test_an_exception_that_has_ended_is_noted(variables: dict[str, dict[str, Any]]) -> None:
    policy = policy_of(variables)
    assert [*notes(policy, date(2026, 11, 30))] == []
    (note,) = notes(policy, date(2026, 12, 1))
    assert str(note) == (
        "policy.exceptions.scratch.until: expired on 2026-11-30: postgresql:5432/scratch is a gap again; decide anew, "
        "or remove the exception"
    )


def test_an_exception_for_what_an_asset_takes_is_noted(variables: dict[str, dict[str, Any]]) -> None:
    variables["his1"]["policy__host"]["exceptions"]["scratch"]["what"] = "postgresql:5432/his"
    (note,) = notes(policy_of(variables), date(2026, 11, 1))
    assert (
        str(note) == "policy.exceptions.scratch.what: postgresql:5432/his is no gap: his takes it; remove the exception"
    )


def test_a_folder_of_an_asset_in_that_of_another_is_noted(variables: dict[str, dict[str, Any]]) -> None:
    assets = variables["his1"]["policy__host"]["assets"]
    files = {"kind": "files", "options": {"paths": ["/srv/documents/new"]}}
    assets["new"] = {
        **{key: value for key, value in assets["his"].items() if key != "drill"},
        "sources": {"files": files},
    }
    (note,) = notes(policy_of(variables), date(2026, 11, 1))
    assert note.path == "policy.assets.new.sources.files"
    assert note.message.startswith("/srv/documents/new lies in /srv/documents: both his and new take it")
    assets["his"]["sources"]["documents"]["options"]["exclude"] = ["/srv/documents/new"]
    assert [*notes(policy_of(variables), date(2026, 11, 1))] == []


def test_a_database_that_all_of_its_server_takes_too_is_noted(variables: dict[str, dict[str, Any]]) -> None:
    assets = variables["his1"]["policy__host"]["assets"]
    every = {"kind": "postgresql", "options": {"all": True}}
    assets["rest"] = {key: value for key, value in assets["his"].items() if key != "drill"} | {
        "sources": {"all": every}
    }
    (note,) = notes(policy_of(variables), date(2026, 11, 1))
    assert str(note).startswith("policy.assets.rest.sources.all: both his and rest take postgresql:5432/his")


def test_the_examples_have_neither_problem_nor_note(checkout: Path) -> None:
    from ops.fleet.inventory.check import judge

    for name in ("hospital", "lab"):
        policies, found = judge(checkout / "inventories" / name)
        assert found == []
        typed = [read_document(document(policy)) for policy in policies.values()]
        assert [note for policy in typed for note in notes(policy, date(2026, 11, 1))] == []
