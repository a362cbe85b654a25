"""The one door to other programs.

No shell, no inherited input, a small environment, a deadline for every call, the program's whole process group killed
when it passes or the caller leaves. Of stderr a tail is kept: a talkative program neither blocks nor fills the memory.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import IO, cast

from ops.core.errors import CommandError, CommandTimeout
from ops.core.process import signal_group, started

TAIL_LINES = 60
LINE_CHARACTERS = 65_536  # of errors; a longer line is cut into several, for no program may fill the memory
LINE_COST = 64  # what a line takes in memory besides its characters, so that empty ones are no way around a limit
GRACE_SECONDS = 10.0
BLOCK = 1 << 20  # bytes that are held at once, where lines may have any length


@dataclass(frozen=True)
class Result:
    """What a finished program left: its exit code, its output and the tail of its errors."""

    code: int
    stdout: str
    stderr: str


# Says of a line on standard error whether it shows that no further attempt can succeed.
Hopeless = Callable[[str], bool]


@dataclass
class Stream:
    """A running program: read `lines()`, then the exit code is in `code` when the block is left."""

    argv: list[str]
    process: subprocess.Popen[str]
    hopeless: Hopeless | None = None
    errors: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))
    drained: threading.Event = field(default_factory=threading.Event)
    grace: float = GRACE_SECONDS  # for which it may clean up when it is ended
    timed_out: bool = False
    dismissed: bool = False
    most: int | None = None  # characters of a line, and of an answer, where it may be anybody's

    def lines(self) -> Iterator[str]:
        """Yield the lines of standard output as they come, without their line ends; raise CommandError for too long."""
        output = self.process.stdout
        assert output is not None  # noqa: S101 -- always piped, see stream()
        for line in output if self.most is None else iter(partial(output.readline, self.most + 1), ""):
            if self.most is not None and len(line) > self.most:
                raise self._talkative(self.most)
            yield line.rstrip("\n")

    def until(self, end: str, seconds: float | None = None) -> list[str] | None:
        """Return the lines before the next one that is `end`; None when the program has left without it.

        seconds: it is ended when the answer takes longer, by default never; raise CommandTimeout then, and CommandError
        for an answer of too many characters.
        """
        answer: list[str] = []
        size = 0
        with _awaited(self, seconds):
            for line in self.lines():
                if line == end:
                    return answer
                answer.append(line)
                size += len(line) + LINE_COST
                if self.most is not None and size > self.most:
                    raise self._talkative(self.most)
        if self.timed_out and seconds is not None:
            raise CommandTimeout(self.argv, seconds, self.stderr)
        return None

    def blocks_until(self, end: bytes, seconds: float | None = None) -> Generator[bytes, None, bool]:
        """Yield the lines before the next one that is `end`, as they are, many at once; return whether it came.

        A line of more than BLOCK bytes comes in several, one may be empty. All that the program said before must have
        been read, and it must wait when it has said `end`. seconds: see `until`.
        """
        output = cast("BufferedReader", cast("TextIOWrapper", self.process.stdout).buffer)
        rest, last = b"", end + b"\n"
        with _awaited(self, seconds):
            for block in iter(partial(output.read1, BLOCK), b""):
                cut = block.rfind(b"\n") + 1
                lines, rest = (rest + block[:cut], block[cut:]) if cut else (b"", rest + block)
                if lines == last or lines.endswith(b"\n" + last):
                    yield lines.removesuffix(last)
                    return True
                if len(rest) > BLOCK:
                    lines, rest = lines + rest, b""
                yield lines
        if self.timed_out and seconds is not None:
            raise CommandTimeout(self.argv, seconds, self.stderr)
        return False

    def _talkative(self, most: int) -> CommandError:
        return CommandError(self.argv, 1, f"it printed more than {most} characters")

    def all(self, most: int | None = None) -> str:
        """Return all of standard output, each line with its end; raise CommandError for more characters than `most`."""
        assert self.process.stdout is not None  # noqa: S101 -- always piped, see stream()
        text = self.process.stdout.read(-1 if most is None else most + 1)
        if most is not None and len(text) > most:
            raise self._talkative(most)
        return text if text.endswith("\n") or not text else f"{text}\n"

    def write(self, text: str) -> None:
        """Say something to a program that was started with `talk`."""
        assert self.process.stdin is not None  # noqa: S101 -- piped when the caller wants to talk
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # it has left; the end of its output and its exit code tell why

    def kill(self) -> None:
        """End the program and everything it started: first asked, unless it is given no grace, then forced."""
        if self.grace:
            signal_group(self.process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(self.grace)
        signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def dismiss(self) -> None:
        """End a program that is not needed any more; how it ends is no failure."""
        self.dismissed = True
        self.kill()

    def judge(self, timeout: float, ok: Collection[int]) -> None:
        """Raise CommandTimeout or CommandError for a program that has ended badly."""
        if self.timed_out:
            raise CommandTimeout(self.argv, timeout, self.stderr)
        if self.process.returncode not in ok and not self.dismissed:
            raise CommandError(self.argv, self.process.returncode, self.stderr)

    def last_words(self) -> str:
        """Return the tail of standard error of a program that has left or is leaving, once all of it was read."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE_SECONDS)
        self.drained.wait(GRACE_SECONDS)
        return self.stderr

    @property
    def stderr(self) -> str:
        """The tail of standard error."""
        return "\n".join(self.errors)


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    input: str | None = None,
    ok: Collection[int] = (0,),
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    hopeless: Hopeless | None = None,
    most: int | None = None,
) -> Result:
    """Run a program to its end and return its output.

    `timeout` is in seconds; a program that would go on trying is ended at the first line that is `hopeless`. `most`:
    how many characters it may print, where it may be anybody's. Raise Unavailable when there is no such program,
    CommandTimeout when it did not end in time, CommandError when its exit code is not in `ok`, or it printed too much.
    """
    with stream(argv, timeout=timeout, input=input, ok=ok, env=env, cwd=cwd, hopeless=hopeless) as program:
        stdout = program.all(most)
    return Result(program.process.returncode, stdout, program.stderr)


