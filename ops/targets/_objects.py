"""Reading a file of a store whole, or one version of it."""

from __future__ import annotations

import hashlib
import http.client
from pathlib import Path

from ops.core.errors import Damaged, Unavailable
from ops.core.files import CHUNK
from ops.core.quantity import Size
from ops.interfaces.target import Missing
from ops.targets._signed import Store, asked, refused

LARGEST = 1 << 30  # restic makes no file of more than an eighth of it
_OK = http.HTTPStatus.OK


def digested(store: Store, authority: Path, path: str, called: str, version: str = "") -> tuple[str, int]:
    """Fetch a file whole, or one version of it; return the SHA-256 of its content, and its size in bytes.

    called: what messages call it. Raise Missing where there is none, Unavailable for an answer that was cut short.
    """
    total, size = hashlib.sha256(), 0
    with asked(store, authority, store.named(path), {"versionId": version} if version else None) as answer:
        if answer.status == http.HTTPStatus.NOT_FOUND:
            raise Missing(f"{called} is not at {store.host}")
        if answer.status != _OK:
            raise refused(store, answer)
        whole = answer.length
        while piece := answer.read(CHUNK):
            total.update(piece)
            size += len(piece)
            if size > LARGEST:
                raise Damaged(f"{called} at {store.host} is larger than any pack: more than {Size(size)}")
        if whole is not None and size < whole:
            raise Unavailable(f"{store.host} ended after {size} of {whole} bytes", "try again")
    return total.hexdigest(), size
