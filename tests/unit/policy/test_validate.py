"""A server's own look at its policy file, before the file replaces the one it obeys."""

import json
from pathlib import Path

import pytest

from ops import cli
from ops.core.errors import PolicyError
from ops.fleet.inventory.check import judge
from ops.jobs.host.own_policy import validated
from ops.policy.compile import document

pytestmark = pytest.mark.usefixtures("quick_inventory")


@pytest.fixture
def rendered(inventory: Path, tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document(judge(inventory)[0]["his1"]), indent=2))
    return path


def test_a_rendered_policy_is_read_back_as_it_was_compiled(inventory, rendered):
    read = validated(rendered)
    assert read.assets["his"].schedule.expressions == ("*-*-* 01:30:00 America/Sao_Paulo",)
    rendered.write_text(json.dumps(document(read)))
    assert validated(rendered) == read
    assert cli.run(["policy", "validate", str(rendered)]) == 0


@pytest.mark.parametrize("left", [0, 0.3, 0.6, 0.99])
def test_a_file_cut_short_is_refused(rendered, capsys, left):
    text = rendered.read_text()
    rendered.write_text(text[: int(len(text) * left)])
    assert cli.run(["policy", "validate", str(rendered)]) == 2
    assert "truncated" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"version": 1', '"version": 2', "policy.version: version 2 is newer than this Seawall"),
        ('"rto"', '"rtp"', "policy.assets.his.rtp: unknown key 'rtp', did you mean 'rto'?"),
        ('"kind": "disk"', '"kind": "disc"', "unknown kind 'disc', did you mean 'disk'?"),
        ('"1h"', '"soon"', "policy.assets.his.rto: expected a duration"),
    ],
)
def test_a_wrong_word_is_refused_by_its_path(rendered, old, new, says):
    text = rendered.read_text()
    assert old in text
    rendered.write_text(text.replace(old, new, 1))
    with pytest.raises(PolicyError) as refused:
        validated(rendered)
    assert says in str(refused.value)


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path):
    assert cli.run(["policy", "validate", str(tmp_path / "none.json")]) == 2


@pytest.mark.parametrize("site", ["lab", "hospital", "minimal"])
def test_every_machine_takes_what_the_site_renders_for_it(tmp_path, checkout, site):
    policies, problems = judge(checkout / "inventories" / site)
    assert policies, problems
    for host, policy in policies.items():
        path = tmp_path / f"{host}.json"
        path.write_text(json.dumps(document(policy)))
        assert {*validated(path).checks} == {*policy.checks}
