"""What a backup host asks of this machine when sets are to leave, and how it is answered.

The way is the writers' door, under a path of its own, and the account is that of the repository. It leads somewhere
only while a run of retention waits for this machine.
"""

from __future__ import annotations

import hashlib
import http.client
import socket
import time
from pathlib import Path
from typing import Any

from ops.core.errors import Unavailable
from ops.core.names import Digest
from ops.interfaces.layout import CONFIG, LOCKS
from ops.interfaces.retention_run import LIMITS
from ops.interfaces.target import LeavingDoor
from ops.targets._rest import MEDIA_TYPE, Place

PREFIX, SAID = "/.leaving", "said"
SECONDS = 60.0  # for each step of an answer
WHOLE_SECONDS = 300.0
_CONFIG_BYTES = 4096


def _address(url: Path) -> str:
    """Return the address of the second names: that of the repository, with another beginning of its path."""
    text = url.read_text(encoding="utf-8").strip()
    head, slash, rest = text.partition("://")
    where, _, path = rest.partition("/")
    return f"{head}{slash}{where}{PREFIX}/{path}"


def _asked(url: Path, authority: Path) -> bytes | None:
    place = Place.read(url)
    try:
        status, content = _request(place, authority, "GET", f"{PREFIX}{place.path}/{SAID}/{CONFIG}")
    except Unavailable:
        return None
    return content if status == http.HTTPStatus.OK else None


def _say(url: Path, authority: Path, name: str, content: bytes) -> None:
    place = Place.read(url)
    status, _ = _request(place, authority, "POST", f"{PREFIX}{place.path}/{SAID}/{LOCKS}/{name}", content)
    if status not in {http.HTTPStatus.OK, http.HTTPStatus.FORBIDDEN}:  # it was said already
        raise Unavailable(f"{place.host} does not take what this machine says (HTTP {status})")


def _config(url: Path, authority: Path) -> Digest:
    place = Place.read(url)
    status, content = _request(place, authority, "GET", f"{place.path}/{CONFIG}", most=_CONFIG_BYTES)
    if status != http.HTTPStatus.OK:
        raise Unavailable(f"{place.host} does not tell the repository's config (HTTP {status})")
    return Digest(hashlib.sha256(content).hexdigest())


def _request(
    place: Place, authority: Path, method: str, path: str, content: bytes | None = None, most: int = LIMITS.bytes
) -> tuple[int, bytes]:
    """Return the status and what is answered; raise Unavailable for no answer, a long one or one that takes long."""
    headers = {**place.headers, "Accept": MEDIA_TYPE, "Content-Type": "application/octet-stream"}
    connection = place.connection(authority, SECONDS)
    try:
        connection.request(method, path, body=content, headers=headers)
        answer = connection.getresponse()
        return answer.status, _read(answer, place, most)
    except (OSError, http.client.HTTPException, socket.gaierror) as error:
        raise Unavailable(f"{place.host} can't be reached: {error}") from error
    finally:
        connection.close()


def _read(answer: Any, place: Place, most: int) -> bytes:
    found, until = bytearray(), time.monotonic() + WHOLE_SECONDS
    while piece := answer.read1(1 << 16):
        found += piece
        if len(found) > most or time.monotonic() > until:
            raise Unavailable(f"{place.host} does not end its answer")
    return bytes(found)


DOOR = LeavingDoor(address=_address, asked=_asked, say=_say, config=_config)
