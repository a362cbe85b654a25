"""The words between a drill and the agent in an emulated machine, over a terminal in place of QEMU's port."""

import os
import select
import shutil
import socket
import subprocess
import sys
import termios
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ops.drills._qemu.agent_client import MARK, _frame, _frames
from ops.drills._qemu.bootable import AGENT
from ops.drills._qemu.machine import ASK

pytestmark = pytest.mark.skipif(not shutil.which("perl"), reason="the agent is written in Perl, which is not here")
SECONDS = 20.0


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal. As at QEMU's port at times, whoever reads what is not there yet reads nothing."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    settings = termios.tcgetattr(theirs)
    settings[6][termios.VMIN] = settings[6][termios.VTIME] = 0
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    yield ours, theirs
    os.close(theirs)


@pytest.fixture
def ports(tmp_path: Path, terminal: tuple[int, int]) -> Iterator[Path]:
    """A folder with one port, behind which an agent listens."""
    ours, theirs = terminal
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "port0"))
        door.listen()
        agent = subprocess.Popen(["perl", AGENT, os.ttyname(theirs)])
        threading.Thread(target=_joined, args=[door, ours], daemon=True).start()
        try:
            yield tmp_path
        finally:
            agent.kill()
            agent.wait()


def _joined(door: socket.socket, terminal: int) -> None:
    """Pass on what each asker says, and what it is answered, until the test closes both."""
    with suppress(OSError):
        while True:
            asker = door.accept()[0]
            while seen := select.select([asker, terminal], [], [])[0]:
                if terminal in seen:
                    asker.sendall(os.read(terminal, 4096))
                elif chunk := asker.recv(4096):
                    os.write(terminal, chunk)
                else:
                    break


def asked(ports: Path, *words: str, say: str = "") -> tuple[str, str, int]:
    argv = [sys.executable, str(ASK), str(ports), *words]
    done = subprocess.run(argv, input=say, capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.stdout, done.stderr, done.returncode


def test_output_errors_and_exit_code_are_the_programs_own(ports: Path) -> None:
    assert asked(ports, "sh", "-c", "echo out; echo err >&2; exit 7") == ("out\n", "err\n", 7)
    assert asked(ports, "sh", "-c", "kill -9 $$")[2] == 137
    assert asked(ports, "printf", "%s|", "two words", "", "last") == ("two words||last|", "", 0)


def test_a_program_that_is_not_there_is_told(ports: Path) -> None:
    said, errors, code = asked(ports, "no-such-program")
    assert (said, code) == ("", 127)
    assert "No such file" in errors


def test_input_that_comes_with_the_question_reaches_the_program(ports: Path) -> None:
    assert asked(ports, "cat", say="hello\n" * 5000) == ("hello\n" * 5000, "", 0)


def test_what_a_program_did_not_read_is_none_of_the_next_ones(ports: Path) -> None:
    assert asked(ports, "true", say="left over\n")[2] == 0
    assert asked(ports, "cat", say="mine\n") == ("mine\n", "", 0)


def test_a_talk_goes_to_and_fro(ports: Path) -> None:
    argv = [sys.executable, str(ASK), str(ports), "sh", "-c", "while read word; do echo $word $word; done"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as talk:
        assert talk.stdin
        assert talk.stdout
        for word in ("one", "two"):
            talk.stdin.write(f"{word}\n")
            talk.stdin.flush()
            assert talk.stdout.readline() == f"{word} {word}\n"
        talk.stdin.close()
        assert talk.wait(SECONDS) == 0


def test_a_question_that_comes_in_pieces_is_answered(ports: Path) -> None:
    """On a busy machine the agent reads nothing in the middle of a question, though its asker is there."""
    said = _frame(b"c", 7, b"echo\0mine")
    with socket.socket(socket.AF_UNIX) as port:
        port.settimeout(SECONDS)
        port.connect(str(ports / "port0"))
        for piece in (MARK, said[:5]):
            port.sendall(piece)
            _await_nothing_read()
        port.sendall(said[5:])
        assert next(_frames(port, 7)) == (b"o", b"mine\n")


def test_what_an_asker_left_running_ends_when_another_one_asks(ports: Path) -> None:
    words = [sys.executable, str(ASK), str(ports), "sh", "-c", "echo up; exec sleep 1000"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as gone:
        assert gone.stdout
        assert gone.stdout.readline() == "up\n"
        gone.kill()
    assert asked(ports, "echo", "mine") == ("mine\n", "", 0)


def _await_nothing_read() -> None:
    """Wait until the agent has looked in vain for more, several times, or has ended."""
    (agent,) = [child for child in psutil.Process().children() if child.name() == "perl"]
    before, deadline = agent.num_ctx_switches().voluntary, time.monotonic() + SECONDS
    while agent.status() != psutil.STATUS_ZOMBIE and agent.num_ctx_switches().voluntary < before + 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
