"""Foreign files in the repositories that this machine keeps, and quotas that are nearly used up, as of the last search.

The search itself is `seawall repository arrivals`, which may see the repositories; a check may not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from ops.core.printable import printable
from ops.core.quantity import Size, counted
from ops.core.verdict import Finding, Verdict
from ops.health._age import moment, span, unreadable
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.state import ARRIVALS, ArrivalsState, KeptRepository

STALE = timedelta(days=2)
NEARLY, FULL = 0.8, 0.95  # of a quota
AHEAD = 14  # days
MOST = 3  # so many are named in a message; `seawall repository arrivals` names them all


@dataclass(frozen=True)
class Options:
    """There is nothing to choose."""


def probe(_: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the state that the last search left."""
    state = context.states.get(ARRIVALS)
    if state is None:
        yield Finding(Verdict.UNKNOWN, "not searched yet; run seawall repository arrivals")
        return
    if not isinstance(state, ArrivalsState):
        raise unreadable(state)
    yield from findings(state)
    age = context.now - moment(state.finished, "finished", context.now)
    if age > STALE:
        yield Finding(Verdict.UNKNOWN, f"the last search was {span(age)} ago; check seawall-arrivals.timer")


def findings(state: ArrivalsState) -> Iterator[Finding]:
    """Given what a search saw, yield what is to be said of it."""
    repositories = state.repositories
    count = sum(one.count for one in repositories.values())
    figures = {"repositories": float(len(repositories)), "foreign_files": float(count)}
    for host, one in repositories.items():
        if one.count:
            named = ", ".join(f"{printable(file.path)} {file.why}" for file in one.foreign[:MOST])
            more = f" and {one.count - MOST} more" if one.count > MOST else ""
            yield Finding(Verdict.FAIL, f"{counted(one.count, 'foreign file')} of {host}: {named}{more}", figures)
        for note in one.notes:
            yield Finding(Verdict.WARN, f"{host}: {note}", figures)
        yield from (Finding(verdict, f"{host}: {said}", figures) for verdict, said in room(one))
    yield from (Finding(Verdict.WARN, said, figures) for said in overbooked(state))
    if not count:
        searched = counted(len(repositories), "repository", "repositories")
        yield Finding(Verdict.PASS, f"no foreign files in {searched}", figures)


def room(one: KeptRepository) -> Iterator[tuple[Verdict, str]]:
    """Yield what is to be said of how much of its quota a repository takes up."""
    if not one.quota:
        return
    share, left = one.used / one.quota, one.quota - one.used
    days = left / one.daily if one.daily else math.inf
    if share < NEARLY and days > AHEAD:
        return
    text = use(one)
    if left <= 0:
        text += ": nothing more is taken"
    elif days < math.inf:
        text += f"; full in {'less than a day' if days < 1 else counted(int(days), 'day')} at {Size(one.daily)} a day"
    yield Verdict.FAIL if share >= FULL else Verdict.WARN, f"{text}; raise it in the policy, or remove old sets"


def use(one: KeptRepository) -> str:
    """Return how much of its quota a repository takes up; nothing where it has none."""
    if not one.quota:
        return ""
    return f"{Size(one.used)} of its quota of {Size(one.quota)} are used ({one.used / one.quota:.0%})"


def overbooked(state: ArrivalsState) -> Iterator[str]:
    """Yield that the quotas together are more than there is, so that one machine may fill what is another's."""
    if state.quotas > state.disk > 0:
        yield (
            f"the quotas together are {Size(state.quotas)}, and the disk of the repositories has {Size(state.disk)}: "
            f"lower them in the policy, or enlarge it"
        )


KIND = Check(
    Options,
    probe,
    recorded=True,
    derived=True,
    why="Whoever broke into a server can add files to its repository, though not remove any; files that no backup "
    "explains are the trace, and what fills a quota stops the next backup.",
    remedy="`seawall repository arrivals` names them all. Look who wrote them, then move them aside with `seawall "
    "repository set-aside`; give more room, or find what grows.",
)
