"""The doors of a backup host as processes behind one address: what systemd and nginx do there."""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from one_machine import BIN


class Front(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class Router(BaseHTTPRequestHandler):
    """Hands a request on to the server of one of the doors, as nginx does."""

    protocol_version = "HTTP/1.1"
    doors: Path

    def _pass(self) -> None:
        second = self.path.startswith("/.leaving/")
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = _Unix(str(self.doors / ("second" if second else "first")))
        try:
            headers = {name: value for name, value in self.headers.items() if name not in {"Host", "Connection"}}
            connection.request(self.command, self.path.removeprefix("/.leaving"), content, headers)
            answer = connection.getresponse()
            told = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name in {"Content-Type", "Accept-Ranges", "Content-Range"}:
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else len(told)
            self.send_header("Content-Length", str(length or 0))
            self.end_headers()
            self.wfile.write(told)
        except OSError:
            with suppress(OSError):
                self.send_response(502)
                self.send_header("Content-Length", "0")
                self.end_headers()
        finally:
            connection.close()

    do_GET = do_HEAD = do_POST = do_DELETE = _pass  # noqa: N815 -- as the library calls them

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Unix(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=120)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


@dataclass
class ProcessDoors:
    """The doors as processes: what systemd does on a backup host. It knows them by files, as after a crash."""

    base: Path
    folder: Path
    accounts: Path
    account: int = field(default_factory=os.geteuid)

    def open(self, client: str) -> None:
        """Serve the second names."""
        self.serve("second", self.base / ".leaving" / client / "door")

    def close(self, client: str) -> None:
        """Serve them no more."""
        self.end("second")

    def hold_back(self, client: str) -> None:
        """Serve the repository no more."""
        self.end("first")

    def let_in(self, client: str) -> None:
        """Serve it."""
        if not (self.folder / "first.pid").exists():
            self.serve("first", self.base, "--append-only")

    def serve(self, name: str, path: Path, *more: str) -> None:
        """Serve a folder at the door of a name."""
        words = ["--path", path, "--listen", f"unix:{self.folder / name}", "--private-repos", *more]
        argv = [BIN / "restic-rest-server", *words, "--htpasswd-file", self.accounts]
        with (self.folder / f"{name}.said").open("ab") as said:
            # It is none of the act's own programs, of which the next act ends those that are left.
            server = subprocess.Popen(argv, stdout=said, stderr=said, start_new_session=True, env={})
        (self.folder / f"{name}.pid").write_text(str(server.pid))
        until = time.monotonic() + 30
        while not _answers(self.folder / name):
            assert time.monotonic() < until, "the server does not answer"
            assert server.poll() is None, (self.folder / f"{name}.said").read_text()

    def end(self, name: str) -> None:
        """Serve it no more."""
        file = self.folder / f"{name}.pid"
        if file.exists():
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)
            until = time.monotonic() + 30
            while _answers(self.folder / name):
                assert time.monotonic() < until, "the server does not end"
            file.unlink()
        (self.folder / name).unlink(missing_ok=True)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
        except OSError:
            return False
    return True
