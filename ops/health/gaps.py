"""Gaps: data on the machine that no asset covers, as of the last search.

The look itself is `seawall gaps`, which needs more rights and more time than a check has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ops.core.quantity import Size
from ops.core.verdict import Finding, Verdict
from ops.health._age import moment, span, unreadable
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.state import GapsState, Thing, Unsearched

STALE = timedelta(days=2)
MOST = 3  # so many are named in a message; `seawall gaps` and the report have them all


@dataclass(frozen=True)
class Options:
    """How large a folder must be to count, and how serious a gap is.

    larger_than: smaller folders are not gaps.
    verdict: verdict if there are gaps; warn or fail.
    """

    larger_than: Size = Size(1 << 30)
    verdict: Literal["warn", "fail"] = "warn"


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the state that the last look left."""
    state = context.states.get("gaps")
    if state is None:
        yield Finding(Verdict.UNKNOWN, "not searched yet; run seawall gaps")
        return
    if not isinstance(state, GapsState):
        raise unreadable(state)
    yield from findings(options, state.gaps, state.excused, state.covered, state.unlooked)
    age = context.now - moment(state.finished, "finished", context.now)
    if age > STALE:
        yield Finding(Verdict.UNKNOWN, f"the last search was {span(age)} ago; check seawall-gaps.timer")


def findings(
    options: Options,
    gaps: Sequence[Thing],
    excused: Sequence[Thing],
    covered: Sequence[Thing],
    unsearched: Sequence[Unsearched],
) -> Iterator[Finding]:
    """Given what a search saw, yield what is to be said of it."""
    names = [gap.name for gap in gaps]
    unlooked = [f"{part.sort}: {part.message}" for part in unsearched]
    counts = {"gaps": float(len(gaps)), "excused": float(len(excused)), "covered": float(len(covered))}
    if unlooked:
        yield Finding(Verdict.UNKNOWN, f"could not be searched: {'; '.join(unlooked)}", counts)
    if names:
        more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
        message = f"not covered by any asset: {', '.join(names[:MOST])}{more}"
        yield Finding(Verdict(options.verdict), message, counts)
    if not names and not unlooked:
        yield Finding(Verdict.PASS, f"{counts['covered']:.0f} covered, {counts['excused']:.0f} excused", counts)


KIND = Check(
    Options,
    probe,
    recorded=True,
    why="What is lost after a disaster is mostly what nobody had thought of: a database that was set up last month, a "
    "folder on another disk.",
    remedy="`seawall gaps` lists them. Add each to an asset in the policy, or excuse it there with a reason and an "
    "end.",
)
