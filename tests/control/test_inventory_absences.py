"""What is not read is missed and said: mistakes in copies of tests/hospital, each read through Ansible."""

from __future__ import annotations

from pathlib import Path

import pytest
from changes import (
    ALL,
    DOCS1,
    HIS1,
    HOSTS,
    SERVERS,
    Said,
    demand_said,
    given,
    move,
    remove,
    swap,
    write,
)

from ops import cli
from ops.fleet.inventory.unread import PLAYED


def asset_of_all(folder: Path) -> None:
    assets = (folder / DOCS1).read_text().removeprefix("---\npolicy__host:\n")
    (folder / DOCS1).unlink()
    with (folder / ALL).open("a") as file:
        file.write(assets)


LIST = "hosts:\n        his1: {ansible_host: 192.0.2.11}\n        docs1: {ansible_host: 192.0.2.12}"
MISTAKES = {
    # Variables that nearly are ours.
    "one underscore": Said(
        swap(HIS1, "policy__host", "policy_host"),
        (f"{HIS1}:2: policy_host: nobody reads this variable; write policy__host",),
    ),
    "a letter short": Said(
        swap(ALL, "policy__all", "polcy__all"), (f"{ALL}:2: polcy__all: nobody reads this variable; write policy__all",)
    ),
    "a hyphen": Said(
        swap(SERVERS, "policy__servers", "policy-servers"),
        (f"{SERVERS}:2: policy-servers: nobody reads this variable; write policy__serve",),
    ),
    "a capital": Said(
        swap(HIS1, "policy__host", "Policy__host"),
        (f"{HIS1}:2: Policy__host: nobody reads this variable; write policy__host",),
    ),
    "letters swapped": Said(
        swap(HIS1, "policy__host", "policy__hots"),
        (f"{HIS1}:2: policy__hots: the inventory has no group 'hots', did you mean 'hos",),
    ),
    "no layer's line": Said(
        swap(HIS1, "policy__host:\n", ""),
        (f"{HIS1}:2: assets: nobody reads assets, checks here; write `policy__host:` in",),
    ),
    "no layer's line, and no YAML": Said(
        swap(HIS1, "policy__host:\n  assets", "assets"), (f"{HIS1}:1: YAML: `policy__host:` is missing above assets",)
    ),
    "no layer's line for all": Said(
        swap(ALL, "policy__all:\n", ""),
        (f"{ALL}:2: version: nobody reads version, site, contacts, repositories, contro",),
    ),
    "no layer's line in a group": Said(
        swap(SERVERS, "policy__servers:\n", ""),
        (f"{SERVERS}:2: checks: nobody reads checks here; write `policy__servers:`",),
    ),
    "a slip in Ansible's variable": Said(
        swap(HOSTS, "docs1: {ansible_host", "docs1: {ansible_hots"),
        notes=(f"{HOSTS}:7: ansible_hots: Ansible knows no such variable; is ansible_host mea",),
    ),
    # Files and folders that nobody reads.
    "a folder of no group": Said(
        move("group_vars/backup_hosts", "group_vars/backup_host"),
        ("group_vars/backup_host/policy.yml:2: policy__backup_hosts: belongs in group_v",),
    ),
    "a folder of no host": Said(
        move("host_vars/his1", "host_vars/hsi1"),
        ("host_vars/hsi1/policy.yml:1: host_vars/hsi1: the inventory has no host 'hsi1'",),
    ),
    "a folder of somebody else": Said(
        write("group_vars/windows/vars.yml", "a: 1\n"),
        notes=("group_vars/windows/vars.yml:1: group_vars/windows: the inventory has no group",),
    ),
    "hostvars": Said(
        move("host_vars", "hostvars"),
        tuple(
            f"hostvars/{host}/policy.yml:2: policy__host: nobody reads this: Ansible reads"
            for host in ("docs1", "his1")
        ),
    ),
    "host_var": Said(
        move("host_vars/docs1", "host_var/docs1"), ("host_var/docs1/policy.yml:2: policy__host: nobody reads this: ",)
    ),
    "hostvars beside a single file": Said(
        given(HOSTS, move("host_vars/docs1", "hostvars/docs1")),
        ("hostvars/docs1/policy.yml:2: policy__host: nobody reads this: ",),
    ),
    "a folder named by the address": Said(
        move("host_vars/his1", "host_vars/192.0.2.11"),
        ("host_vars/192.0.2.11/policy.yml:1: host_vars/192.0.2.11: the inventory has no host '192.0.2.11'",),
    ),
    "hosts of another suffix": Said(
        move(HOSTS, f"{HOSTS}.txt"),
        (f"{HOSTS}.txt:1: hosts: nobody reads this: Ansible passes over names that end in .txt",),
    ),
    "another suffix": Said(
        move(HIS1, f"{HIS1}.txt"), (f"{HIS1}.txt:2: policy__host: nobody reads this: Ansible reads no variables fr",)
    ),
    "renamed as a copy": Said(
        move(HIS1, f"{HIS1}.bak"),
        notes=(
            f"{HIS1}.bak:2: policy__host: nobody reads this: ",
            f"{HOSTS}:20: his1: is one of the servers and has no assets; nothing of it is ",
        ),
    ),
    "beside a folder of its name": Said(
        move(DOCS1, "host_vars/docs1.yml"),
        ("host_vars/docs1.yml:2: policy__host: nobody reads this: Ansible reads docs1 o",),
    ),
    "beside hosts.yml": Said(
        move(DOCS1, "docs1.yml"), ("docs1.yml:2: policy__host: nobody reads this: a file of variables belongs in ",)
    ),
    # What is empty.
    "no host's policy": Said(
        write(DOCS1, ""), notes=(f"{DOCS1}:1: docs1: is one of the servers and has no assets, for this file is ",)
    ),
    "comments only": Said(
        write(DOCS1, "---\n# to do\n"),
        notes=(f"{DOCS1}:1: docs1: is one of the servers and has no assets, for this file is ",),
    ),
    "an empty layer of all": Said(
        write(ALL, ""), (f"{ALL}:1: policy__all: is missing, for this file is empty; every host needs w",)
    ),
    "a layer of all without words": Said(
        write(ALL, "policy__all:\n"), (f"{ALL}:1: policy__all: is empty; every host needs what it says",)
    ),
    "no layer of all": Said(remove(ALL), (f"{ALL}:1: policy__all: is missing; every host needs what it says",)),
    "a layer of all at a host": Said(
        write("host_vars/his1/z.yml", "policy__all: {version: 1}\n"),
        ("host_vars/his1/z.yml:1: policy__all: belongs in group_vars/all",),
    ),
    "an asset of all": Said(
        asset_of_all, (f"{ALL}:27: policy.assets.documents: in policy__all every machine would have t",)
    ),
    "a group without hosts": Said(
        swap(
            HOSTS, "    ups_hosts:\n      hosts:\n        his1:", "    ups_hosts:\n    cups_hosts: {hosts: {docs1: }}"
        ),
        (f"{HIS1}:26: policy.checks.mains: the group ups_hosts lacks his1, so that nothing sets it up; ",),
    ),
    # Hosts and groups.
    "no hosts": Said(write(HOSTS, ""), (f"{HOSTS}:1: hosts: is empty; write `hosts:` below a group",)),
    "only comments": Said(write(HOSTS, "---\n# to do\n"), (f"{HOSTS}:1: hosts: the file names no hosts",)),
    "no file of hosts": Said(remove(HOSTS), (": hosts: no file here names hosts; write hosts.yml, such as ",)),
    "an empty folder": Said(
        given("new", lambda folder: (folder / "new").mkdir()), ("new: hosts: no file here names hosts",)
    ),
    "a policy as the inventory": Said(given(HIS1), (f"{HIS1}:1: file: holds variables and names no hosts",)),
    "a folder of variables as the inventory": Said(
        given("host_vars"), ("host_vars: file: holds variables only; the inventory is the folder ",)
    ),
    "hosts as a list": Said(
        swap(HOSTS, LIST, "hosts:\n        - his1\n        - docs1"),
        (f"{HOSTS}:6: servers.hosts: a list, which Ansible drops with the whole file; w",),
    ),
    "no hosts between": Said(
        write(HOSTS, "servers:\n  his1:\n"),
        (f"{HOSTS}:2: servers.his1: Ansible drops this; a host stands below `hosts:`",),
    ),
    "host for hosts": Said(
        swap(HOSTS, "  hosts:\n        his1:\n    ups", "  host:\n        his1:\n    ups"),
        (f"{HOSTS}:16: postgresql_hosts.host: Ansible drops this; write `hosts:`",),
    ),
    "hosts at the top": Said(
        write(HOSTS, "hosts:\n  his1:\n"),
        (f"{HOSTS}:1: hosts: stands at the top, where Ansible takes 'hosts' for a group",),
    ),
    "an address in place of variables": Said(
        swap(HOSTS, "his1: {ansible_host: 192.0.2.11}", "his1: 192.0.2.11"),
        (f"{HOSTS}:6: servers.his1: expected variables; is its address meant?",),
    ),
    "a host without its colon": Said(
        swap(HOSTS, "his1: {ansible", "his1 {ansible"),
        (f"{HOSTS}:6: servers.hosts: no host has such a name; write `his1: ",),
    ),
    "a host twice in a group": Said(
        swap(HOSTS, "docs1: {", "his1: {"),
        (
            f"{HOSTS}:7: his1: defined twice; first in line 6",
            f"{DOCS1}:1: host_vars/docs1: the inventory has no host 'docs1'",
        ),
    ),
    "a host with two addresses": Said(
        swap(HOSTS, "hosts:\n        his1:\n", "hosts:\n        his1: {ansible_host: 192.0.2.13}\n"),
        (f"{HOSTS}:17: his1.ansible_host: his1 has another ansible_host at ",),
    ),
    "two hosts with one address": Said(
        swap(HOSTS, "192.0.2.12", "192.0.2.11"), notes=(f"{HOSTS}:7: docs1: has the address of his1, 192.0.2.11",)
    ),
    "a group nearly ours": Said(
        swap(HOSTS, "backup_hosts:", "backup_host:"),
        (f"{HOSTS}:8: backup_host: no playbook knows this group; is backup_hosts meant?",),
    ),
    "a group in the singular": Said(
        swap(HOSTS, "servers:", "server:"),
        (f"{HOSTS}:4: server: no playbook knows this group; is servers meant?",),
    ),
    "a host in no group of ours": Said(
        swap(HOSTS, "all:\n", "all:\n  hosts: {printer1: }\n"),
        notes=(f"{HOSTS}:3: hosts: in none of the groups servers, ",),
    ),
    "a file of hosts that is none": Said(
        write("hosts.ini", "[servers\nhis1\n"), ("hosts.ini:1: file: Ansible reads no hosts here and drops the file: ",)
    ),
    "a text beside": Said(
        write("LICENSE", "This is: a text\nof [ two\n"),
        notes=("LICENSE:1: file: Ansible reads no hosts here and drops the file: ",),
    ),
    "a host named as a group": Said(
        swap(HOSTS, "    ups_hosts:", "    his1: {hosts: {his1: }}\n    ups_hosts:"),
        notes=(": Ansible: warns: Found both group and host with same name: his1",),
    ),
}


