"""A view of a repository that leaves files out: a server on a socket of this machine that asks what is behind it.

So restic can read a repository to which somebody added files that it stumbles over, before they are moved aside. The
view is for reading: what would write is refused, but for locks, which go nowhere: nobody else could see them here.
Where a repository is healed, files of some folders are passed on, and others are only noted, as is what would be
deleted; restic sees none of those any more. Whoever can open the socket reads what its account may read, so it lies in
a folder that only its owner may enter.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Protocol

from ops.core.files import CHUNK, write_atomically
from ops.interfaces.layout import LOCKS
from ops.interfaces.target import Writes
from ops.targets._rest import unix_address

MOST = 1 << 30  # bytes of one file; restic makes none of more than an eighth of it
_ANSWERED = ("Content-Type", "Content-Range", "Accept-Ranges", "Date")
Hidden = Callable[[str], bool]


class Answer(Protocol):
    """What is answered, as http.client has it."""

    status: int

    def getheader(self, name: str, /) -> str | None:
        """Return one of its headers."""

    def read(self, amt: int | None = None, /) -> bytes:
        """Return so much of what is left, or all of it."""


class Behind(Protocol):
    """What a view asks for one connection of a client. prefix: the folder of the repository in the paths asked for."""

    prefix: str

    def ask(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        """Return what is answered; raise HTTPException or OSError where nothing is."""

    def close(self) -> None:
        """End the connection."""


@contextmanager
def served(behind: Callable[[], Behind], prefix: str, hidden: Hidden, writes: Writes | None) -> Iterator[Path]:
    """Serve a view for a block; yield the file with its address.

    behind: makes what is asked for one connection. prefix: the folder of the repository in the address. hidden: given
    index/NAME, whether it is left out. writes: what becomes of what would write; none: it is refused.
    """
    with tempfile.TemporaryDirectory(prefix="seawall-view-") as folder:
        socket, address = Path(folder, "socket"), Path(folder, "url")
        write_atomically(address, f"{unix_address(socket, prefix)}\n")
        with _Server(socket, behind, hidden, writes) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            try:
                yield address
            finally:
                server.shutdown()
                thread.join()


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, socket: Path, behind: Callable[[], Behind], hidden: Hidden, writes: Writes | None) -> None:
        super().__init__(str(socket), _Asked)
        self.behind, self._hidden, self.writes = behind, hidden, writes

    def hides(self, path: str) -> bool:
        """Whether a file is left out; locks always are, and what was deleted here."""
        gone = self.writes is not None and path in self.writes.removed
        return gone or path.startswith(f"{LOCKS}/") or self._hidden(path)

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over a client that has left; restic says what became of its requests."""


class _Asked(BaseHTTPRequestHandler):
    """One connection of a client, and one to what is behind the view for as long as it lasts."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        """Begin both connections."""
        super().setup()
        self.behind = self.server.behind()

    def do_GET(self) -> None:
        """Answer what is behind the view, but for what is left out."""
        asked = self._named()
        if "/" in asked and self.server.hides(asked):
            self._end(HTTPStatus.NOT_FOUND)
            return
        try:
            answer = self._ask()
            if answer.status == HTTPStatus.OK and self.path.endswith("/") and self.command == "GET":
                self._list(asked, answer)
            else:
                self._pass(answer)
        except (HTTPException, OSError):
            self.close_connection = True  # it is asked again, over a new one

    do_HEAD = do_GET  # noqa: N815 -- as http.server calls it

    def do_POST(self) -> None:
        """Take a lock, and keep it nowhere; pass on what may be written, note the rest, or refuse it."""
        named, writes = self._named(), self.server.writes
        content = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), MOST))
        if named.startswith(f"{LOCKS}/"):
            self._end(HTTPStatus.OK)
        elif writes is None or "/" not in named:
            self._end(HTTPStatus.FORBIDDEN)
        elif named.partition("/")[0] not in writes.passed:
            self._end(HTTPStatus.OK)
        else:
            self._send(named, content, writes)

    def do_DELETE(self) -> None:
        """Forget a lock that was never kept; note what would be deleted, or refuse it."""
        named, writes = self._named(), self.server.writes
        if writes is not None and not named.startswith(f"{LOCKS}/"):
            writes.removed.add(named)
        self._end(HTTPStatus.OK if writes is not None or named.startswith(f"{LOCKS}/") else HTTPStatus.FORBIDDEN)

    def _send(self, named: str, content: bytes, writes: Writes) -> None:
        """Have a file stored behind the view."""
        try:
            answer = self._ask(content)
            if answer.status == HTTPStatus.OK:
                writes.added.add(named)
            self._pass(answer)
        except (HTTPException, OSError):
            self.close_connection = True

    def finish(self) -> None:
        """End both connections."""
        self.behind.close()
        super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: restic tells its own errors."""

    def _named(self) -> str:
        """Return the path of the file that is asked for, below the repository."""
        # restic writes to data/NAME, and rest-server sorts it: data/NA/NAME is how it lies there.
        return self.path.partition("?")[0].removeprefix(self.behind.prefix).strip("/")

    def _ask(self, content: bytes | None = None) -> Answer:
        return self.behind.ask(self.command, self.path, dict(self.headers.items()), content)

    def _list(self, folder: str, answer: Answer) -> None:
        """Answer a list of names, or of names and sizes, without those that are left out."""
        listed = json.loads(answer.read()) or []
        names = [one["name"] if isinstance(one, dict) else one for one in listed]
        left = [one for one, name in zip(listed, names, strict=True) if not self.server.hides(f"{folder}/{name}")]
        content = json.dumps(left).encode()
        self._begin(answer, len(content))
        self.wfile.write(content)

    def _pass(self, answer: Answer) -> None:
        self._begin(answer, int(answer.getheader("Content-Length") or 0))
        while self.command != "HEAD" and (piece := answer.read(CHUNK)):
            self.wfile.write(piece)
        answer.read()

    def _begin(self, answer: Answer, size: int) -> None:
        self.send_response_only(answer.status)
        for name in _ANSWERED:
            if value := answer.getheader(name):
                self.send_header(name, value)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def _end(self, status: HTTPStatus) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
