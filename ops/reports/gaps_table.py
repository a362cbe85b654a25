"""What no asset covers as a table for a person at a terminal."""

from __future__ import annotations

from ops.interfaces.state import GapsState
from ops.reports.status_text import word


def table(state: GapsState) -> str:
    """Return what was found as a table for a person."""
    counts = f"{len(state.covered)} covered, {len(state.excused)} excused"
    gaps = "1 gap" if len(state.gaps) == 1 else f"{len(state.gaps)} gaps"
    lines = [f"{word(state.verdict, False)}  {state.host}: {gaps}; {counts}"]
    width = max((len(one.name) for one in (*state.gaps, *state.excused)), default=0)
    for one in state.gaps:
        lines.append(f"  gap      {one.name:<{width}}  {one.words}{one.size and ', '}{one.size}")
        if one.expired:
            lines.append(f"           {'':<{width}}  {one.expired}")
    lines += [f"  excused  {one.name:<{width}}  until {one.until}: {one.reason}" for one in state.excused]
    lines += [f"  unknown  {part.sort}: {part.message}" for part in state.unlooked]
    lines += [f"  the exception {name!r} matches nothing on this machine" for name in state.unused]
    return "\n".join(lines)
