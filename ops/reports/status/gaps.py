"""What the report shows of a machine's gaps: what no asset covers, and what is excused."""

from __future__ import annotations

from dataclasses import dataclass

from ops.interfaces.state import GapsState, State, Thing
from ops.reports.catalogue import tr, trn
from ops.reports.times import day

MOST = 200  # of one machine; what it tells more must not push others out of sight


@dataclass(frozen=True)
class Gap:
    """Something that no asset covers. excused: why that may be, and until when; empty when nobody says so."""

    name: str
    words: str
    excused: str


def gaps(state: State | None) -> tuple[Gap, ...]:
    """Given the state that the last search left, return what it found, gaps first; an unreadable one shows none."""
    every = (*state.gaps, *state.excused) if isinstance(state, GapsState) else ()
    shown = tuple(map(_gap, every[:MOST]))
    if not (more := len(every) - MOST) > 0:
        return shown
    return (*shown, Gap("…", trn("{count} more", "{count} more", more), ""))


def _gap(thing: Thing) -> Gap:
    excused = tr("until {date}: {reason}", date=day(thing.until), reason=thing.reason) if thing.until else ""
    return Gap(thing.name, ", ".join(filter(None, (thing.words, thing.size, thing.expired))), excused)
