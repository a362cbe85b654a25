"""How rest-server is spoken to: over TLS, or to a view of it on this machine over a socket."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

MEDIA_TYPE = "application/vnd.x.restic.rest.v2"
_UNIX = "http+unix://"


@dataclass(frozen=True)
class Place:
    """Where a repository lies. path: its folder there. socket: of a view on this machine, else empty."""

    host: str
    port: int
    path: str
    authorization: str
    socket: str = ""

    @classmethod
    def read(cls, url: Path) -> Place:
        """Take an address as restic reads it apart: rest:https://account:password@host:port/path/, or a socket's."""
        text = url.read_text(encoding="utf-8").strip().removeprefix("rest:")
        if text.startswith(_UNIX):
            path, _, folder = text.removeprefix(_UNIX).partition(":")
            return cls("localhost", 0, folder.rstrip("/"), "", path)
        parts = urlsplit(text)
        account = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        return cls(
            host=parts.hostname or "",
            port=parts.port or 443,
            path=parts.path.rstrip("/"),
            authorization="Basic " + base64.b64encode(account.encode()).decode(),
        )

    def connection(self, authority: Path, seconds: float) -> http.client.HTTPConnection:
        """Return a connection that is opened with its first request; each step of it may take so many seconds."""
        if self.socket:
            return _Unix(self.socket, seconds)
        context = ssl.create_default_context(cafile=str(authority))
        return http.client.HTTPSConnection(self.host, self.port, timeout=seconds, context=context)

    @property
    def headers(self) -> dict[str, str]:
        """What every request says."""
        return {"Authorization": self.authorization} if self.authorization else {}


def unix_address(path: Path, folder: str) -> str:
    """Return the address of a folder behind a socket as restic reads it."""
    return f"rest:{_UNIX}{path}:{folder}/"


class _Unix(http.client.HTTPConnection):
    """A connection to a socket of this machine."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
