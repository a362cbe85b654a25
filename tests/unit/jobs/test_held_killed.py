"""A drill that is killed while it holds a system for a person: its note names processes that are others' by then."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.core.errors import UsageError
from ops.jobs.drill import hold

HOLDS = """
from pathlib import Path
from ops.jobs.drill import hold
from ops.jobs.drill.options import DrillOptions
hold.hold("his", ["/bin/echo", "inside"], DrillOptions(keep="ticket", approver="it"), Path("/words"))
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    hold.note("his").parent.mkdir(parents=True)
    return tmp_path


@contextmanager
def holding() -> Iterator[subprocess.Popen[str]]:
    """A process that holds a system, as soon as it says so."""
    words = [sys.executable, "-c", HOLDS]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            assert "held until" in process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_what_is_held_can_be_entered_while_its_drill_lives() -> None:
    with holding():
        assert hold.is_held("his")
        assert hold._kept("his").enter == ("/bin/echo", "inside")


@pytest.mark.parametrize("verb", ["enter", "words", "end"])
def test_nothing_is_entered_after_the_drill_was_killed(verb: str) -> None:
    with holding() as process:
        process.kill()
        process.wait(60)
        assert hold.note("his").exists()
        assert not hold.is_held("his")
    words = [sys.executable, "-m", "ops", "drill", verb, "his"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    assert "the drill that held his was killed: nothing of it is left" in done.stderr


def test_the_next_drill_holds_its_own() -> None:
    with holding() as process:
        process.kill()
    with pytest.raises(UsageError):
        hold._kept("his")
    with holding():
        assert hold._kept("his").reason == "ticket"
