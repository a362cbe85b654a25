"""A kind of health check, and what it may know beside its options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

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
    """

    now: datetime
    states: Mapping[str, State]
    since: datetime | None = None
    host: str = ""


def in_every_group(_options: object) -> str:
    """Say that every host is fit for it."""
    return ""


@dataclass(frozen=True)
class Check(Generic[O]):
    """A kind of check: the type of its options and the function that looks.

    recorded: whether it only judges the states of past acts, so that it costs nothing to judge them anew.
    derived: whether the policy makes such checks of its assets by itself, so that nobody writes one.
    group: given the options, the group of the inventory that makes a host fit for it; empty where every host is.
    synonyms: what else people call it, so that they are told the right word.
    """

    options: type[O]
    probe: Callable[[O, CheckContext], Iterable[Finding]]
    recorded: bool = False
    derived: bool = False
    group: Callable[[O], str] = in_every_group
    synonyms: tuple[str, ...] = ()
