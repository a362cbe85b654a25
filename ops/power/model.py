"""What a conductor knows, sees and does; all spans and moments are seconds, moments count from the boot."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

ASSUMED_STOP = 180.0  # seconds for the shutdown of a machine of which none was ever measured; each use of it is told


class Stage(enum.Enum):
    """Where a machine stands. ABSENT: it was off without us, and stays so."""

    UP = "up"
    ASKED = "asked"
    OFF = "off"
    WAKING = "waking"
    ABSENT = "absent"


@dataclass(frozen=True)
class Machine:
    """A machine of the group. needs: which ones must stop after it, and be well before it starts.

    stop: how long its shutdown takes; measured: whether that was seen, or said by a person, and not assumed.
    """

    name: str
    needs: tuple[str, ...] = ()
    stop: float = ASSUMED_STOP
    measured: bool = False


@dataclass(frozen=True)
class Group:
    """What hangs on one UPS, and how it is conducted.

    conductor: the machine that conducts; all others need it. hold: a cut that is shorter is none. margin: what is to be
    left when all are off. steady: mains count as back after that. back_above: per cent of charge that a return waits
    for. patience: how long a machine may take to return before those that need it are started without it. wake_every:
    the span between two tries to wake one. believed: the runtime that is counted with at most, from the cut on.
    """

    conductor: str
    machines: Mapping[str, Machine]
    hold: float = 30.0
    margin: float = 120.0
    steady: float = 60.0
    back_above: float = 50.0
    patience: float = 900.0
    wake_every: float = 60.0
    believed: float | None = None


@dataclass(frozen=True)
class Supply:
    """What the UPS says. on_battery: None where nobody knows. low: that it is about to end. testing: itself.

    runtime, charge: what is left until it says that it is low; None where it does not say. full: the charge as it is.
    """

    on_battery: bool | None
    low: bool = False
    testing: bool = False
    runtime: float | None = None
    charge: float | None = None
    full: float | None = None


@dataclass(frozen=True)
class Look:
    """One look. alive: the machines that answer. well: those whose check passed, of those that were looked at."""

    supply: Supply
    alive: frozenset[str]
    well: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Turn:
    """Where a machine stands, since when, and how it got there.

    missed: looks running in which it did not answer. tries: how often it was woken; woken: when last. late: whether it
    ran out of patience, which was told.
    """

    stage: Stage = Stage.UP
    since: float = 0.0
    missed: int = 0
    tries: int = 0
    woken: float = 0.0
    late: bool = False


@dataclass(frozen=True)
class Reading:
    """What the UPS said of its battery at a moment."""

    t: float
    runtime: float | None
    charge: float | None


@dataclass(frozen=True)
class Memory:
    """What is kept from look to look, and on the disk.

    outage: whether there is something to return from; cut: whether that was worth a record. battery_since: since when
    it is the battery that feeds, mains that came for moments included. mains_since: since when mains are back.
    silent_since: since when the UPS says nothing. test_since: since when it tests itself. ends: the moment at which the
    battery is expected to be low.
    """

    turns: Mapping[str, Turn] = field(default_factory=dict)
    outage: bool = False
    cut: bool = False
    on_battery: bool = False
    battery_since: float | None = None
    mains_since: float | None = None
    silent_since: float | None = None
    test_since: float | None = None
    ends: float | None = None
    readings: tuple[Reading, ...] = ()


class Kind(enum.Enum):
    """What is worth a record."""

    CUT = "cut"
    ASKED = "asked"
    OFF = "off"
    UNSTOPPED = "unstopped"
    MAINS = "mains"
    WAKING = "waking"
    LATE = "late"
    BACK = "back"
    OVER = "over"
    SILENT = "silent"
    LONG_TEST = "long test"


@dataclass(frozen=True)
class Event:
    """Something that happened. machine: empty where it is about the group. figures: seconds, per cent, counts."""

    kind: Kind
    machine: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Acts:
    """What is to be done now. signals: the status that each machine's own signal shows; wake: whom to wake."""

    signals: Mapping[str, str]
    wake: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
