"""A connector for pyinfra that runs OpenSSH itself, with a deadline and a limit on what a machine may say.

It waits as any program does and needs nothing patched: ask several machines from several threads. pyinfra's own
connector speaks SSH by itself, and knows neither jump hosts nor the rest of an administrator's settings.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import IOBase
from typing import IO, Any, TypedDict, cast

from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import ConnectError
from pyinfra.api.util import get_file_io
from pyinfra.connectors.base import BaseConnector, DataMeta
from pyinfra.connectors.util import CommandOutput, OutputLine, extract_control_arguments, make_unix_command_for_host

from ops.core.errors import CommandTimeout, SeawallError
from ops.core.run import Stream, run, stream
from ops.fleet.ssh.openssh import Way, environment
from ops.fleet.ssh.text import last_line, lines_of

TIMEOUT = 30  # seconds for a command, its connection included
LIMIT = 4 << 20  # characters that a machine may say
FAILED = 255  # how ssh ends when it is ssh that failed
FILE_SECONDS = 600.0
NO_GRACE = 0.0  # ssh hands on to the control connection that it shall end, and that may have other users


@dataclass(frozen=True)
class Programs:
    """The ssh programs of several threads; `stop` ends all that run, and no other begins."""

    running: list[Stream] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def having(self, program: Stream) -> Iterator[None]:
        """Know a program while the block lasts; raise ConnectError when all were stopped."""
        with self.lock:
            if self.stopped.is_set():
                raise ConnectError("was no longer asked")
            self.running.append(program)
        try:
            yield
        finally:
            with self.lock:
                self.running.remove(program)

    def stop(self) -> None:
        """End them; what they run on the machines is not theirs to end, if the machine's systemd runs it."""
        with self.lock:
            self.stopped.set()
            for program in self.running:
                program.dismiss()


class Data(TypedDict):
    """What a host's data say to this connector. openssh_limit: characters that one command may answer."""

    openssh_way: Way
    openssh_limit: int
    openssh_programs: Programs


@dataclass(frozen=True)
class Reply:
    """What the last command left: its exit code, all of its output, and the tail of its errors."""

    code: int
    output: str
    errors: str


