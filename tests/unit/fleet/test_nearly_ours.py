"""Variables that are ours but for a slip of the hand, and those of other people that only look alike."""

from pathlib import Path

import pytest

from ops.fleet.inventory.documents import documents
from ops.fleet.inventory.files import Source
from ops.fleet.inventory.nearly import nearly, same, slips
from ops.fleet.inventory.variables import nearly_ansibles, nearly_ours

GROUPS = ("all", "servers", "backup_hosts", "ungrouped")
ASSETS = " {assets: {his: {owner: dba}}}"


def told(text: str, words: object = nearly_ours) -> list[str]:
    (document,) = documents([Source(Path("vars.yml"), ("host", "his1"), text)], [])
    return [problem.message for problem in (words(document, GROUPS) if words is nearly_ours else words(document))]


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("policy_host", "host"),
        ("polcy__all", "all"),
        ("poilcy__all", "all"),
        ("policy-all", "all"),
        ("Policy__all", "all"),
        ("POLICY__HOST", "host"),
        ("policyhost", "host"),
        ("policy.host", "host"),
        ("policy_hots", "host"),
        ("policy_servers", "servers"),
        ("plicy__backup_hosts", "backup_hosts"),
        ("_policy__host", "host"),
        ("policy__", "host, policy__all or policy__GROUP"),
        ("policy_his1", "host, policy__all or policy__GROUP"),
        ("policies", "host, policy__all or policy__GROUP"),
    ],
)
def test_a_slip_is_told_with_what_to_write(name: str, layer: str) -> None:
    assert told(f'"{name}":{ASSETS}\n') == [f"nobody reads this variable; write policy__{layer}"]


@pytest.mark.parametrize("name", ["policy_host", "polcy__all", "Policy__host", "policy__"])
def test_a_slip_is_told_though_nothing_stands_there(name: str) -> None:
    assert len(told(f"{name}:\n")) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"policy__host:{ASSETS}",
        "policy_server_url: https://policy.example",
        "policy_host: policy1.example",
        "policy_servers: [policy1, policy2]",
        "policy_all: true",
        "policy_hosts: {policy1: 10}",
        "policykit_all: {checks: 1}",
        "password_policy: {all: 1}",
        "policyd: {port: 1}",
        "policy: strict",
        "polices: [a]",
    ],
)
def test_nothing_is_said_of_other_peoples_variables(text: str) -> None:
    assert told(f"{text}\n") == []


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("ansible_hots", "ansible_host"),
        ("ansibel_host", "ansible_host"),
        ("ansible_usr", "ansible_user"),
        ("ansible_prot", "ansible_port"),
    ],
)
def test_a_slip_in_ansibles_variables_is_told(name: str, near: str) -> None:
    assert told(f"{name}: x\n", nearly_ansibles) == [f"Ansible knows no such variable; is {near} meant?"]


@pytest.mark.parametrize(
    "name", ["ansible_host", "ansible_winrm_port", "ansible_facts", "ansible_become_exe", "answer"]
)
def test_nothing_is_said_of_those_that_ansible_knows(name: str) -> None:
    assert told(f"{name}: x\n", nearly_ansibles) == []


def test_slips_are_counted_as_hands_make_them() -> None:
    assert [slips(word, "host") for word in ("host", "hots", "hst", "hosst", "hust", "toast")] == [0, 1, 1, 1, 1, 2]
    assert nearly("backup_hots", ["backup_hosts"]) == "backup_hosts"
    assert nearly("backup_hosts", ["backup_hosts", "backup_host"]) is None
    assert same("Backup-Host", ["backup_hosts"]) == "backup_hosts"
    assert same("webservers", ["servers"]) is None
