"""What a person asks of an act beyond its everyday run, left for the unit that does it.

A unit has no arguments of its own; so what is said by hand lies in a file of one run, which only root and the unit's
account can read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.core.document import read_file
from ops.core.files import write_atomically
from ops.interfaces.request import LIMITS, R, Request, read, written
from ops.jobs.host import folders


@contextmanager
def offered(act: str, request: Request | None) -> Iterator[None]:
    """Leave a request for the unit of an act while the block waits for it; it is gone afterwards."""
    if os.geteuid() != 0 or "CREDENTIALS_DIRECTORY" in os.environ or request is None:
        yield
        return
    path = _path(act)
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, written(request))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def taken_over(act: str, kind: type[R]) -> R | None:
    """Return what a person asked this run of an act for, if anybody did; raise Damaged when it is not a request."""
    path = _path(act)
    return read(kind, read_file(path, LIMITS.bytes, str(path)), str(path)) if os.path.lexists(path) else None


def _path(act: str) -> Path:
    return folders.scratch() / f"{act}.request"
