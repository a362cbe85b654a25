"""One request to a web address: no redirection is followed and no proxy asked, for both would lead somewhere else."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from ops.core.errors import Unavailable

TIMEOUT = 20.0  # seconds for each answer of the other side
_MOST = 1 << 16  # bytes that are read of an answer
_GOOD = range(200, 300)


def refused(url: str) -> str:
    """Return why a text is no address that can be asked; empty where it is one."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or any(letter.isspace() for letter in url) or not url.isascii():
        return f"{url[:80]!r} is not an address; expected one such as https://alarms.hospital.example/seawall"
    return "holds a password; set `secret: true`, and write {secret} in its place" if "@" in parts.netloc else ""


def asked(method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
    """Send a request and wait for a good answer; raise Unavailable with what came instead, never with the address."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port
    try:
        link = (
            http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
            if secure
            else http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        )
        try:
            target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            link.request(method, target, body or None, {"User-Agent": "seawall", **(headers or {})})
            answer = link.getresponse()
            answer.read(_MOST)
        finally:
            link.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{host} did not take it: {type(error).__name__}: {str(error)[:200]}") from None
    if answer.status not in _GOOD:
        raise Unavailable(f"{host} did not take it: it answered {answer.status}")
