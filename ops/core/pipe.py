"""Two programs, the output of the first one the input of the second; the kernel carries the data."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from ops.core.errors import CommandError
from ops.core.run import Stream, stream

LOOK_SECONDS = 0.5  # between two words about how far it is
ROOT = Path("/")  # a folder that every account may enter
Told = Callable[[int], None]


def pipe(
    source: Sequence[str | Path],
    sink: Sequence[str | Path],
    *,
    timeout: float,
    tell: Told = lambda _: None,
    output: IO[bytes] | None = None,
) -> None:
    """Run both to their ends; `tell` is told now and then how many bytes the first one has written.

    output: where what the second one prints goes; by default nowhere.
    Raise Unavailable when one of the programs is not there, CommandError or CommandTimeout when one of them fails.
    When both fail, the first one is blamed for what it broke: the second then only found its input cut off.
    """
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as there, os.fdopen(writing, "wb") as here, Path(os.devnull).open("wb") as nowhere:
        with stream(sink, timeout=timeout, input=there, stdout=output or nowhere, cwd=ROOT) as eater:
            there.close()
            try:
                with stream(source, timeout=timeout, stdout=here, cwd=ROOT) as feeder:
                    here.close()
                    _watch(feeder, eater, tell)
            except CommandError as error:
                if error.exit_code != -signal.SIGPIPE:
                    eater.dismiss()
                    raise
            # A reader that has all it wanted may leave early; one that failed says why when its block ends.
            eater.process.wait()


def reading(
    argv: Sequence[str | Path], *, timeout: float, tell: Told = lambda _: None, output: IO[bytes] | None = None
) -> None:
    """Run a program to its end; `tell` is told now and then how many bytes it and those it started have read.

    output: where what it prints goes; by default nowhere.
    Raise Unavailable when the program is not there, CommandError or CommandTimeout when it fails.
    """
    with (
        Path(os.devnull).open("wb") as nowhere,
        stream(argv, timeout=timeout, stdout=output or nowhere, cwd=ROOT) as reader,
    ):
        while reader.process.poll() is None:
            tell(_read(reader.process.pid))
            _wait_for_an_end(reader)


def _watch(feeder: Stream, eater: Stream, tell: Told) -> None:
    """Say how much was written, until the first program has ended, or the second one has left."""
    while feeder.process.poll() is None:
        if eater.process.poll() is not None:
            feeder.dismiss()
            return
        tell(_written(feeder.process.pid))
        _wait_for_an_end(feeder, eater)


def _wait_for_an_end(*programs: Stream) -> None:
    """Wait until one of some programs ends, at most until the next word about how far it is."""
    ends = select.poll()
    with ExitStack() as watched, suppress(ProcessLookupError):  # one is gone already
        for program in programs:
            end = os.pidfd_open(program.process.pid)
            watched.callback(os.close, end)
            ends.register(end, select.POLLIN)
        ends.poll(LOOK_SECONDS * 1000)


def _read(process: int) -> int:
    """Return how many bytes a process and those it started have read so far, as far as they may be looked at."""
    import psutil

    total = 0
    with suppress(psutil.Error):
        first = psutil.Process(process)
        for one in [first, *first.children(recursive=True)]:
            with suppress(psutil.Error):
                total += int(one.io_counters().read_chars)
    return total


def _written(process: int) -> int:
    """Return how many bytes a process has written so far, 0 when it has just ended or may not be looked at."""
    import psutil

    try:
        return int(psutil.Process(process).io_counters().write_chars)
    except psutil.Error:
        return 0
