"""Which sets a backup host lets go of: what a plan of retention says, and a run of it carries out.

A plan outlives a release (it is announced days before it happens), and is read by the account that made it, by root
and by the control machine: so it is read here, within limits, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.names import Digest, HostName, Name, SetId
from ops.core.schema import Plain, encode, spare

VERSION = 1
# A hundred assets with ten thousand sets each.
LIMITS = Limits(bytes=256 << 20, depth=8, entries=8_000_000, text=4096)


@dataclass(frozen=True, kw_only=True)
class KeptSet:
    """A whole set, as a backup host knows it without a key.

    arrived: when the last of its snapshots did, by this host's own clock, in seconds since 1970. snapshots: the names
    of all its files in `snapshots/`. proven: whether a drill passed with it. why: in words, what keeps it, or why no
    rule does. due: from when on it may leave, in seconds since 1970; none for a set that stays, or was announced by a
    clock in doubt. needs: how many bytes of the repository it and the snapshots `beside` it need, as its card says; 0
    where that does not.
    """

    asset: Name
    set: SetId
    arrived: float
    snapshots: tuple[Digest, ...]
    why: str
    proven: bool = spare(False)
    due: float | None = None
    needs: int = spare(0)
    beside: tuple[Digest, ...] = spare(())


@dataclass(frozen=True, kw_only=True)
class RetentionPlan:
    """What is to happen with one client's repository on this backup host.

    client: whose repository. made: when it was planned, in seconds since 1970. stays, leaves: all its whole sets.
    refused: why nothing may leave now, in words; none when it may.
    """

    client: HostName
    made: float
    stays: tuple[KeptSet, ...]
    leaves: tuple[KeptSet, ...]
    refused: tuple[str, ...] = ()

    def due(self, now: float) -> tuple[KeptSet, ...]:
        """Return the sets that may leave now, in seconds since 1970; none while anything is refused."""
        return () if self.refused else tuple(one for one in self.leaves if one.due is not None and one.due <= now)


def written(plan: RetentionPlan) -> dict[str, Plain]:
    """Return a plan as plain data, with its version."""
    return {"version": VERSION, **encode(plan)}


def read(content: bytes, file: str) -> RetentionPlan:
    """Return the plan that a file holds; raise Damaged with the file, the path of the key and what was expected."""
    return decode(RetentionPlan, demand_version(parse(content, LIMITS, file), VERSION, file), file)
