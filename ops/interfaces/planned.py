"""The state of a backup host's plan of retention, as `ops.interfaces.state` reads it: figures, and no list of sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.core.names import HostName, Name
from ops.core.verdict import Verdict

RETENTION = "retention"


@dataclass(frozen=True, kw_only=True)
class PlannedRepository:
    """What is planned for a client's repository. stays, leaves: how many whole sets; proven: how many that stay are.

    first: from when on the first of those that leave may, in seconds since 1970. refused: why nothing may leave now.
    overridden: whether a person had all else be passed. odd: cards that do not count, in words; odd_count: of all.
    unknown: how many snapshots are of no whole set. trouble: why nobody could look.
    """

    stays: int = 0
    leaves: int = 0
    proven: int = 0
    first: float | None = None
    refused: tuple[str, ...] = ()
    overridden: bool = False
    odd: tuple[str, ...] = ()
    odd_count: int = 0
    unknown: int = 0
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class RetentionState:
    """What a backup host plans for the repositories that it keeps, by client; night: of its register of arrivals."""

    verdict: Verdict
    finished: str
    repositories: Mapping[HostName, PlannedRepository]
    night: int = 0
    kind: Name = Name(RETENTION)
    host: str = ""
    message: str = ""
