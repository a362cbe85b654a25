"""The stage of a drill: which set is found, and what is refused before anything plays."""

from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from one_machine import Machine
from whole_sets import PARTS, stored

from ops.core.errors import Damaged, Unavailable
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import DrillStage


def staged(machine: Machine, asset: str, **wishes: Any) -> DrillStage[None]:
    drill = SimpleNamespace(expectations={}, references={}, release="bookworm")
    scratch = machine.root / "run/seawall/stage"
    scratch.mkdir()
    return DrillStage(asset, drill, machine.place("primary"), DrillOptions(**wishes), scratch, Random(1), None)


def test_a_drill_finds_the_newest_set(machine: Machine) -> None:
    stage = staged(machine, "documents")
    assert stage.find().id == machine.state("backup-documents")["last_good"]["set"]
    assert set(stage.parts) == {"all"}


@pytest.mark.parametrize(
    ("asset", "wishes", "reason"),
    [
        ("nobody", {}, "primary has no complete set of nobody"),
        ("documents", {"at": "2001-01-01"}, "primary has no such set of documents"),
        ("documents", {"at": "0000ffff"}, "primary has no such set of documents"),
    ],
)
def test_a_drill_finds_no_set(machine: Machine, asset: str, wishes: dict[str, str], reason: str) -> None:
    with pytest.raises(Damaged, match=reason):
        staged(machine, asset, **wishes).find()


def test_a_drill_takes_no_manifest_of_another_set(machine: Machine) -> None:
    stored(machine, "reports", {"reports": PARTS["reports"]}, set="another")
    with pytest.raises(Damaged, match="describes set another"):
        staged(machine, "reports").find()


def test_a_drill_says_which_parts_the_set_lacks(machine: Machine) -> None:
    stored(machine, "reports", {"reports": PARTS["reports"]}, missing={"database.lis": "no rights"})
    stage = staged(machine, "reports")
    stage.find()
    assert [(rung.name, rung.verdict.value, rung.message) for rung in stage.rungs] == [
        ("set", "warn", "the set does not hold database.lis: no rights")
    ]


def test_a_drill_without_its_tree_is_refused(machine: Machine) -> None:
    with pytest.raises(Unavailable, match=r"the tree .*bookworm is missing"):
        staged(machine, "documents").tree()
