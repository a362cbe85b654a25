import os
import time
from functools import partial
from pathlib import Path

import pytest

from ops.core.errors import CommandError, CommandTimeout, Unavailable
from ops.core.run import run, stream, talk


def test_output_and_errors_are_kept_apart() -> None:
    result = run(["sh", "-c", "echo out; echo err >&2"], timeout=10)
    assert (result.stdout, result.stderr) == ("out\n", "err")


def test_input_reaches_the_program() -> None:
    assert run(["cat"], timeout=10, input="text").stdout == "text\n"


def test_a_failure_says_what_the_program_said() -> None:
    with pytest.raises(CommandError, match="code 3: no such patient") as caught:
        run(["sh", "-c", "echo no such patient >&2; exit 3"], timeout=10)
    assert caught.value.exit_code == 3


def test_the_first_error_is_told_too_for_it_is_the_cause() -> None:
    said = ["connecting", "error: no space left", "Command was: COPY", "  of a table", "", "error: a worker died"]
    with pytest.raises(CommandError) as caught:
        run(["sh", "-c", 'printf "%s\\n" "$@" >&2; exit 1', "sh", *said], timeout=10)
    assert str(caught.value) == "sh failed with code 1: error: no space left |   of a table | error: a worker died"


def test_expected_codes_are_results() -> None:
    assert run(["sh", "-c", "exit 3"], timeout=10, ok=(0, 3)).code == 3


def test_a_missing_program_is_named() -> None:
    with pytest.raises(Unavailable, match="program not found: /nowhere/at-all"):
        run(["/nowhere/at-all"], timeout=10)


def ended(pid: int) -> bool:
    """Whether a process ends within half a minute; one that was killed may still wait for its turn to die."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if ") Z" in Path(f"/proc/{pid}/stat").read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        os.sched_yield()
    return False


def test_the_deadline_ends_grandchildren_too(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(CommandTimeout, match="did not finish within 1 s"):
        run(["sh", "-c", f"sh -c 'echo $$ > {pid}; exec sleep 600' & wait"], timeout=1)
    assert ended(int(pid.read_text()))


def test_much_noise_on_stderr_blocks_nothing() -> None:
    result = run(["sh", "-c", "head -c 2000000 /dev/zero | tr '\\0' '\\n' >&2; echo done"], timeout=30)
    assert result.stdout == "done\n"


def test_leaving_early_ends_the_program() -> None:
    with pytest.raises(KeyError):
        with stream(["sh", "-c", "echo $$; exec sleep 600"], timeout=60) as program:
            pid = int(next(program.lines()))
            raise KeyError
    assert not Path(f"/proc/{pid}").exists()


def test_lines_come_while_the_program_runs() -> None:
    with stream(["sh", "-c", "echo one; read word; echo $word"], timeout=30, talk=True) as program:
        lines = program.lines()
        assert next(lines) == "one"
        program.write("two\n")
        assert next(lines) == "two"


def test_the_environment_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTIC_PASSWORD", "secret")
    assert "RESTIC_PASSWORD" not in run(["env"], timeout=10).stdout
    assert os.environ["RESTIC_PASSWORD"] == "secret"


def test_bytes_that_are_no_text_do_not_break_the_reading() -> None:
    assert run(["printf", "\\377x"], timeout=10).stdout.endswith("x\n")


def test_a_hopeless_program_that_does_not_end_when_it_is_asked_is_forced() -> None:
    """As restic: it removes its lock first, which it tries for a quarter of an hour on a disk that is dead."""
    script = "trap '' TERM; read go; echo disk full >&2; while :; do sleep 0.1; done"
    full = partial(str.__contains__, "disk full\n")
    with (
        pytest.raises(CommandError, match="disk full"),
        stream(["sh", "-c", script], timeout=60, talk=True, hopeless=full) as program,
    ):
        program.grace = 0.2
        program.write("go\n")
        assert [*program.lines()] == []


def test_a_program_that_would_try_for_ever_is_ended_at_the_first_hopeless_line() -> None:
    script = "while :; do echo 'disk full, retrying' >&2; sleep 0.2; done"
    with pytest.raises(CommandError, match="disk full"):
        run(["sh", "-c", script], timeout=60, hopeless=lambda line: "disk full" in line)


def test_the_last_words_of_a_program_are_all_there() -> None:
    """Its output may end long before what it says on standard error was read."""
    late = (
        "exec >&-; sleep 0.3; i=0; while [ $i -lt 200 ]; do echo line $i >&2; i=$((i + 1)); done; echo why >&2; exit 3"
    )
    with pytest.raises(CommandError), stream(["sh", "-c", late], timeout=30) as program:
        assert list(program.lines()) == []
        assert program.last_words().splitlines()[-1] == "why"


def test_a_program_that_prints_too_much_is_ended() -> None:
    with pytest.raises(CommandError, match="yes failed with code 1: it printed more than 1000 characters"):
        run(["yes"], timeout=30, most=1000)
    assert run(["printf", "a\nb"], timeout=30, most=4).stdout == "a\nb\n"


def test_a_line_and_an_answer_have_their_limit() -> None:
    with talk(["cat"], timeout=30, most=1000) as program:
        program.write("a\nb\nend\n" + "c" * 900 + "\nend\n")
        assert program.until("end") == ["a", "b"]
        assert program.until("end") == ["c" * 900]
        program.dismiss()
    for endless in ("exec tr '\\0' x </dev/zero", "yes", "yes ''"):
        with pytest.raises(CommandError, match="more than 1000 characters"):
            answered(endless)


def answered(script: str, seconds: float | None = None) -> list[str] | None:
    with talk(["sh", "-c", script], timeout=30, most=1000) as program:
        return program.until("end", seconds)


def test_an_answer_that_does_not_come_is_not_waited_for() -> None:
    with pytest.raises(CommandTimeout, match="did not finish within 1 s"):
        answered("echo begun; exec sleep 600", 1)
    assert answered("echo begun") is None
    assert answered("echo begun; echo end", 20) == ["begun"]


def test_where_memory_runs_out_a_program_ends_before_us() -> None:
    ours = int(Path("/proc/self/oom_score_adj").read_text())
    with talk(["cat"], timeout=10, most=100) as program:
        theirs = int(Path(f"/proc/{program.process.pid}/oom_score_adj").read_text())
    assert theirs > ours
