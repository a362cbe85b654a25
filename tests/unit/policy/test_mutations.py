"""Inventories changed by chance end in a refusal with file and line, or in units that systemd takes.

`python -m tests.mutated 10000` tries many more of them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from mutated import NUMBERS, Trial, misplaced, trials
from properties import examples
from systemd_units import complaints, written

from ops.core.errors import Problem
from ops.fleet.inventory.check import judge


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trials(tmp_path_factory.mktemp("mutated")) as trial:
        yield trial


@pytest.mark.unmeasured
@examples(150)
@given(NUMBERS)
def test_ends_well(trial: Trial, number: int) -> None:
    assert not trial.wrong(number), f"python -m tests.mutated --again {number}"


def test_some_are_refused_and_some_accepted(trial: Trial) -> None:
    assert trial.ends["refused"] > 20
    assert trial.ends["accepted"] > 20


def test_a_problem_without_its_line_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("all:\n")
    assert misplaced(Problem("x", "y", f"{tmp_path}/hosts.yml:1"), tmp_path) == ""
    for where in ("", "host his1", f"{tmp_path}/hosts.yml", f"{tmp_path}/hosts.yml:9"):
        assert misplaced(Problem("x", "y", where), tmp_path)


def test_a_unit_that_systemd_does_not_take_is_noticed(warm_ansible: object, tmp_path: Path, checkout: Path) -> None:
    policies, _ = judge(checkout / "inventories/hospital")[:2]
    texts = written(policies["his1"])
    assert complaints(texts, tmp_path / "good") == []
    name = "seawall-backup-his.timer"
    wrong = texts | {name: texts[name].replace("OnCalendar=", "OnCalendar=yester")}
    assert any(line.startswith(f"{tmp_path}/wrong/{name}") for line in complaints(wrong, tmp_path / "wrong"))
