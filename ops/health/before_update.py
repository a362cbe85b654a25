"""Whether everything was kept before each update of packages, so that it can be brought back, by dpkg's own log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.core import clock, dpkg_log
from ops.core.dpkg_log import Replaced
from ops.core.limits import demand_between
from ops.core.names import AbsolutePath
from ops.core.quantity import Duration, counted
from ops.core.verdict import Finding, Verdict
from ops.health._age import act_state, day, moment
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.update import BEFORE, SUBJECT, BeforeUpdateFacts, Moment

DAY = 86_400
NAMED = 3


@dataclass(frozen=True)
class Options:
    """How long before an update everything may be kept, and how long an update is remembered.

    within: time before an update, within which everything must have been kept.
    look_back: time after which an update is no longer judged; dpkg's log tells of a month.
    path: dpkg's log.
    """

    within: Duration = Duration(DAY)
    look_back: Duration = Duration(30 * DAY)
    path: AbsolutePath = AbsolutePath("/var/log/dpkg.log")

    def __post_init__(self) -> None:
        demand_between("within", self.within, Duration(600), Duration(7 * DAY))
        demand_between("look_back", self.look_back, Duration(DAY), Duration(31 * DAY))


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Compare what dpkg replaced with the moments that were kept, since the policy asks for it."""
    state = act_state(context, BEFORE, SUBJECT)
    good = state.good(BeforeUpdateFacts) if state else None
    if good:
        moment(good.time, "time", context.now)
    begin = max(context.now - options.look_back.span, context.since or context.now)
    lines = [one for one in dpkg_log.replaced(Path(options.path)) if one.when >= begin]
    yield judge(options, lines, good.moments if good else (), begin)


def judge(options: Options, lines: Sequence[Replaced], moments: Sequence[Moment], begin: datetime) -> Finding:
    """Judge what was replaced since a moment; what was brought back to a kept version is no update."""
    bare: list[tuple[datetime, list[str]]] = []
    unkept: list[tuple[datetime, list[str]]] = []
    updates = [[one for one in run if not _brought_back(one, moments)] for run in dpkg_log.runs(lines)]
    updates = [run for run in updates if run]
    for run in updates:
        before = covering(run[0].when, moments, options.within)
        if before is None:
            bare.append((run[0].when, [one.name for one in run]))
        elif lost := [one.name for one in run if not _is_kept(one, before)]:
            unkept.append((run[0].when, lost))
    figures = {"updates": float(len(updates)), "updates_without": float(len(bare))}
    if bare:
        return Finding(Verdict.FAIL, f"nothing was kept before {_told(bare)}", figures)
    if unkept:
        return Finding(Verdict.WARN, f"can't be brought back: {_told(unkept)}", figures)
    if not updates:
        return Finding(Verdict.PASS, f"no package was replaced since {day(begin)}", figures)
    return Finding(Verdict.PASS, f"everything was kept before {counted(len(updates), 'update')}", figures)


def covering(when: datetime, moments: Sequence[Moment], within: Duration) -> Moment | None:
    """Return the newest moment that was kept before an update, and not long before; None where there is none."""
    fits = [one for one in moments if when - within.span <= clock.parse(one.time) <= when]
    return max(fits, key=lambda one: one.time, default=None)


def _is_kept(one: Replaced, before: Moment) -> bool:
    return before.replaced.get(one.name) == one.old and one.name not in before.missing


def _brought_back(one: Replaced, moments: Sequence[Moment]) -> bool:
    return any(kept.replaced.get(one.name) == one.new and clock.parse(kept.time) <= one.when for kept in moments)


def _told(found: Sequence[tuple[datetime, list[str]]]) -> str:
    when, names = found[-1]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    others = f"; so in {len(found) - 1} more" if len(found) > 1 else ""
    return f"the update of {day(when)}: {', '.join(names[:NAMED])}{more}{others}"


KIND = Check(
    Options,
    probe,
    synonyms=("roll_back", "rollback", "dpkg"),
    why="An update that does harm can be taken back only if the old packages and settings were kept: a mirror has the "
    "newest version alone.",
    remedy="Before an update: `sudo seawall before-update --reason WHAT`. Of one that was made without, see to it that "
    "its old packages are still in /var/cache/apt/archives, and look that all works.",
)
