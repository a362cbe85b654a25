"""What the records of an incident keep: how it was opened, each note on it, and how it was closed.

An incident's number is that of the record which opened it, so it needs no counter, and a ledger holds no two of one
number. What was written stays: a note can be answered by a later one, and nothing is ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.core import clock
from ops.core.schema import spare
from ops.interfaces.outcome import OutcomeFacts

OPENED, NOTED, CLOSED = "incident-opened", "incident-note", "incident-closed"
KINDS = ("power", "fire", "water", "theft", "network", "database", "virus", "interface", "update")
LONGEST = 2000  # letters of a text of an incident
LONGEST_NAME = 120  # letters of whoever says it, and of names
MOST = 100  # things that are affected, limits, things that are gone in one note


@dataclass(frozen=True, kw_only=True)
class TimeLimit:
    """What the policy asked for when the incident was opened. after: seconds since it was discovered."""

    after: int
    what: str

    def __post_init__(self) -> None:
        _demand_short("what", self.what, LONGEST)
        if not 0 <= self.after < 1 << 40:
            raise ValueError("after is no span in seconds")


@dataclass(frozen=True, kw_only=True)
class GoneThing:
    """Something that was stolen. value: as it was written, with its currency; empty where nobody knows it."""

    what: str
    value: str = spare("")

    def __post_init__(self) -> None:
        _demand_short("what", self.what, LONGEST)
        _demand_short("value", self.value, LONGEST_NAME)


@dataclass(frozen=True, kw_only=True)
class OpeningFacts(OutcomeFacts):
    """An incident is opened. by: whose word it is. class: the fault class of the policy. kind: what happened.

    affected: names that the policy knows. discovered: when, in UTC; limits count from then. alarm: the alarm that
    told it, as HOST/NUMBER; empty where none did.
    """

    by: str
    class_: str
    kind: str
    affected: tuple[str, ...]
    discovered: str
    limits: tuple[TimeLimit, ...] = spare(())
    alarm: str = spare("")

    def __post_init__(self) -> None:
        for name, text in (("by", self.by), ("class", self.class_), ("kind", self.kind), ("alarm", self.alarm)):
            _demand_short(name, text, LONGEST_NAME)
        for text in self.affected:
            _demand_short("affected", text, LONGEST_NAME)
        if len(self.affected) > MOST or len(self.limits) > MOST:
            raise ValueError(f"more than {MOST} things are affected, or limits written")
        clock.parse(self.discovered)


@dataclass(frozen=True, kw_only=True)
class NoteFacts(OutcomeFacts):
    """A note on an incident. happened: when, where that is earlier than the record. gone: what was stolen."""

    incident: int
    by: str
    happened: str = spare("")
    gone: tuple[GoneThing, ...] = spare(())

    def __post_init__(self) -> None:
        _demand_short("by", self.by, LONGEST_NAME)
        if len(self.gone) > MOST:
            raise ValueError(f"more than {MOST} things are gone in one note")
        if self.happened:
            clock.parse(self.happened)


@dataclass(frozen=True, kw_only=True)
class ClosingFacts(OutcomeFacts):
    """An incident is closed. entered: how much that was written on paper was entered, and entered_by: by whom."""

    incident: int
    by: str
    cause: str
    lesson: str
    entered: str
    entered_by: str

    def __post_init__(self) -> None:
        for name, text in (("by", self.by), ("entered_by", self.entered_by)):
            _demand_short(name, text, LONGEST_NAME)
        for name, text in (("cause", self.cause), ("lesson", self.lesson), ("entered", self.entered)):
            _demand_short(name, text, LONGEST)
            if not text.strip():
                raise ValueError(f"{name} says nothing")


OF_ACT: Mapping[str, type[OutcomeFacts]] = {OPENED: OpeningFacts, NOTED: NoteFacts, CLOSED: ClosingFacts}


def _demand_short(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise ValueError(f"{name} has {len(text)} letters; expected at most {most}")
