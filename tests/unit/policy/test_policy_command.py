"""The command `seawall policy` on the control machine."""

import pytest
from test_refusals import CASES, spoil

from ops import cli

ALL = "group_vars/all/policy.yml"
HIS1 = "host_vars/his1/policy.yml"
GROUP = "group_vars/postgresql_hosts/policy.yml"

pytestmark = pytest.mark.usefixtures("quick_inventory")


def test_the_command_tells_everything_and_exits_with_2(inventory, capsys):
    assert cli.run(["policy", "check", str(inventory)]) == 0
    assert "the policy of 4 hosts is valid; assets: his" in capsys.readouterr().out
    spoil(inventory, CASES["unknown repository"])
    spoil(inventory, CASES["owner who is nobody"])
    assert cli.run(["policy", "check", str(inventory)]) == 2
    said = capsys.readouterr().err
    assert f"{inventory / HIS1}:5: policy.assets.his.owner: there is no contact 'it_hed'" in said
    assert f"{inventory / HIS1}:10: policy.assets.his.repository: " in said
    assert "2 problems" in said


def test_show_says_where_each_word_is_written(inventory, capsys):
    assert cli.run(["policy", "show", "his1", "-i", str(inventory)]) == 0
    lines = {line.split(" = ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["assets.his.rpo"].endswith(f"# {inventory / HIS1}:13")
    assert lines["checks.memory.kind"].endswith(f"# {inventory / GROUP}:4")
    assert lines["site.name"].endswith(f"# {inventory / ALL}:4")
    assert lines["assets.his.copies.offsite.grace"].endswith("# default, or derived")
    assert cli.run(["policy", "show", "his2", "-i", str(inventory)]) == 2
    assert "did you mean 'his1'?" in capsys.readouterr().err
