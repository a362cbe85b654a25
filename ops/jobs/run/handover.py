"""What a person asks of an act beyond its everyday run: words left for the unit that does it.

A unit has no arguments of its own; so what is said by hand lies in a file of one run, which only root and the unit's
account can read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.core.files import write_atomically
from ops.jobs.host import folders


@contextmanager
def offered(act: str, words: str | None) -> Iterator[None]:
    """Leave the words for the unit of an act while the block waits for it; they are gone afterwards."""
    if os.geteuid() != 0 or "CREDENTIALS_DIRECTORY" in os.environ or not words:
        yield
        return
    path = _path(act)
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, words)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def taken_over(act: str) -> str | None:
    """Return what a person asked this run of an act for, if anybody did."""
    try:
        return _path(act).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def _path(act: str) -> Path:
    return folders.scratch() / f"{act}.request"
