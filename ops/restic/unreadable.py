"""Which files of a repository are none of restic's, as restic itself tells it with the key."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ops.restic.repository import LOOK_SECONDS, Repository

SEAL = 32  # bytes that every sealed file has before its content; restic 0.18 crashes over a shorter one
_ID = "[0-9a-f]{64}"
_INDEX = re.compile(f"error loading index ({_ID})")
_SNAPSHOT = re.compile(f'Ignoring "({_ID})"')


def indexes(repository: Repository, *, timeout: float) -> list[str]:
    """Return the index files that restic can't read, given a view in which there are no snapshots and no short files.

    So it only loads the index and lists the packs, and reads no trees.
    """
    return sorted(set(_INDEX.findall(repository.complaints(["check"], timeout=timeout))))


def snapshots(repository: Repository) -> list[str]:
    """Return the snapshots that restic can't read, given a view in which there are no short files."""
    return sorted(set(_SNAPSHOT.findall(repository.complaints(["snapshots"], timeout=LOOK_SECONDS))))


def locks(repository: Repository, names: Iterable[str]) -> list[str]:
    """Return which of some locks restic can't read; it is started for each of them."""
    return [name for name in names if '"pid"' not in repository.complaints(["cat", "lock", name], timeout=LOOK_SECONDS)]