@pytest.mark.parametrize("said", MISTAKES.values(), ids=list(MISTAKES))
def test_what_is_not_read_is_said_once(said: Said, hospital: Path) -> None:
    demand_said(said, hospital)


def test_the_groups_are_those_of_the_playbooks(checkout: Path) -> None:
    texts = [path.read_text() for path in (checkout / "playbooks").glob("*.yml")]
    played = {line.split(":")[1].strip() for text in texts for line in text.splitlines() if line.startswith("  hosts:")}
    assert set(PLAYED) == {name for name in played if "{" not in name} - {"all", "localhost"}


def test_check_says_for_each_host_what_it_read(hospital: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(DOCS1, "")(hospital)
    assert cli.run(["policy", "check", str(hospital)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "backup1:   0 assets,  9 checks,  5 timers",
        "docs1:     0 assets,  4 checks,  2 timers",
        "drill1:    0 assets,  5 checks,  3 timers",
        "his1:      1 asset,   7 checks,  4 timers",
        "offsite1:  0 assets,  9 checks,  5 timers",
        f"note: {hospital / DOCS1}:1: docs1: is one of the servers and has no assets, for this file is empty; "
        "nothing of it is backed up",
        f"{hospital}: the policy of 5 hosts is valid; assets: his",
    ]
