"""A connection is watched for signs of life; whoever ends it never waits for the watcher."""

from __future__ import annotations

import threading

import pytest

from ops.core.run import stream
from ops.fleet.ssh import connector

WITHIN = 20.0  # seconds


class Slow(threading.Event):
    """An event that is cleared only after it was set once more, as on a busy machine."""

    def __init__(self) -> None:
        super().__init__()
        self.clearing, self.again = OWN(), OWN()

    def set(self) -> None:
        super().set()
        if self.clearing.is_set():
            self.again.set()

    def clear(self) -> None:
        self.clearing.set()
        self.again.wait(WITHIN)
        super().clear()


OWN = threading.Event


def test_an_end_right_after_a_line_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    def followed() -> None:
        with stream(["true"], timeout=60) as program:
            monkeypatch.setattr(connector.threading, "Event", Slow)
            watched = connector._watched(program, threading.TIMEOUT_MAX)
            heard = watched.__enter__()
            monkeypatch.undo()
            assert isinstance(heard, Slow)
            heard.set()
            heard.clearing.wait(WITHIN)
            watched.__exit__(None, None, None)

    whoever = threading.Thread(target=followed, daemon=True)
    whoever.start()
    whoever.join(WITHIN)
    assert not whoever.is_alive()


def test_a_program_that_says_nothing_is_dismissed() -> None:
    with stream(["sleep", "600"], timeout=700) as program, connector._watched(program, 0.1):
        program.process.wait(WITHIN)
    assert program.dismissed


def test_a_program_that_says_something_is_left_alone() -> None:
    with stream(["cat"], timeout=60, talk=True) as program:
        with connector._watched(program, WITHIN) as heard:
            heard.set()
        assert program.process.poll() is None
    assert not program.dismissed
