"""What a damage hurts: the sets, and in each the files of a part, as far as any repository can still tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ops.core import clock
from ops.core.quantity import counted
from ops.restic import healing
from ops.restic.healing import Blob
from ops.restic.messages import Snapshot
from ops.restic.repository import Repository
from ops.restic.sets import ASSET, PART, SET

SEARCH_SECONDS = 6 * 3600.0
MOST = 20  # so many files of a part are named; all are counted
ALL = "its folders can't be read, so nobody knows which of its files"


@dataclass(frozen=True)
class Hurt:
    """A part of a set of which something is lost. paths: which files and folders; empty where nobody knows them."""

    set: str
    asset: str
    part: str
    time: str
    paths: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield what a person is told."""
        known = f": {counted(len(self.paths), 'file')}" if self.paths else f": {ALL}"
        yield f"  set {self.set[:8]} of {self.asset} of {self.time}, {self.part}{known}"
        yield from (f"    {path}" for path in self.paths[:MOST])
        if len(self.paths) > MOST:
            yield f"    and {len(self.paths) - MOST} more"


def hurt(places: Sequence[tuple[Repository, Iterable[Snapshot]]], wanted: Sequence[Blob]) -> list[Hurt]:
    """Return what needs one of some blobs, by all repositories that can tell: each knows the same sets.

    places: each repository with its snapshots. What one can't read of its own, another one may.
    """
    paths: dict[tuple[str, str, str, str], set[str]] = {}
    for repository, listed in places:
        known = {one.id: one for one in listed}
        for need in healing.needing(repository, wanted, timeout=SEARCH_SECONDS) if wanted else ():
            if one := known.get(need.snapshot):
                paths.setdefault(_whose(one), set()).add(need.path)
    named = ((whose, tuple(sorted(found - {""}))) for whose, found in paths.items())
    return [Hurt(*whose, found) for whose, found in sorted(named, key=lambda one: (one[0][3], one[0]))]


def sets_of(found: Iterable[Hurt]) -> tuple[str, ...]:
    """Return the ids of the sets."""
    return tuple(dict.fromkeys(one.set for one in found))


def _whose(one: Snapshot) -> tuple[str, str, str, str]:
    """Return set, asset, part and time of a snapshot; one that is of no set stands for itself."""
    return one.tag(SET) or one.id, one.tag(ASSET) or "no asset", one.tag(PART) or "all of it", clock.iso(one.time)
