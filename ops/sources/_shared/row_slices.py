"""Which rows of a large table are digested: those whose key falls into one of many classes, another in every set."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from ops.core.schema import spare

# What is digested of one table: less than two seconds beside a dump that reads all of it anyhow.
DIGESTED = 64 << 20


@dataclass(frozen=True)
class Slice:
    """One of so many slices of a table; of a small one there is one, and it is all of it."""

    slices: int = spare(1)
    slice: int = spare(0)

    def __post_init__(self) -> None:
        """Demand a slice that is one of them."""
        if not 0 <= self.slice < self.slices:
            raise ValueError(f"expected slice 0 to {self.slices - 1} of {self.slices}, found {self.slice}")


@dataclass(frozen=True, kw_only=True)
class RowDigest(Slice):
    """The digest of the rows of a slice, which does not depend on their order."""

    digest: str


@dataclass(frozen=True)
class Counted:
    """How many rows each table has, and the digest of their content."""

    rows: Mapping[str, int]
    content: Mapping[str, RowDigest]


def slice_of(table: str, size: int, known: Mapping[str, RowDigest] | None) -> Slice:
    """Return which slice of a table of so many bytes is digested: the one of a manifest, else one by chance."""
    if known is not None:
        return known.get(table, Slice())
    count = -(-size // DIGESTED) or 1
    return Slice(count, random.randrange(count))  # noqa: S311 -- a sample, not a secret
