"""SSH servers on loopback for the tests of the fleet: real handshakes, answers as wanted."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko


@dataclass(frozen=True)
class Reply:
    """What a machine says to any command, and whether it is gone before it has said how the command ended."""

    output: str = ""
    errors: str = ""
    code: int = 0
    gone: bool = False


class _Server(paramiko.ServerInterface):
    def __init__(self, reply: Reply, commands: list[str]) -> None:
        self.reply = reply
        self.commands = commands

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return int(paramiko.AUTH_SUCCESSFUL)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.commands.append(command.decode())
        threading.Thread(target=self._answer, args=[channel], daemon=True).start()
        return True

    def _answer(self, channel: paramiko.Channel) -> None:
        time.sleep(0.3)  # the request itself is acknowledged first, by the thread that called
        try:
            channel.sendall(self.reply.output.encode())
            channel.sendall_stderr(self.reply.errors.encode())
        except OSError:
            return  # whoever asked has heard enough
        if self.reply.gone:
            channel.get_transport().close()
            return
        channel.send_exit_status(self.reply.code)
        channel.close()


@contextmanager
def serve(reply: Reply, key: paramiko.PKey, commands: list[str]) -> Iterator[int]:
    """Run a server that gives one reply to all, and yield its port."""
    transports: list[paramiko.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return  # closed: the test is over
                transport = paramiko.Transport(connection)
                transport.add_server_key(key)
                transport.start_server(threading.Event(), _Server(reply, commands))  # does not wait
                transports.append(transport)

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for transport in transports:
        transport.close()


@contextmanager
def silence() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def make_key(path: Path) -> paramiko.RSAKey:
    """Make a key and keep it in a file."""
    key = paramiko.RSAKey.generate(2048)
    key.write_private_key_file(str(path))
    return key
