"""A view of a repository in a folder of this machine: what a rest-server would answer, and restic over a socket.

The folder belongs to an account, and may lie on a disk that comes from elsewhere: no link in it is followed. What is
stored belongs to whom the folder belongs to, and is on the disk before that is said.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from ops.core import plain_file
from ops.core.errors import Unavailable
from ops.core.names import Digest
from ops.interfaces.layout import CONFIG, SORTS
from ops.interfaces.target import Writes
from ops.targets import _folder, _view
from ops.targets._rest import MEDIA_TYPE

_PREFIX = "/repository"
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")
_NOTHING: Mapping[str, str] = {"Content-Length": "0"}


@contextmanager
def view(folder: Path, hidden: Callable[[str], bool], writes: Writes | None = None) -> Iterator[Path]:
    """Serve a view of a folder for a block, as `Target` wants it; yield the file with its address."""
    with _view.served(lambda: _Folder(folder), _PREFIX, hidden, writes) as address:
        yield address


@dataclass
class _Answer:
    """What is answered. file: the descriptor of what is sent, and left: how many bytes of it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    content: bytes = b""
    file: int | None = None
    left: int = 0

    def getheader(self, name: str, /) -> str | None:
        """Return one of its headers."""
        return self.headers.get(name)

    def read(self, amt: int | None = None, /) -> bytes:
        """Return so much of what is left, or all of it; raise OSError where a disk does not give it."""
        if self.file is None:
            piece, self.content = self.content, b""
            return piece
        piece = os.read(self.file, self.left if amt is None else min(amt, self.left)) if self.left else b""
        self.left -= len(piece)
        if not piece and self.left:
            raise OSError("a file became shorter while it was read")
        return piece


class _Folder:
    """The folder, for one connection."""

    prefix = _PREFIX

    def __init__(self, folder: Path) -> None:
        self._place = folder
        self._open: int | None = None

    def ask(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None) -> _Answer:
        """Return what a rest-server answers; raise OSError where the disk does not answer."""
        self.close()
        named = path.partition("?")[0].removeprefix(_PREFIX)
        try:
            if content is not None:
                return self._stored(named.strip("/"), content)
            if named.endswith("/"):
                return self._listed(named.strip("/"))
            return self._file(named.strip("/"), headers.get("Range", ""), whole=method != "HEAD")
        except Unavailable as error:
            raise OSError(error.message) from error

    def close(self) -> None:
        """Close what was sent."""
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def _listed(self, sort: str) -> _Answer:
        if sort not in SORTS:
            return _Answer(HTTPStatus.NOT_FOUND)
        listed = [{"name": name, "size": size} for name, size in sorted(_folder.listed(self._place, sort).items())]
        text = json.dumps(listed).encode()
        return _Answer(HTTPStatus.OK, {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(text))}, text)

    def _file(self, named: str, wanted: str, *, whole: bool) -> _Answer:
        path = _path(named)
        handle = _folder.opened_file(self._place, path) if path else None
        if handle is None:
            return _Answer(HTTPStatus.NOT_FOUND)
        self._open = handle
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode):
            return _Answer(HTTPStatus.NOT_FOUND)
        match = _RANGE.fullmatch(wanted)
        start = int(match[1]) if match else 0
        end = min(int(match[2]) + 1 if match and match[2] else seen.st_size, seen.st_size)
        if match and start >= end:
            return _Answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(end - start)}
        if match:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{seen.st_size}"
        os.lseek(handle, start, os.SEEK_SET)
        status = HTTPStatus.PARTIAL_CONTENT if match else HTTPStatus.OK
        return _Answer(status, headers, file=handle, left=end - start if whole else 0)

    def _stored(self, named: str, content: bytes) -> _Answer:
        path, name = _path(named), named.rpartition("/")[2]
        if not path or path == CONFIG or hashlib.sha256(content).hexdigest() != name:
            return _Answer(HTTPStatus.BAD_REQUEST)
        try:
            _folder.store(self._place, path, content)
        except FileExistsError:
            return _Answer(HTTPStatus.FORBIDDEN)
        except OSError as error:
            if plain_file.no_room(error):
                return _Answer(HTTPStatus.INSUFFICIENT_STORAGE)
            raise
        return _Answer(HTTPStatus.OK)


def _path(named: str) -> str:
    """Return where a file that is asked for lies below the repository; nothing for what can't be one."""
    sort, _, name = named.partition("/")
    if named == CONFIG:
        return named
    return _folder.stored_as(sort, name) if sort in SORTS and Digest.fits(name) else ""
