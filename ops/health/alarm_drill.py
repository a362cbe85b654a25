"""The age of the last good drill of the alarms: a fault was made, everybody's channel told it, a person answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict, worst
from ops.health._age import act_state, day, moment, span, trouble
from ops.interfaces import joined
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.outcome import AlarmDrillFacts


@dataclass(frozen=True)
class Options:
    """Which faults, and how often to try whether somebody is told of them.

    every: the maximum age of the last good drill of each.
    kinds: the faults that are made on purpose.
    """

    every: Duration
    kinds: tuple[str, ...] = ("timer",)


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the state that the last drill of each kind left."""
    for kind in options.kinds:
        yield _judged(options, kind, context)


def _judged(options: Options, kind: str, context: CheckContext) -> Finding:
    now = context.now
    state = act_state(context, joined.alarm_drill(kind), kind)
    good = state.good(AlarmDrillFacts) if state else None
    since = moment(good.time, "time", now) if good else context.since or now
    late = now - since > options.every.span
    due = f"due by {day(since + options.every.span)}"
    if state and (problem := trouble(state)):
        said = f"{kind}: latest drill: {problem}; {'a good one was ' if late else 'a good one is '}{due}"
        return Finding(worst([state.verdict, Verdict.FAIL]) if late else state.verdict, said, subject=kind)
    if good is None:
        said = f"{kind}: never drilled; it was {due}" if late else f"{kind}: not drilled yet, {due}"
        return Finding(Verdict.FAIL if late else Verdict.WARN, said, subject=kind)
    figures = {"age_seconds": (now - since).total_seconds(), "answered_seconds": good.answered or 0.0}
    said = f"{kind}: answered {span(now - since)} ago" + (f", due every {options.every}" if late else "")
    return Finding(Verdict.FAIL if late else Verdict.PASS, said, figures, subject=kind)


KIND = Check(
    Options,
    probe,
    derived=True,
    why="An alarm that was never tried is a hope: an address is wrong, a gateway was replaced, a telephone is off, and "
    "nobody knows until the night on which it matters.",
    remedy="`sudo seawall alarm-drill` makes it up. Where nobody answered, ask the one who was called; where no "
    "message went out, `seawall alarms` says which channel takes none, and why.",
)
