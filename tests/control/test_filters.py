"""The filters inside Ansible itself: its own kinds of text and mapping in, plain data out."""

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from dataclasses import asdict
from pathlib import Path
from typing import Any

import classes_site
import pytest
import yaml

from ops.fleet.inventory import read
from ops.fleet.packaging.deb import CHECKOUT
from ops.fleet.secrets.make import make
from ops.fleet.secrets.vault import Sealed, Store, Vault
from ops.policy.compile import document, read_document
from ops.policy.doors import clients
from ops.policy.secret_files import client_files, drill_files
from ops.policy.secrets import Secrets

PLAYBOOK = """\
- name: Compile
  hosts: all
  gather_facts: false
  tasks:
    - name: Policy
      ansible.builtin.set_fact:
        document: "{{ hostvars | seawall.operations.policy(inventory_hostname) }}"
    - name: Units
      ansible.builtin.debug:
        msg: "<{{ {'document': document, 'units': document | seawall.operations.units} | to_json | b64encode }}>"
"""


SECRETS = """\
- name: Derive files
  hosts: HOST
  gather_facts: false
  tasks:
    - name: Policy
      ansible.builtin.set_fact:
        seawall_document: "{{ hostvars | seawall.operations.policy(inventory_hostname) }}"
    - name: Files
      ansible.builtin.debug:
        msg: "<{{ hostvars | seawall.operations.FILTER(inventory_hostname) | to_json | b64encode }}>"
"""


def play(inventory: Path, *more: str, text: str = PLAYBOOK) -> subprocess.CompletedProcess[str]:
    playbook = inventory.parent / "compile.yml"
    playbook.write_text(text)
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "playbooks/collections"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
    }
    words = [Path(sys.executable).with_name("ansible-playbook"), "-i", inventory, playbook, *more]
    return subprocess.run(
        words,
        cwd=inventory.parent,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def answers(output: str) -> list[Any]:
    return [json.loads(b64decode(text)) for text in re.findall(r"<([\w+/=]+)>", output)]


PACK = """\
defaults: {assets.*.copies.offsite.grace: {value: 12h, clause: "1"}}
clauses: {"1": {}}
"""


def test_a_limited_run_still_sees_the_whole_inventory_and_its_packs(inventory):
    (inventory / ".packs").mkdir()
    (inventory / ".packs/ours.yml").write_text(PACK)
    everywhere = inventory / "group_vars/all/policy.yml"
    said = yaml.safe_load(everywhere.read_text())
    said["policy__all"]["packs"] = {"ours": {"file": ".packs/ours.yml"}}
    everywhere.write_text(yaml.safe_dump(said))
    done = play(inventory, "--limit", "backup1,his1")
    assert done.returncode == 0, done.stdout + done.stderr
    told = answers(done.stdout)
    read = {each["document"]["host"]: each for each in told}
    assert sorted(read) == ["backup1", "his1"]
    assert read["backup1"]["document"]["clients"] == {"his1": ["drill1"]}
    policy = read_document(read["his1"]["document"])
    assert policy.assets["his"].rpo.seconds == 26 * 3600
    assert str(policy.assets["his"].copies["offsite"].grace) == "12h"
    (unit,) = [unit for unit in read["his1"]["units"] if unit["name"] == "seawall-backup-his"]
    assert unit["calendar"] == ["*-*-* 01:30:00 America/Sao_Paulo"]
    assert unit["random_delay"] == 900
    assert unit["user"] == "seawall"


COUNTED = """\
#!/bin/sh
echo "$TZ $*" >>'{log}'
exec {program} "$@"
"""
NEEDED = {"seawall_secrets_needed": False, "seawall_authority_certificate": "", "seawall_control_accounts": {}}


def test_a_sites_policy_is_compiled_once_for_all_of_its_hosts(inventory, tmp_path, monkeypatch):
    """No calendar is asked for twice, for whichever host: all that compiling costs is in these questions."""
    log, wrapped = tmp_path / "asked", tmp_path / "programs/systemd-analyze"
    wrapped.parent.mkdir()
    wrapped.write_text(COUNTED.format(log=log, program=shutil.which("systemd-analyze")))
    wrapped.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapped.parent}:{os.environ['PATH']}")
    imported = f"- name: Policy\n  ansible.builtin.import_playbook: {CHECKOUT}/playbooks/policy.yml\n"
    done = play(inventory, "-e", json.dumps(NEEDED), text=imported)
    assert done.returncode == 0, done.stdout + done.stderr
    asked = [line for line in log.read_text().splitlines() if "--iterations" in line]
    assert asked
    assert sorted(asked) == sorted(set(asked))


