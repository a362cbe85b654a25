"""What an act on repositories that a backup host keeps, or on what is in them, keeps of itself for later.

The same holds for these formats as for those of `outcome`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.core.schema import spare
from ops.interfaces.outcome import OutcomeFacts


@dataclass(frozen=True, kw_only=True)
class SetAsideFacts(OutcomeFacts):
    """Files of a repository that were moved aside, or back. move: how that is called; missing: how many were not."""

    move: str = ""
    files: int = 0
    bytes: int = 0
    missing: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RenewalFacts(OutcomeFacts):
    """Locks at a store that were renewed. repository: which; files: how many; until: up to when they hold."""

    repository: str = ""
    files: int = 0
    until: str = ""


@dataclass(frozen=True, kw_only=True)
class RecoveryFacts(OutcomeFacts):
    """Files of a store that were deleted or written over. back: how many came back; lost: how many did not."""

    repository: str = ""
    back: int = 0
    lost: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class HealFacts(OutcomeFacts):
    """A repository that was healed. source: the repository from which lost blobs came; empty at its backup host.

    damaged: how many files were; healed: how many came back there under their own names; added: how many were stored
    anew in the place of others. sets: those that the damage hurt; lost: those of them of which something is nowhere.
    """

    repository: str = ""
    source: str = ""
    damaged: int = 0
    healed: int = 0
    added: int = 0
    aside: str = ""
    sets: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    reason: str = ""
    approver: str = ""


@dataclass(frozen=True, kw_only=True)
class RetentionFacts(OutcomeFacts):
    """A plan of which sets leave. night, register: of the register of arrivals, and the digest that stands for it.

    stays, leaves: how many whole sets. refused: why none may leave, by client.
    """

    night: int = 0
    register: str = ""
    stays: int = 0
    leaves: int = 0
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LeavingFacts(OutcomeFacts):
    """Sets that left a repository, or came back. run: how the run is called. files, bytes: of what was moved.

    new: how many files were written in their place. reason, approver: of whoever undid it.
    """

    run: str = ""
    sets: int = 0
    snapshots: int = 0
    files: int = 0
    bytes: int = 0
    new: int = 0
    reason: str = spare("")
    approver: str = spare("")
