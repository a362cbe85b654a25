"""What the mistakes' table accepts is taken by Ansible and the roles, too."""

import sys
from pathlib import Path

import pytest
from mistakes import HOLDS, Mistake, made
from warm_ansible import WarmAnsible

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
SITE = Path(__file__).parents[2] / "playbooks/site.yml"


@pytest.mark.parametrize("row", HOLDS.values(), ids=HOLDS)
def test_the_syntax_of_the_site_s_playbook(warm_ansible: WarmAnsible, tmp_path: Path, row: Mistake) -> None:
    inventory = made(row, tmp_path) / row.path
    told = warm_ansible([PLAYBOOK, "--syntax-check", "-i", inventory, SITE], timeout=60)
    assert "playbook: " in told.stdout
    assert "provided hosts list is empty" not in told.stderr


def test_a_wrong_inventory_is_noticed(warm_ansible: WarmAnsible, tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("all: {hosts: {his1: {x: {{ y }} }}}\n")
    told = warm_ansible([PLAYBOOK, "--syntax-check", "-i", tmp_path, SITE], timeout=60, ok=range(256))
    assert "list is empty" in told.stderr or told.code != 0