class OpenSSHConnector(BaseConnector):
    """One machine, reached by OpenSSH over a control connection that lives on for a while."""

    handles_execution = True
    data_cls = Data
    data_meta = {  # noqa: RUF012 -- as the base class has it
        "openssh_way": DataMeta("the way to the machine"),
        "openssh_limit": DataMeta("characters that one command may answer", LIMIT),
        "openssh_programs": DataMeta("the programs that run"),
    }
    data: Data
    reply: Reply | None = None

    @staticmethod
    def make_names_data(name: str) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        """Yield the host of a name; its way stands in its data."""
        yield name, {}, []

    @property
    def way(self) -> Way:
        """The way to the machine."""
        return self.data["openssh_way"]

    def run_shell_command(
        self, command: StringCommand, print_output: bool = False, print_input: bool = False, **arguments: Any
    ) -> tuple[bool, CommandOutput]:
        """Run a command and return whether it ended well, and its output; raise ConnectError when ssh failed."""
        control = extract_control_arguments(cast(Any, arguments))
        words = self.remote(command, **arguments)
        stdin = control.get("_stdin")
        self.reply = self._asked(words, control.get("_timeout") or TIMEOUT, stdin if stdin is None else str(stdin))
        good = self.reply.code in (control.get("_success_exit_codes") or [0])
        lines = [OutputLine("stdout", line) for line in lines_of(self.reply.output)]
        return good, CommandOutput([*lines, *(OutputLine("stderr", line) for line in lines_of(self.reply.errors))])

    def remote(self, command: StringCommand, **arguments: Any) -> str:
        """Return the text for the machine's shell that runs a command as pyinfra means it."""
        arguments["_sudo"] = arguments.get("_sudo") or self.way.become
        return str(make_unix_command_for_host(self.state, self.host, command, **arguments).get_raw_value())

    def _asked(self, words: str, timeout: float, stdin: str | None) -> Reply:
        limit = self.data["openssh_limit"]
        try:
            with self._program(words, timeout, stdin) as program:
                assert program.process.stdout is not None  # noqa: S101 -- always piped
                output = program.process.stdout.read(limit + 1)
                if len(output) > limit:
                    program.dismiss()
                    raise ConnectError(f"sent more than {limit} characters; none were read")
        except CommandTimeout as error:
            raise ConnectError(f"does not answer: no complete answer within {timeout:g} s") from error
        if program.process.returncode == FAILED:
            raise ConnectError(f"does not answer: {last_line(program.stderr)}")
        return Reply(program.process.returncode, output, program.stderr)

    def follow(self, command: StringCommand, told: Callable[[str], None], *, silence: float, timeout: float) -> None:
        """Hand on each line that a command says, as it says it; raise ConnectError when it does not end by itself.

        silence, timeout: seconds that it may say nothing, and that it may last.
        """
        try:
            with self._program(self.remote(command), timeout, None) as program, _watched(program, silence) as heard:
                assert program.process.stdout is not None  # noqa: S101 -- always piped
                while line := program.process.stdout.readline(self.data["openssh_limit"]):
                    heard.set()
                    told(line.rstrip("\n"))
        except CommandTimeout as error:
            raise ConnectError(f"the connection was lost: nothing heard within {timeout:g} s") from error
        if program.dismissed:
            raise ConnectError(f"the connection was lost: nothing heard for {silence:g} s")
        if program.process.returncode:
            raise ConnectError(f"the connection was lost: {last_line(program.stderr)}")

    def put_file(
        self,
        filename_or_io: str | IOBase,
        remote_filename: str,
        remote_temp_filename: str | None = None,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> bool:
        """Write a file there, by way of a temporary one beside it; raise ConnectError."""
        part = shlex.quote(remote_temp_filename or f"{remote_filename}.part")
        words = StringCommand(f"cat >{part} && mv -f -- {part} {shlex.quote(remote_filename)}")
        with get_file_io(cast(Any, filename_or_io)) as file, tempfile.TemporaryFile() as spool:
            content = file.read()
            spool.write(content if isinstance(content, bytes) else content.encode())
            spool.seek(0)
            return self._moved(words, spool, None)

    def get_file(
        self,
        remote_filename: str,
        filename_or_io: str | IOBase,
        remote_temp_filename: str | None = None,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> bool:
        """Read a file from there; raise ConnectError."""
        command = StringCommand("cat", "--", shlex.quote(remote_filename))
        with tempfile.TemporaryFile() as spool, get_file_io(cast(Any, filename_or_io), "wb") as file:
            good = self._moved(command, None, spool)
            spool.seek(0)
            shutil.copyfileobj(spool, file)
            return good

    def _moved(self, command: StringCommand, stdin: IO[bytes] | None, stdout: IO[bytes] | None) -> bool:
        words = self.way.argv(self.remote(command))
        with stream(
            words, timeout=FILE_SECONDS, ok=range(256), env=environment(), input=stdin, stdout=stdout
        ) as program:
            pass
        if program.process.returncode == FAILED:
            raise ConnectError(f"does not answer: {last_line(program.stderr)}")
        return program.process.returncode == 0

    @contextmanager
    def _program(self, command: str, timeout: float, stdin: str | None) -> Iterator[Stream]:
        """Run ssh while the block reads."""
        try:
            words = self.way.argv(command)
        except (SeawallError, OSError) as error:
            raise ConnectError(f"can't be asked: {error}") from error
        with stream(words, timeout=timeout, input=stdin, ok=range(256), env=environment()) as program:
            program.grace = NO_GRACE
            with self.data["openssh_programs"].having(program):
                yield program

    def disconnect(self) -> None:
        """Close the control connection; nothing else ends it before its time."""
        run(
            ["ssh", *self.way.words(), "-O", "exit", "--", self.way.address],
            timeout=20,
            ok=range(256),
            env=environment(),
        )


@contextmanager
def _watched(program: Stream, silence: float) -> Iterator[threading.Event]:
    """Dismiss a program when the event that the block sets at each sign of life was not set for so many seconds."""
    heard, over = threading.Event(), threading.Event()

    def watch() -> None:
        while heard.wait(silence):
            heard.clear()  # before it is asked whether all is over: whoever says so sets the event once more
            if over.is_set():
                return
        if not over.is_set():
            program.dismiss()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield heard
    finally:
        over.set()
        heard.set()
        watcher.join()
