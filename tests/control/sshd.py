"""Real SSH servers on loopback, each with its own key, port and folder of programs."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.core.run import stream

PROGRAM = "/usr/sbin/sshd"
USER = pwd.getpwuid(os.getuid()).pw_name  # a server that does not run as root lets nobody else in
WITHIN = 60.0  # seconds
SETTINGS = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
LogLevel VERBOSE
# Else bash reads the .bashrc of whoever runs this, which may do anything.
SetEnv PATH={folder}/bin:/usr/bin:/bin SHLVL=2 SEAWALL_ROOT={folder}
{more}
"""


@dataclass(frozen=True)
class Server:
    """A running server. log: what it says of every connection and session."""

    folder: Path
    port: int
    process: subprocess.Popen[str]

    @property
    def known(self) -> str:
        """Its line in a file of known hosts."""
        return f"[127.0.0.1]:{self.port} {(self.folder / 'host_key.pub').read_text()}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def connections(self) -> list[int]:
        """The processes that serve its connections."""
        pid = self.process.pid
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def program(self, name: str, text: str) -> None:
        """Give its sessions a program."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)


def keygen(path: Path) -> str:
    """Make a key without a password and return its public half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path.with_name(f"{path.name}.pub").read_text()


@contextmanager
def serve(folder: Path, public: str, more: str = "") -> Iterator[Server]:
    """Run a server that lets in whoever has the key, until the block is left. more: further settings."""
    keygen(folder / "host_key")
    (folder / "authorized_keys").write_text(public)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (folder / "sshd_config").write_text(SETTINGS.format(port=port, folder=folder, more=more))
    words = [PROGRAM, "-D", "-E", folder / "log", "-f", folder / "sshd_config"]
    (folder / "log").touch()
    with stream(words, timeout=600, ok=range(256)) as program:
        deadline = time.monotonic() + WITHIN
        while "Server listening" not in (folder / "log").read_text():
            assert program.process.poll() is None, program.last_words() or (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.01)
        server = Server(folder, port, program.process)
        yield server
        with contextlib.suppress(OSError):  # a test may have killed it
            for pid in server.connections:  # which clients keep, and which keep its output open
                os.kill(pid, signal.SIGTERM)
        program.dismiss()


class Relay:
    """A way to a server that can go dead as a network does: what goes over the connections so far gets nowhere."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.dead: set[int] = set()
        self.count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Let nothing more through on the connections that there are; new ones work."""
        self.dead.update(range(self.count))

    def _accept(self) -> None:
        while True:
            try:
                outside, _ = self.listener.accept()
            except OSError:
                return  # closed: the test is over
            inside = socket.create_connection(("127.0.0.1", self.target))
            for one, other in ((outside, inside), (inside, outside)):
                threading.Thread(target=self._carry, args=[self.count, one, other], daemon=True).start()
            self.count += 1

    def _carry(self, number: int, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while (content := one.recv(65536)) or number in self.dead:
                if number in self.dead:
                    return
                other.sendall(content)
            other.shutdown(socket.SHUT_WR)