def test_a_wrong_policy_stops_before_any_host_with_every_problem(inventory):
    path = inventory / "host_vars/his1/policy.yml"
    text = path.read_text().replace("rpo: 26h", 'rpo: "{{ 26 }}h"').replace("to: offsite", "to: offsit")
    path.write_text(text)
    done = play(inventory, "--limit", "backup1")
    assert done.returncode == 2
    said = " ".join((done.stdout + done.stderr).split())
    assert "a Jinja expression" in said
    assert "seawall policy check" in said
    assert "TASK [Units]" not in done.stdout


def test_classes_and_assets_of_a_group_are_the_same_in_ansible(inventory):
    classes_site.write(inventory)
    classes_site.change(inventory, "hosts.yml", "docs1: {}", "docs1: {}, DB-2: {}")
    classes_site.put(inventory, classes_site.DOCS1, "policy__host:\n  assets: {etc: {class: critical, drill: none}}\n")
    classes_site.put(inventory, "host_vars/DB-2/policy.yml", "policy__host:\n  assets: {etc: none}\n")
    done = play(inventory)
    assert done.returncode == 0, done.stdout + done.stderr
    told = {each["document"]["host"]: each for each in answers(done.stdout)}
    assert {name: each["document"] for name, each in told.items()} == {
        name: json.loads(json.dumps(document(policy))) for name, policy in read(inventory).policies().items()
    }
    assert sorted(told["his1"]["document"]["assets"]) == ["etc_his1", "his"]
    assert told["DB-2"]["document"]["assets"] == {}
    names = {unit["name"] for unit in told["docs1"]["units"]}
    assert {"seawall-backup-etc_docs1", "seawall-copy-etc_docs1-offsite"} <= names
    assert "drill" not in told["docs1"]["document"]["assets"]["etc_docs1"]


def test_a_wrong_class_stops_ansible_with_the_path_in_the_class(inventory):
    classes_site.write(inventory)
    classes_site.change(inventory, classes_site.ALL, "rpo: 26h", "rpo: 12h")
    classes_site.change(inventory, classes_site.HIS1, "class: critical", "class: critcal")
    done = play(inventory)
    assert done.returncode == 2
    said = " ".join((done.stdout + done.stderr).split())
    assert "policy.defaults.standard.rpo: 12h can't be met" in said
    assert "there is no class 'critcal', did you mean 'critical'?" in said


@pytest.fixture
def sealed(inventory: Path) -> tuple[Path, Path]:
    """An inventory with secrets behind a vault, and the file with the vault's password."""
    password = inventory.parent / "vault-password"
    password.write_text("correct horse\n")
    policies, store = read(inventory).policies(), Store(inventory)
    make(policies, store, Vault(password))
    store.save()
    return inventory, password


@pytest.mark.parametrize(("host", "decide"), [("his1", client_files), ("drill1", drill_files), ("backup1", clients)])
def test_sealed_secrets_become_files_as_in_python(sealed, host, decide):
    inventory, password = sealed
    text = SECRETS.replace("HOST", host).replace("FILTER", decide.__name__)
    done = play(inventory, "--vault-password-file", str(password), text=text)
    assert done.returncode == 0, done.stdout + done.stderr
    (told,) = answers(done.stdout)
    policy = read_document(document(read(inventory).policies()[host]))
    opened = Secrets(opened_variables(inventory, password))
    wanted = decide(policy, opened)
    plain = [one.plain() if hasattr(one, "plain") else asdict(one) for one in wanted]
    assert told == json.loads(json.dumps(plain))
    assert len(told) > 0


def opened_variables(inventory: Path, password: Path) -> dict[str, Any]:
    """Return the hosts' secrets as a person with the password reads them."""
    vault = Vault(password)

    class Opened(yaml.SafeLoader):
        pass

    Opened.add_constructor("!vault", lambda loader, node: vault.open(Sealed(loader.construct_scalar(node))))
    shared = yaml.load((inventory / "group_vars/all/secrets.yml").read_text(), Opened)
    own = {path.parent.name: yaml.load(path.read_text(), Opened) for path in inventory.glob("host_vars/*/secrets.yml")}
    return {host: shared | own.get(host, {}) for host in ("his1", "backup1", "offsite1", "drill1")}


def test_secrets_that_are_not_made_yet_are_named(inventory):
    done = play(inventory, text=SECRETS.replace("HOST", "his1").replace("FILTER", "client_files"))
    assert done.returncode == 2
    said = " ".join((done.stdout + done.stderr).split())
    assert "his1 has no secret seawall_authority_certificate" in said
    assert "seawall secrets make" in said
