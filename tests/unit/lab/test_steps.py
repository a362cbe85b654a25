from pathlib import Path

import pytest

from ops.core.errors import SeawallError
from ops.lab.lab import Lab
from ops.lab.steps import Step, Steps, recap

RECAP = """\
PLAY RECAP *********************************************************************
backup1                    : ok=31   changed=12   unreachable=0    failed=0    skipped=2
his1                       : ok=40   changed={changed}   unreachable=0    failed=0    skipped=0
"""


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(Lab("unit", checkout=tmp_path))


def test_a_recap_counts_machines_and_changes():
    assert recap(RECAP.format(changed=3)) == "2 machines, 15 changes"


def test_a_run_that_changed_nothing_says_so():
    text = RECAP.format(changed=0).replace("changed=12", "changed=0")
    assert recap(text) == "2 machines, nothing to change"


def test_each_step_is_told_with_what_came_of_it_and_keeps_what_its_programs_say(steps, capsys):
    steps.take("say it", lambda step: step.program(["printf", "one\ntwo\n"], minutes=1))
    told = capsys.readouterr().out
    assert told.startswith("[ 1] say it ...\n[ 1] ")
    assert told.endswith(" s  two\n")
    assert (steps.log / "01.log").read_text() == "one\ntwo\n"
    assert [name for name, _ in steps.done.values()] == ["say it"]


def test_a_program_that_fails_is_a_step_that_failed_and_says_which(steps):
    with pytest.raises(SeawallError, match=r"step 1 \(fail\) ended with code 3:\nwhy"):
        steps.take("fail", lambda step: step.program(["sh", "-c", "echo why; exit 3"], minutes=1))
    assert steps.done == {}


def test_rows_are_taken_whole_and_in_their_order(steps):
    seen: list[str] = []

    def note(step: Step) -> str:
        seen.append(step.name)
        return ""

    steps.side_by_side([[(f"{row}{place}", note) for place in "123"] for row in "abcd"], 2)
    assert {row: [name for name in seen if name[0] == row] for row in "abcd"} == {
        row: [f"{row}{place}" for place in "123"] for row in "abcd"
    }


def test_after_a_failure_no_step_begins_and_it_is_raised(steps):
    def fail(step: Step) -> str:
        raise SeawallError(f"{step.name} failed")

    with pytest.raises(SeawallError, match="first failed"):
        steps.side_by_side([[("first", fail), ("then", lambda _: "")], [("other", lambda _: "")]], 1)
    assert steps.done == {}
