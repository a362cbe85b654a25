"""Packs of clauses, as a site turns them on: its own approved document, its duties, its numbers and its exceptions.

A pack breaks a written procedure into its clauses and says how each is met; it lies in `ops/packs`, or beside the
inventory. Only the control machine reads packs: nothing of this reaches a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.core.names import Digest
from ops.core.quantity import Day, Duration


@dataclass(frozen=True)
class BoundDocument:
    """The hospital's own approved document that a pack stands for.

    sha256: the SHA-256 of its file, as `sha256sum` prints it.
    code: its code, as on its first page.
    revision: its revision.
    approver: who approved it.
    approved: the day on which it was.
    valid_until: the last day on which it is valid; without it, the document has no end.
    """

    sha256: Digest
    code: str
    revision: str
    approver: str
    approved: Day
    valid_until: Day | None = None


@dataclass(frozen=True)
class ClauseExcuse:
    """Why a clause, or a number of a pack, need not be met for now, and until when.

    reason: why, in one sentence.
    owner: the contact who sees to it that it will be met.
    approver: the contact who agreed; another one than the owner.
    until: the last day on which this holds; then the clause counts again.
    """

    reason: str
    owner: str
    approver: str
    until: Day


@dataclass(frozen=True)
class ClauseUse:
    """What a site says of one clause.

    excuse: why it need not be met for now.
    at_most: how old evidence of it may be, instead of what the pack says.
    controls: further controls by name, or others in place of the pack's, in the words of a pack.
    """

    excuse: ClauseExcuse | None = None
    at_most: Duration | None = None
    controls: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PackUse:
    """A pack that is turned on; [procedures.md](procedures.md) has the packs, and the words of their controls.

    file: a pack of the site's own, as a path from the inventory; without it, the pack of this name that is shipped.
    document: the approved document that it stands for; until there is one, the pack is a template.
    duties: the site's duty for a control that asks for one, where it has another name than the control.
    clauses: what the site says of single clauses, by number.
    assets: the assets for which its numbers hold, as a host or a group writes them; without it, all.
    settles: keys of which its number holds, where another pack has one that can't be compared with it.
    exceptions: why the policy demands less than one of its numbers for now, by the key as the pack has it.
    """

    file: str = ""
    document: BoundDocument | None = None
    duties: Mapping[str, str] = field(default_factory=dict)
    clauses: Mapping[str, ClauseUse] = field(default_factory=dict)
    assets: tuple[str, ...] | None = None
    settles: tuple[str, ...] = ()
    exceptions: Mapping[str, ClauseExcuse] = field(default_factory=dict)
