"""What a report shows of a period, in words for people."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.verdict import Verdict


@dataclass(frozen=True)
class Cell:
    """What became of an act in one day or month. mark: a letter or two; empty where nothing was due. told: in words."""

    verdict: Verdict | None
    mark: str
    told: str


@dataclass(frozen=True)
class Row:
    """An act of an asset in the calendar. tally: how often it was done of how often it was due."""

    about: str
    act: str
    verdict: Verdict
    tally: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sum:
    """All acts of a kind in the period, in figures."""

    what: str
    verdict: Verdict
    expected: str
    on_time: str
    late: str
    missing: str
    unknown: str
    failed: str


@dataclass(frozen=True)
class Curve:
    """A figure over time, as a line in a field of `WIDTH` by `HEIGHT` (see `ops.reports.period.curve`).

    points: as SVG has them; empty where there are too few. dot: the last point. limit: the height of its limit; None
    where it has none.
    """

    points: str
    dot: tuple[str, str] | None
    limit: str | None


@dataclass(frozen=True)
class Trend:
    """What one figure of something did. newest: its last value; change: how it changed, in words."""

    about: str
    what: str
    newest: str
    change: str
    over: bool
    curve: Curve


@dataclass(frozen=True)
class TrendGroup:
    """Trends of one kind, the most notable first."""

    title: str
    trends: tuple[Trend, ...]


@dataclass(frozen=True)
class Signature:
    """A day's report, and who signed it off, in words."""

    verdict: Verdict
    day: str
    told: str


@dataclass(frozen=True)
class PeriodView:
    """A period as a report shows it.

    columns: of the calendar, each with its full name. loud, quiet: its rows, those that want a look and those that do
    not. notes: what is to be known about where this comes from. sign: the command by which this report is signed off;
    empty where it is not to be.
    """

    kind: str
    title: str
    span: str
    sums: tuple[Sum, ...]
    columns: tuple[tuple[str, str], ...]
    loud: tuple[Row, ...]
    quiet: tuple[Row, ...]
    notes: tuple[str, ...]
    trends: tuple[TrendGroup, ...]
    signatures: tuple[Signature, ...]
    sign: str
