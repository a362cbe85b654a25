"""A view of a repository that a rest-server keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from ops.interfaces.target import Writes
from ops.targets import _view
from ops.targets._rest import Place

SECONDS = 120.0
_PASSED = ("Accept", "Range")


@contextmanager
def view(url: Path, authority: Path, hidden: Callable[[str], bool], writes: Writes | None = None) -> Iterator[Path]:
    """Serve a view of a repository for a block, as `Target` wants it; yield the file with its address."""
    place = Place.read(url)
    with _view.served(lambda: _Server(place, authority), place.path, hidden, writes) as address:
        yield address


class _Server:
    """The real server, over one connection."""

    def __init__(self, place: Place, authority: Path) -> None:
        self._place, self._authority = place, authority
        self.prefix = place.path
        self._connection: HTTPConnection | None = None

    def ask(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None) -> HTTPResponse:
        """Return what it answers."""
        self._connection = self._connection or self._place.connection(self._authority, SECONDS)
        passed = {name: value for name in _PASSED if (value := headers.get(name))}
        self._connection.request(method, path, content, {**self._place.headers, **passed})
        return self._connection.getresponse()

    def close(self) -> None:
        """End the connection."""
        if self._connection:
            self._connection.close()
