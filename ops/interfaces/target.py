"""A kind of target: where sets and copies go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ops.core.errors import Damaged

O = TypeVar("O")


class Missing(Damaged):
    """A pack is not there, or not any more."""


@dataclass(frozen=True)
class Reached:
    """A place that answered. clock_ahead: by how many seconds its clock is ahead of ours, where it says."""

    clock_ahead: float | None = None


@dataclass(frozen=True)
class Target(Generic[O]):
    """A kind of place.

    reach: given the file with the repository's address and the authority's certificate, looks whether the place
        answers; raises Unavailable with what to do.
    packs: with the same, returns the size in bytes of every pack by its name. A pack that is still being written is
        none yet: others may be writing at the same time.
    verify: with the same and a pack's name, reads the pack whole and returns its size; raises Damaged when its
        content is not what its name says, Missing when there is no such pack.
    """

    options: type[O]
    reach: Callable[[Path, Path], Reached]
    packs: Callable[[Path, Path], Mapping[str, int]]
    verify: Callable[[Path, Path, str], int]
