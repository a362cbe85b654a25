"""The program between a dump and the repository: what it passes on, and what it does not believe."""

import subprocess
import sys
from pathlib import Path

import pytest

from ops.sources._shared.stream_guard import watched

SHELL = ("/bin/sh", "-c")


def watch(script: str, **demands: object) -> tuple[int, bytes, str]:
    argv = watched([*SHELL, script], **demands)  # type: ignore[arg-type]
    ended = subprocess.run(argv, capture_output=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr.decode()


@pytest.mark.parametrize(
    ("script", "demands"),
    [
        ("printf abc", {}),
        ("printf abc", {"least": 3}),
        ("printf 'data\\nEND'", {"end": "END"}),
        ("printf 'data\\n-- END of it\\n\\n  \\n'", {"end": "END"}),
        ("head -c 3000000 /dev/zero; echo; echo END", {"end": "END", "least": 3_000_000}),
        ("true", {}),
    ],
)
def test_what_is_whole_is_passed_on_byte_by_byte(script: str, demands: dict) -> None:
    code, output, told = watch(script, **demands)
    assert (code, told) == (0, "")
    assert output == subprocess.run([*SHELL, script], capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("script", "demands", "words"),
    [
        ("printf abc; exit 3", {}, "exited with code 3"),
        ("printf 'data\\nEND'; exit 3", {"end": "END"}, "exited with code 3"),
        ("kill -TERM $$", {}, "was killed (signal 15)"),
        ("printf abc", {"least": 4}, "has 3 bytes; expected 4 or more"),
        ("true", {"end": "END"}, "is truncated: 'END' is not in its last line"),
        ("printf 'END\\nmore'", {"end": "END"}, "is truncated"),
        ("printf 'data\\nEN'", {"end": "END"}, "is truncated"),
        ("cat; printf END; exit 1", {"end": "END"}, "exited with code 1"),
    ],
)
def test_what_is_not_whole_fails_and_says_why(script: str, demands: dict, words: str) -> None:
    code, _, told = watch(script, **demands)
    assert code > 0
    assert words in told


def test_a_program_that_is_not_there_is_told() -> None:
    ended = subprocess.run(watched(["/no/such/program"]), capture_output=True, check=False)
    assert ended.returncode == 127
    assert b"/no/such/program can't be started: No such file" in ended.stderr


def test_it_runs_alone_without_our_package(tmp_path: Path) -> None:
    argv = watched(["/bin/echo", "data"])
    assert argv[:3] == [sys.executable, "-I", "-S"]
    assert subprocess.run(argv, capture_output=True, check=True, cwd=tmp_path, env={}).stdout == b"data\n"


def test_a_reader_that_leaves_ends_it() -> None:
    with subprocess.Popen(watched([*SHELL, "yes"]), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        assert running.stdout.read(4) == b"y\ny\n"
        running.stdout.close()
        assert running.wait(20) != 0
