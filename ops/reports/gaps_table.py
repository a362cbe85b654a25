"""What no asset covers as a table for a person at a terminal."""

from __future__ import annotations

from ops.core.printable import all_printable
from ops.interfaces.state import GapsState, state_of, written
from ops.reports.catalogue import tr, trn
from ops.reports.status.text import word


def table(state: GapsState) -> str:
    """Return what was found as a table for a person."""
    state = _printable(state)
    gaps = trn("{count} gap", "{count} gaps", len(state.gaps))
    covered = trn("{count} covered", "{count} covered", len(state.covered))
    excused = trn("{count} excused", "{count} excused", len(state.excused))
    lines = [f"{word(state.verdict, False)}  {state.host}: {gaps}; {covered}, {excused}"]
    width = max((len(one.name) for one in (*state.gaps, *state.excused)), default=0)
    for one in state.gaps:
        lines.append(f"  {tr('gap'):<7}  {one.name:<{width}}  {one.words}{one.size and ', '}{one.size}")
        if one.expired:
            lines.append(f"           {'':<{width}}  {one.expired}")
    for one in state.excused:
        until = tr("until {date}: {reason}", date=one.until, reason=one.reason)
        lines.append(f"  {tr('excused'):<7}  {one.name:<{width}}  {until}")
    lines += [f"  unknown  {part.sort}: {part.message}" for part in state.unlooked]
    lines += [
        "  " + tr("the exception {name} matches nothing on this machine", name=repr(name)) for name in state.unused
    ]
    return "\n".join(lines)


def _printable(state: GapsState) -> GapsState:
    """Return what was found as it can be shown: names of files hold anything."""
    shown = state_of(all_printable(written(state)), "what was found")
    return shown if isinstance(shown, GapsState) else state
