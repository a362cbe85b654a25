"""Inventories in which nothing is wrong, whatever form they have and whoever else writes in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from changes import DOCS1, HIS1, HOSTS, Change, found, given, lines, move, swap, write

INI = """\
[servers]
his1 ansible_host=192.0.2.11
docs1
[backup_hosts]
backup1
offsite1
[drill_hosts]
drill1
[postgresql_hosts]
his1
[ups_hosts]
his1
[web:children]
servers
"""
FOREIGN_VARIABLES = """\
policy_server_url: https://policy.example
policy_host: policy1
policy_servers: [policy1]
checks: {a: 1}
contacts: {a: {name: b}}
password_policy: {min: 12}
ansible_facts_cache: 1
"""
FOREIGN_GROUPS = """\
    cups_hosts: {hosts: {docs1: }}
    webservers: {hosts: {docs1: }}
    my-group: {children: {webservers: }}
    ups_hosts:"""


def as_ini(folder: Path) -> None:
    (folder / HOSTS).unlink()
    (folder / "hosts").write_text(INI)


def as_json(folder: Path) -> None:
    tree = yaml.safe_load((folder / HOSTS).read_text())
    (folder / HOSTS).unlink()
    (folder / "hosts.json").write_text(json.dumps(tree))


HEALTHY = {
    "as it is": lambda folder: None,
    "by its file": given(HOSTS),
    "hosts without a suffix": move(HOSTS, "hosts"),
    "hosts as INI": as_ini,
    "other people's variables": write("group_vars/all/other.yml", FOREIGN_VARIABLES),
    "other people's groups": swap(HOSTS, "    ups_hosts:", FOREIGN_GROUPS),
    "a copy beside": lambda folder: shutil.copy(folder / HIS1, folder / f"{HIS1}.bak") and None,
    "hosts as JSON": as_json,
    "a comment": swap(HIS1, "Hospital information system", "HIS # the main one"),
    "a mark and line ends of Windows": lambda folder: write(
        HIS1, b"\xef\xbb\xbf" + (folder / HIS1).read_bytes().replace(b"\n", b"\r\n")
    )(folder),
    "a folder that is linked": lambda folder: (
        shutil.move(folder / "group_vars/all", folder.parent / "common"),
        (folder / "group_vars/all").symlink_to(folder.parent / "common"),
    )[-1],
    "a merge key": swap(DOCS1, "    documents:\n", "    documents:\n      <<: &base {rto: 1d, rpo: 26h}\n"),
    "a dash in a text": swap(HIS1, "Hospital information system", "HIS \u2013 \u201emain\u201c"),
    "variables of a host in two groups": swap(HOSTS, "hosts:\n        his1:\n", "hosts:\n        his1: {other: 1}\n"),
}


@pytest.mark.parametrize("change", HEALTHY.values(), ids=list(HEALTHY))
def test_nothing_is_said_of_what_is_well(change: Change, hospital: Path) -> None:
    findings = found(hospital, change)
    assert lines([*findings.problems, *findings.notes], hospital) == []
    assert sorted(name for policy in findings.policies.values() for name in policy.assets) == ["documents", "his"]
