"""When files of an asset may be deleted where they lie, because copies of them are kept."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.quantity import Duration


@dataclass(frozen=True)
class Deletable:
    """When `seawall deletable` lets a file of an asset be deleted.

    copies: in how many repositories its bytes must be.
    elsewhere: how many of those must be off-site or removable.
    read_within: how long ago the set there may have been read back; choose what the backup hosts' scrub has as `every`.
    """

    copies: int = 2
    elsewhere: int = 1
    read_within: Duration = Duration(30 * 86_400)

    def __post_init__(self) -> None:
        """Demand that it can be fulfilled, and that a file which is in no copy is never deleted."""
        if self.copies < 1:
            raise ValueError("copies must be at least 1")
        if not 0 <= self.elsewhere <= self.copies:
            raise ValueError("elsewhere must be from 0 to the number of copies")
