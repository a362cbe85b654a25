"""Root's side of the way into a container: it runs one of a few programs there for whoever reached its socket.

systemd starts it for each call, with the socket as descriptor 3. A call is one message: a JSON list of the program and
its words, with the caller's own input, output and errors as descriptors. The answer is the exit code. The program ends
with the caller: podman closes its input then. What the caller may choose stands behind the container's name, so that
none of it is an option of podman's. This program is run by its path, alone, and imports nothing of ours.
"""

import array
import json
import os
import select
import socket
import subprocess  # noqa: TID251 -- runs alone, without our package
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

LISTENED = 3  # the descriptor that systemd hands over
LARGEST = 131_072  # bytes of a call
STREAMS = 3
REFUSED = 126
ABSENT = 127  # podman's and docker's code for a program that is not in the container
GRACE = 10.0  # seconds that a program has to end when its caller has gone
LOOK_SECONDS = 20
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}  # as every program of ours has it
_OF_A_NUMBER = frozenset("0123456789abcdef")
_GONE = select.POLLHUP | select.POLLRDHUP


def main(engine: str, container: str, account: str, programs: Sequence[str]) -> int:
    """Serve one call, and return the exit code of this program itself."""
    with socket.socket(fileno=LISTENED) as caller:
        message, streams = received(caller)
        try:
            words, why = understood(message, programs)
            if len(streams) != STREAMS or why:
                told(streams, why or "expected its input, output and errors with it")
                code = REFUSED
            else:
                code = entered([engine, container, account], words, streams, caller)
        finally:
            for stream in streams:
                os.close(stream)
        with suppress(OSError):  # it has gone
            caller.send(str(code).encode())
    return 0


def received(caller: socket.socket) -> "tuple[bytes, list[int]]":
    """Return a call, and the descriptors that came with it; more of them than are wanted are none at all."""
    numbers = array.array("i")
    message, extra, flags, _ = caller.recvmsg(LARGEST, socket.CMSG_SPACE((STREAMS + 1) * numbers.itemsize))
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        message = b""
    return message, list(numbers)


def understood(message: bytes, programs: Sequence[str]) -> "tuple[list[str], str]":
    """Return the words of a call, or why it is refused."""
    try:
        words: Any = json.loads(message)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        return [], "not a call: expected a program and its words, of at most 128 KiB"
    if words[0] not in programs:
        return [], f"only {', '.join(programs)} may be run in a container"
    return ([], "a word holds a zero byte") if any("\0" in word for word in words) else (words, "")


def entered(place: Sequence[str], words: Sequence[str], streams: Sequence[int], caller: socket.socket) -> int:
    """Run a program in the container until it ends, or its caller has gone; return its exit code."""
    engine, container, account = place
    if is_number(engine, container):
        told(streams, absent(engine, container))
        return REFUSED
    given = [f"--env={name}={value}" for name, value in ENVIRONMENT.items()]
    argv = [engine, "exec", "--interactive", f"--user={account}", *given, container, *words]
    try:
        program = subprocess.Popen(argv, stdin=streams[0], stdout=streams[1], stderr=streams[2], cwd="/")
    except OSError as error:
        told(streams, f"{engine} can't be started: {error.strerror}")
        return REFUSED
    code = awaited(program, caller)
    if code:
        why = reason(engine, container)
        told(streams, why or (f"the container {container} has no {words[0]}" if code == ABSENT else ""))
    return code if code >= 0 else 128 - code


def awaited(program: "subprocess.Popen[bytes]", caller: socket.socket) -> int:
    """Wait until a program has ended; end it when its caller has gone."""
    ended = os.pidfd_open(program.pid)
    watch = select.poll()
    watch.register(ended, select.POLLIN)
    watch.register(caller, _GONE)
    try:
        if any(number == caller.fileno() for number, _ in watch.poll()):
            program.terminate()
            try:
                program.wait(GRACE)
            except subprocess.TimeoutExpired:
                program.kill()
    finally:
        os.close(ended)
    return program.wait()


def is_number(engine: str, container: str) -> bool:
    """Whether podman would take a name for the beginning of another container's number, for none has that name."""
    if not set(container) <= _OF_A_NUMBER:
        return False
    name, why = looked(engine, container, "Name")
    return not why and name.removeprefix("/") != container  # docker writes /db


def reason(engine: str, container: str) -> str:
    """Return what about a container keeps programs from being run in it; nothing where it runs."""
    status, why = looked(engine, container, "State.Status")
    if why or status == "running":
        return why
    return f"the container {container} is not running, but {status[:20]}: {engine} start {container}, or unpause"


def looked(engine: str, container: str, what: str) -> "tuple[str, str]":
    """Return a field of what podman knows of a container, or why it can't be had."""
    argv = [engine, "container", "inspect", f"--format={{{{.{what}}}}}", container]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=LOOK_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "", f"{engine} does not answer"
    except OSError as error:
        return "", f"{engine} can't be started: {error.strerror}"
    if done.returncode:
        return "", absent(engine, container)
    return done.stdout.decode("utf-8", "replace").strip(), ""


def absent(engine: str, container: str) -> str:
    """Return that there is no such container, with what to do."""
    return (
        f"there is no container {container}: {engine} ps --all lists them; if it has another name by now, "
        f"correct `container` in the policy and run playbooks/site.yml"
    )


def told(streams: Sequence[int], words: str) -> None:
    """Say something where the program would have."""
    if words and len(streams) == STREAMS:
        with suppress(OSError):  # nobody listens any more
            os.write(streams[2], f"{words}\n".encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
