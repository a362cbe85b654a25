import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.core import pipe as module
from ops.core.errors import CommandError, CommandTimeout, Unavailable
from ops.core.pipe import pipe, reading


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


EATS = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"


def test_what_the_first_writes_the_second_reads(tmp_path: Path) -> None:
    pipe(python("print('x' * 3_000_000)"), [*python(EATS), tmp_path / "eaten"], timeout=30)
    assert (tmp_path / "eaten").stat().st_size == 3_000_001


def test_a_first_one_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="broken in the middle"):
        pipe(
            python("import sys; print('half'); sys.exit('broken in the middle')"),
            [*python(EATS), "/dev/null"],
            timeout=30,
        )


def test_a_second_one_that_leaves_early_is_named() -> None:
    with pytest.raises(CommandError, match="had enough"):
        pipe(["yes"], python("import sys; sys.stdin.read(9); sys.exit('had enough')"), timeout=30)


def test_a_second_one_that_is_not_there_is_named() -> None:
    with pytest.raises(Unavailable, match="program not found:"):
        pipe(["yes"], ["/no/such/program"], timeout=30)


def test_both_end_when_the_time_is_over() -> None:
    with pytest.raises(CommandTimeout):
        pipe(["sleep", "60"], ["cat"], timeout=0.3)


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    told: list[int] = []
    slow = "import sys, time; sys.stdout.write('x' * 70_000); sys.stdout.flush(); time.sleep(1.2)"
    pipe(python(slow), ["cat"], timeout=30, tell=told.append)
    assert max(told) >= 70_000


def test_a_second_one_that_has_enough_is_no_failure(tmp_path: Path) -> None:
    pipe(["yes"], ["head", "-n", "3"], timeout=30)


@pytest.fixture
def deadline() -> Iterator[None]:
    """End a wait for what never comes."""

    def late(_number: int, _frame: object) -> None:
        raise TimeoutError("it waits although the program has ended")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(40)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("deadline")
def test_nobody_waits_for_the_next_look_when_a_program_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 600.0)
    pipe(python("print('x')"), ["cat"], timeout=30)
    pipe(["yes"], ["head", "-n", "3"], timeout=30)
    reading(python("print('x')"), timeout=30)
