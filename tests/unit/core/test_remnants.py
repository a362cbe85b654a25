"""Programs of a killed act are known by their mark, and ended; nobody else's are."""

from pathlib import Path

from ops.core import remnants
from ops.core.run import stream

SLEEP = ["sh", "-c", "echo there; exec sleep 600"]


def test_programs_carry_the_mark_of_their_act_and_are_ended_by_it(tmp_path: Path) -> None:
    with remnants.marked(f"{tmp_path} one"), stream(SLEEP, timeout=60, ok=range(-9, 1)) as first:
        assert next(first.lines()) == "there"
        with remnants.marked(f"{tmp_path} other"), stream(SLEEP, timeout=60) as second:
            assert next(second.lines()) == "there"
            assert remnants.end(f"{tmp_path} one") == 1
            assert first.process.wait(60) == -9
            assert second.process.poll() is None
            second.dismiss()


def test_what_has_no_mark_is_left_alone(tmp_path: Path) -> None:
    with stream(SLEEP, timeout=60) as program:
        assert next(program.lines()) == "there"
        assert remnants.end(f"{tmp_path} one") == 0
        program.dismiss()


def test_the_mark_ends_with_its_block(tmp_path: Path) -> None:
    with remnants.marked("outer"):
        with remnants.marked("inner"):
            pass
        with stream(["sh", "-c", 'echo "$SEAWALL_ACT"'], timeout=60) as program:
            assert next(program.lines()) == "outer"
    with stream(["sh", "-c", 'echo "$SEAWALL_ACT."'], timeout=60) as program:
        assert next(program.lines()) == "."
