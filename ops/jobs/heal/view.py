"""A view of a repository that is healed: without what is damaged, and into which restic may write what comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from ops.interfaces.layout import DATA, SNAPSHOTS
from ops.interfaces.target import Writes
from ops.jobs.host.repositories import OpenRepository
from ops.restic.repository import Repository


def stored_as(path: str) -> str:
    """Return the path of a file as it lies in a repository, where packs are sorted: data/3f/3f0c..."""
    sort, _, name = path.partition("/")
    return f"{DATA}/{name[:2]}/{name}" if sort == DATA and "/" not in name else path


def sort_of(path: str) -> str:
    """Return the folder of a repository that a file lies in."""
    return path.partition("/")[0]


def name_of(path: str) -> str:
    """Return a file's own name."""
    return path.rpartition("/")[2]


@contextmanager
def seen(
    place: OpenRepository, hidden: Collection[str], stored: Collection[str] = (), *, snapshots: bool = True
) -> Iterator[tuple[Repository, Writes]]:
    """Yield a repository without some files for a block, and what restic writes to it.

    hidden: their paths. stored: the folders whose new files are stored. snapshots: whether it shows any.
    """
    names = frozenset(map(name_of, hidden))
    writes = Writes(frozenset(stored))

    def hides(path: str) -> bool:
        return name_of(path) in names or (not snapshots and sort_of(path) == SNAPSHOTS)

    with place.view(hides, writes) as url:
        yield replace(place.repository, url=url, cache=None, locks=bool(stored)), writes
