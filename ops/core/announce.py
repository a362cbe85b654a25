"""What long work says while it goes on, one line at a time: progress for a person or the journal, never a result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ops.core.terminal import plain


def _to_terminal(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def to_errors(line: str) -> None:
    """Write a line to standard error, where it is in nobody's way who reads the result."""
    sys.stderr.write(f"{plain(line)}\n")
    sys.stderr.flush()


_listener: Callable[[str], None] = _to_terminal


def announce(line: str) -> None:
    """Hand one line to whoever listens; standard output unless `heard_by` says otherwise."""
    _listener(line)


@contextmanager
def heard_by(listener: Callable[[str], None]) -> Iterator[None]:
    """Hand the lines of a block to a listener."""
    global _listener  # noqa: PLW0603 -- threads of one command speak to the same listener
    before, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = before
