"""The age of the last good drill of an asset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict, worst
from ops.health._age import act_state, day, moment, span, trouble
from ops.interfaces import joined
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.outcome import DrillFacts
from ops.interfaces.state import ActState


@dataclass(frozen=True)
class Options:
    """Which asset, and how often to prove that it can be restored.

    asset: name of the asset.
    every: the maximum age of the last good drill.
    oldest: whether it is the drill of the oldest set.
    """

    asset: str
    every: Duration
    oldest: bool = False


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the state that the last drill left."""
    now = context.now
    name = joined.oldest(options.asset) if options.oldest else joined.drill(options.asset)
    state = act_state(context, name, options.asset)
    if state is None:
        yield _none_yet(options, context)
        return
    good = state.good(DrillFacts)
    problem = trouble(state)
    if good is None:
        due = (context.since or now) + options.every.span
        latest = f"no good drill; latest: {problem or 'no message'}"
        since = f"; one was due {day(due)}" if due < now else ""
        yield Finding(_verdict(state, late=due < now), f"{latest}{since}")
        return
    age = now - moment(good.time, "time", now)
    figures = {"age_seconds": age.total_seconds(), "every_seconds": float(options.every.seconds)}
    late = age > options.every.span
    message = f"last good drill {span(age)} ago" + (f", due every {options.every}" if late else "")
    if problem:
        yield Finding(_verdict(state, late=late), f"latest drill: {problem}; {message}", figures)
    else:
        yield Finding(Verdict.FAIL if late else Verdict.PASS, message, figures)


def _verdict(state: ActState, *, late: bool) -> Verdict:
    """A failed drill is news of its own: as things stand the restore does not work, however young the last good.

    late: whether a good one was due since. One that only warned, or could not be made, puts nothing off.
    """
    told = Verdict.UNKNOWN if state.verdict is Verdict.PASS else state.verdict
    return worst([told, Verdict.FAIL]) if late else told


def _none_yet(options: Options, context: CheckContext) -> Finding:
    due = (context.since or context.now) + options.every.span
    if due < context.now:
        return Finding(Verdict.FAIL, f"never drilled; it was due {day(due)}")
    return Finding(Verdict.WARN, f"not drilled yet, due by {day(due)}")


KIND = Check(
    Options,
    probe,
    recorded=True,
    derived=True,
    why="A backup that was never restored is a hope. The drill measures how long a restore takes, and whether what "
    "comes back is whole.",
    remedy="`seawall drill ASSET` on the drill host makes it up, with `--oldest` that of the oldest set. "
    "If the last one failed, its record says which step, and why.",
)
