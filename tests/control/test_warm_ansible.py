"""The reader of inventories that the tests keep loaded says what the program says, of good ones and of bad ones."""

import sys
from pathlib import Path

import pytest
from warm_ansible import WarmAnsible

from ops.core.run import run

CHECKOUT = Path(__file__).parents[2]
HOSTS = {
    "good": "all: {children: {servers: {hosts: {his1: {x: 1}}}}}\n",
    "no YAML": "all: {children: {servers\n",
    "a list": "all: {children: {servers: {hosts: [his1]}}}\n",
    "empty": "",
    "twice": "all:\n  hosts:\n    his1: {x: 1}\n    his1: {x: 2}\n",
}


@pytest.mark.parametrize("text", HOSTS.values(), ids=HOSTS)
def test_says_what_the_program_says(warm_ansible: WarmAnsible, tmp_path: Path, text: str) -> None:
    (tmp_path / "hosts.yml").write_text(text)
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars/his1.yml").write_text("---\npolicy__host: {assets: {}}\n")
    argv = [Path(sys.executable).with_name("ansible-inventory"), "--list", "-i", tmp_path]
    for _ in range(2):
        assert warm_ansible(argv, timeout=60, ok=range(256)) == run(argv, timeout=60, ok=range(256))


def test_nothing_of_one_inventory_is_left_for_the_next(warm_ansible: WarmAnsible) -> None:
    program = Path(sys.executable).with_name("ansible-inventory")
    answers = [
        warm_ansible([program, "--list", "-i", CHECKOUT / "inventories" / name], timeout=60).stdout
        for name in ("hospital", "lab", "hospital")
    ]
    assert answers[0] == answers[2] != answers[1]
