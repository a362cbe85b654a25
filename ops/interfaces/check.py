"""A kind of health check, and what it may know beside its options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from ops.core.schema import Plain
from ops.core.verdict import Finding
from ops.interfaces.state import State

O = TypeVar("O")


@dataclass(frozen=True)
class CheckContext:
    """What a check may know beside its options.

    now: the moment to judge by, in UTC.
    states: the newest state file of each act on this machine, by name such as `backup-his`.
    since: since when the policy asks for this check, as far as this machine knows.
    host: whose states they are; nothing where that is not known.
    notes: what this check left in it in the round before; what it leaves in it now it finds in the next round. It
    survives a restart of the machine, not a change of the check's kind; plain data, of at most 64 KiB.
    """

    now: datetime
    states: Mapping[str, State]
    since: datetime | None = None
    host: str = ""
    notes: dict[str, Plain] = field(default_factory=dict)


def in_every_group(_options: object) -> str:
    """Say that every host is fit for it."""
    return ""


@dataclass(frozen=True)
class Check(Generic[O]):
    """A kind of check: the type of its options and the function that looks.

    recorded: whether it only judges the states of past acts, so that it costs nothing to judge them anew.
    derived: whether the policy makes such checks of its assets by itself, so that nobody writes one.
    group: given the options, the group of the inventory that makes a host fit for it; empty where every host is.
    devices: whether it judges what root's hourly look at the devices left, which is made where the policy has one.
    journal: whether it reads the journal of the machine, which the unit of the checks may where the policy has one.
    synonyms: what else people call it, so that they are told the right word.
    why: what happens to a site that does not look at this, in one or two sentences.
    remedy: what a person does when it is not a pass, in one or two sentences.
    """

    options: type[O]
    probe: Callable[[O, CheckContext], Iterable[Finding]]
    recorded: bool = False
    derived: bool = False
    group: Callable[[O], str] = in_every_group
    devices: bool = False
    journal: bool = False
    synonyms: tuple[str, ...] = ()
    why: str = ""
    remedy: str = ""
