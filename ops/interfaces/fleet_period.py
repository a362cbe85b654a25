"""What a report tells of a period: the acts that the policy scheduled, what they took, and what was signed off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ops.core.schema import Plain, encode
from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import Person

VERSION = 1
Kind = Literal["daily", "weekly", "monthly", "yearly"]
KINDS: tuple[Kind, ...] = ("daily", "weekly", "monthly", "yearly")


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """An act that the policy schedules on a machine, and what became of it at each moment of the period.

    act: backup, copy, drill, or check for the rounds of checks. to: of a copy, the repository. on_time, late, missing,
    unknown: moments at which it was due, in UTC, ISO 8601; unknown are those after the machine's ledger was collected.
    failed: attempts that were not good.
    """

    host: str
    act: str
    asset: str
    to: str = ""
    on_time: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a good backup or drill took. when: in UTC, ISO 8601. seconds: of a drill, its recovery time."""

    when: str
    seconds: float | None = None
    bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Point:
    """A figure at a moment, which is in UTC, ISO 8601."""

    when: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Collected:
    """How much of a machine's ledger is here.

    until: when it was collected, in UTC, ISO 8601; empty: nothing of it. begins: its first record; empty: none.
    verdict, message: what is wrong with it, or with collecting it now; pass where nothing is.
    """

    until: str = ""
    begins: str = ""
    verdict: Verdict = Verdict.PASS
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedDay:
    """A day's daily report, and who signed it off.

    day: such as 2026-11-22, in the site's zone. made: whether a report of it was made here. by, on, when: who signed it
    off, on which machine, and when in UTC; empty where nobody did. same: whether what they had before them is a page
    that was made here; None where they named no file.
    """

    day: str
    made: bool
    by: str = ""
    on: str = ""
    when: str = ""
    same: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """An exception of the policy that ends soon, or has ended. until: its last day."""

    host: str
    name: str
    until: str


@dataclass(frozen=True, kw_only=True)
class Period:
    """A period, and all that is known of it.

    kind: of the report. since, until: in UTC, ISO 8601. collected: the machines' ledgers, by machine. backups, drills:
    what the good ones took, by asset, the earliest first; of a longer time than the period, for the trends. rooms,
    runtimes: free bytes of each backup host, and the seconds that each UPS lasts, by `MACHINE NAME`. on_call: who is
    called at this moment, the first one first. not_noted: why earlier reports are not known.
    """

    kind: Kind
    since: str
    until: str
    acts: tuple[Scheduled, ...] = ()
    collected: Mapping[str, Collected] = field(default_factory=dict)
    backups: Mapping[str, tuple[Measured, ...]] = field(default_factory=dict)
    drills: Mapping[str, tuple[Measured, ...]] = field(default_factory=dict)
    rooms: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    runtimes: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    signed: tuple[SignedDay, ...] = ()
    endings: tuple[Ending, ...] = ()
    on_call: tuple[Person, ...] = ()
    not_noted: str = ""

    def written(self) -> dict[str, Plain]:
        """Return it as plain data, for programs."""
        return {"version": VERSION, **encode(self)}
