"""The filters inside Ansible itself: its own kinds of text and mapping in, plain data out."""

import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

from ops.fleet.packaging.deb import CHECKOUT
from ops.policy.compile import read_document

PLAYBOOK = """\
- name: Compile
  hosts: all
  gather_facts: false
  tasks:
    - name: Policy
      ansible.builtin.set_fact:
        document: "{{ hostvars | seawall_policy(inventory_hostname) }}"
    - name: Units
      ansible.builtin.debug:
        msg: "<{{ {'document': document, 'units': document | seawall_units} | to_json | b64encode }}>"
"""


def play(inventory: Path, *more: str) -> subprocess.CompletedProcess[str]:
    playbook = inventory.parent / "compile.yml"
    playbook.write_text(PLAYBOOK)
    settings = {
        "ANSIBLE_FILTER_PLUGINS": str(CHECKOUT / "playbooks/filter_plugins"),
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


def test_a_limited_run_still_sees_the_whole_inventory(inventory):
    done = play(inventory, "--limit", "backup1,his1")
    assert done.returncode == 0, done.stdout + done.stderr
    told = [json.loads(b64decode(text)) for text in re.findall(r"<([\w+/=]+)>", done.stdout)]
    read = {each["document"]["host"]: each for each in told}
    assert sorted(read) == ["backup1", "his1"]
    assert read["backup1"]["document"]["clients"] == {"his1": ["drill1"]}
    policy = read_document(read["his1"]["document"])
    assert policy.assets["his"].rpo.seconds == 26 * 3600
    (unit,) = [unit for unit in read["his1"]["units"] if unit["name"] == "seawall-backup-his"]
    assert unit["calendar"] == ["*-*-* 01:30:00 America/Sao_Paulo"]
    assert unit["random_delay"] == 900
    assert unit["user"] == "seawall"


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
