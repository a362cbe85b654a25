"""What alarms are made of: samples of checks, alarms, incidents, and what is to be told to people.

Spans are in seconds. `t` is the alarms' own time, in seconds: it goes on as long as the machine runs, whatever
becomes of its clock. Levels are the severities of verdicts: 0 pass, 1 warn, 2 unknown, 3 fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SILENT = "machine"  # the check of whether a machine answers at all
MAINS = "mains"  # the cause of all that follows when the site has no mains
LONGEST_ACK = 14 * 86_400


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one round saw of one check. taken: which round that was. cause: what it is known to come from, or empty."""

    machine: str
    check: str
    level: int
    message: str
    taken: str
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When samples become an alarm, and when it is over.

    raise_count, raise_of: so many bad ones of the last so many raise it, after hold seconds at the earliest.
    clear_count, clear_of: so many good ones of the last so many clear it, after clear_hold seconds without a bad one.
    fault_class: of what fails or is unknown; warning_class: of warnings. again: within so many seconds after it was
    cleared it is the same incident.
    """

    raise_count: int = 2
    raise_of: int = 3
    hold: int = 300
    clear_count: int = 3
    clear_of: int = 3
    clear_hold: int = 600
    again: int = 6 * 3600
    fault_class: str = ""
    warning_class: str = ""

    def class_of(self, level: int) -> str:
        """Return the fault class of a level."""
        return self.warning_class if level == 1 else self.fault_class


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What is remembered of a check on a machine.

    window: the levels of its last samples, the newest last. since: when the first bad one of this time came; begun: the
    same by the clock. level: what it is raised at, 0: not. below: since when samples are below that. flaps: how often
    it seemed to be over. cleared: when it last was.
    """

    machine: str
    check: str
    window: str = ""
    taken: str = ""
    message: str = ""
    cause: str = ""
    since: float | None = None
    begun: str = ""
    level: int = 0
    below: float | None = None
    flaps: int = 0
    cleared: float | None = None
    incident: int = 0

    @property
    def key(self) -> str:
        """The key by which it is remembered."""
        return f"{self.machine}/{self.check}"


class Change(StrEnum):
    """What a sample changed of an alarm."""

    RAISED = "raised"
    WORSE = "worse"
    CLEARED = "cleared"


class Kind(StrEnum):
    """Why something is told; what comes first in this list matters more."""

    RAISED = "raised"
    AGAIN = "again"
    WORSE = "worse"
    ACK_ENDED = "ack_ended"
    LIMIT = "limit"
    PAPER = "paper"
    NEXT = "next"
    REMINDER = "reminder"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    PASSED = "passed"


@dataclass(frozen=True, kw_only=True)
class Ack:
    """A person's word that they see to an incident. until: by the clock. level: it ends when the incident is worse."""

    who: str
    why: str
    until: str
    level: int


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Alarms of one cause. members: the keys of its alarms, also of those that are over.

    discovered: when the first bad sample came; begun, over: the same and its end, by the clock. told: whether anybody
    was told of it. called: how many of the order of duty were; next_call, next_reminder: when the next one is due.
    limits: how many limits of its class were announced. reached: whom its messages went to.
    """

    number: int
    cause: str
    machine: str
    members: tuple[str, ...]
    level: int
    fault_class: str
    discovered: float
    begun: str
    over: str = ""
    closed: float | None = None
    told: bool = False
    called: int = 0
    next_call: float = 0.0
    next_reminder: float = 0.0
    distance: int = 0
    limits: int = 0
    paper: bool = False
    reached: tuple[str, ...] = ()
    ack: Ack | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something to tell. to: the contacts; elapsed: seconds since the incident was discovered."""

    kind: Kind
    incident: Incident
    alarms: tuple[Alarm, ...]
    to: tuple[str, ...]
    elapsed: float


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When something was looked at: by the clock in ISO format, and by what runs on through changes of the clock.

    boot: of which start of the machine the running seconds are.
    """

    wall: str
    boot: str
    running: float


@dataclass(frozen=True, kw_only=True)
class Memory:
    """All that alarms must remember. t: see above."""

    t: float = 0.0
    last: Moment | None = None
    number: int = 0
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    incidents: Mapping[int, Incident] = field(default_factory=dict)