@contextmanager
def stream(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    input: str | IO[bytes] | None = None,
    ok: Collection[int] = (0,),
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: IO[bytes] | None = None,
    talk: bool = False,
    hopeless: Hopeless | None = None,
) -> Iterator[Stream]:
    """Run a program while the block reads its lines; leaving early kills it.

    `input` is a text, or an open file that it reads; `stdout` is an open file that its output goes to; `talk` keeps
    its input open for `write`, until the block is left. Errors as in `run`.
    """
    words = [os.fspath(word) for word in argv]
    reads = subprocess.PIPE if talk or isinstance(input, str) else input or subprocess.DEVNULL
    program = Stream(words, started(words, reads, env, cwd, stdout), hopeless)
    reader = threading.Thread(target=_drain, args=[program], daemon=True)
    reader.start()
    finished = False
    try:
        with _awaited(program, timeout):
            if isinstance(input, str):
                _feed(program, input)
            yield program
            if talk:
                _hung_up(program)
            program.process.wait()
            finished = True
    finally:
        _let_go(program, reader, finished)
        if talk:
            _hung_up(program)
    program.judge(timeout, ok)


@contextmanager
def talk(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    most: int,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[Stream]:
    """Run a program that the block talks with; a line or an answer may have so many characters. Errors as in `run`."""
    with stream(argv, timeout=timeout, env=env, cwd=cwd, talk=True) as program:
        program.most = most
        yield program


def _hung_up(program: Stream) -> None:
    with suppress(BrokenPipeError):  # it left without hearing the last words
        if program.process.stdin:
            program.process.stdin.close()


def _let_go(program: Stream, reader: threading.Thread, finished: bool) -> None:
    if not finished:
        program.kill()
    ended = not finished or program.timed_out or program.dismissed
    reader.join(program.grace if ended else GRACE_SECONDS)  # another process may hold its errors open
    if program.process.stdout:
        program.process.stdout.close()


def _feed(program: Stream, text: str) -> None:
    """Write the input from a thread of its own, so that a program that talks first cannot block us."""
    pipe = program.process.stdin
    assert pipe is not None  # noqa: S101 -- piped when there is input

    def write() -> None:
        try:
            pipe.write(text)
            pipe.close()
        except (BrokenPipeError, ValueError):
            pass  # the program left without reading all; its exit code tells

    threading.Thread(target=write, daemon=True).start()


def _drain(program: Stream) -> None:
    errors = program.process.stderr
    assert errors is not None  # noqa: S101 -- always piped
    for line in iter(lambda: errors.readline(LINE_CHARACTERS), ""):
        program.errors.append(line.rstrip("\n"))
        if program.hopeless and program.hopeless(line):
            program.hopeless = None
            threading.Thread(target=program.kill, daemon=True).start()  # it may clean up, but not for ever
    errors.close()
    program.drained.set()


@contextmanager
def _awaited(program: Stream, seconds: float | None) -> Iterator[None]:
    """End a program whose answer takes longer than so many seconds."""
    if seconds is None:
        yield
        return
    watch = threading.Timer(seconds, _expire, [program])
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _expire(program: Stream) -> None:
    program.timed_out = True
    program.kill()
