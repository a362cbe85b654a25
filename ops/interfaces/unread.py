"""The packs that a copy has written and that still must be read back, as they are kept on disk until they were.

It is a state file like others, and outlives releases: `state/unread/ACT.json` below Seawall's folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.names import Digest, Name
from ops.core.schema import Plain

VERSION = 1
# A repository of a hundred tebibytes has six million packs.
LIMITS = Limits(bytes=1 << 30, depth=3, entries=16_000_000, text=1 << 10)


@dataclass(frozen=True)
class Unread:
    """What one copy still has to read.

    repository: where it goes. before: the names of the packs that were there when it began to write; None when it is
    known what it added. names: of the packs that it added, less those that were read and found good.
    """

    repository: str
    before: frozenset[str] | None = None
    names: frozenset[str] = frozenset()

    def settled(self, listed: Iterable[str]) -> Unread:
        """Return what is owed now that this copy writes no more, given the packs that are there."""
        return self if self.before is None else replace(self, before=None, names=self.names | {*listed} - self.before)

    def written(self) -> dict[str, Plain]:
        """Return it as it is kept."""
        before = None if self.before is None else sorted(self.before)
        return {"version": VERSION, "repository": self.repository, "before": before, "unread": sorted(self.names)}


@dataclass(frozen=True)
class _Kept:
    repository: Name
    before: tuple[Digest, ...] | None
    unread: tuple[Digest, ...]


def read(content: bytes, file: str) -> Unread:
    """Return what a file holds; raise Damaged with the file, the path of the key and what was expected.

    A later version is refused by its number.
    """
    told = decode(_Kept, demand_version(parse(content, LIMITS, file), VERSION, file), file)
    before = None if told.before is None else frozenset(map(str, told.before))
    return Unread(told.repository, before, frozenset(map(str, told.unread)))
