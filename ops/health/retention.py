"""Which sets are to leave the repositories that this machine keeps, or why none may, as of the last plan.

Planning is `seawall retention plan`, which may see the repositories; a check may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ops.core import clock
from ops.core.limits import demand_between
from ops.core.printable import printable
from ops.core.quantity import Duration, counted
from ops.core.verdict import Finding, Verdict
from ops.health._age import moment, span, unreadable
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.planned import RETENTION, PlannedRepository, RetentionState

STALE = timedelta(days=2)
MOST = 3  # so many reasons are named in a message; `seawall retention plan` names all


@dataclass(frozen=True)
class Options:
    """How it is planned which sets leave; write it only to change that.

    notice: so long before a set leaves its leaving is announced.
    shrinks: nothing leaves while a newest set is smaller than those before by more percent than this.
    grows: the same of one that is larger.
    anew: nothing leaves while more than this percent of a newest set were stored anew, if that is 64 MiB or more.
    """

    notice: Duration = Duration(3 * 86_400)
    shrinks: int = 50
    grows: int = 200
    anew: int = 50

    def __post_init__(self) -> None:
        demand_between("notice", self.notice, Duration(3600), Duration(365 * 86_400))
        demand_between("shrinks", self.shrinks, 1, 100)
        demand_between("grows", self.grows, 1, 100_000)
        demand_between("anew", self.anew, 1, 100)


def probe(_: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the state that the last plan left."""
    state = context.states.get(RETENTION)
    if state is None:
        yield Finding(Verdict.UNKNOWN, "nothing was planned yet; run seawall retention plan")
        return
    if not isinstance(state, RetentionState):
        raise unreadable(state)
    finished = moment(state.finished, "finished", context.now)
    yield from findings(state)
    age = context.now - finished
    if age > STALE:
        yield Finding(Verdict.UNKNOWN, f"the last plan was made {span(age)} ago; check seawall-retention.timer")


def findings(state: RetentionState) -> Iterator[Finding]:
    """Yield what is to be said of what was planned."""
    figures = _figures(state)
    for host, one in state.repositories.items():
        if one.trouble:
            yield Finding(Verdict.UNKNOWN, f"nothing could be planned for {host}: {printable(one.trouble)}", figures)
        if one.odd_count:
            yield Finding(Verdict.WARN, f"cards of {host} do not count: {_named(one.odd, one.odd_count)}", figures)
        if one.refused and one.leaves:
            count = counted(one.leaves, "set")
            words = f"{count} of {host} can't leave: {_named(one.refused, len(one.refused))}"
            yield Finding(Verdict.WARN, words, figures)
    yield Finding(
        Verdict.PASS, "; ".join(_planned(str(host), one) for host, one in state.repositories.items()), figures
    )


def _planned(host: str, one: PlannedRepository) -> str:
    stays = f"{one.stays} stay, {one.proven} of them proven"
    if one.unknown:
        stays += f", and {counted(one.unknown, 'snapshot')} of no whole set"
    if not one.leaves:
        return f"{host}: all {stays}" if one.stays or one.unknown else f"{host}: no whole set is known"
    if one.refused or one.first is None:
        return f"{host}: {stays}"
    first = clock.iso(datetime.fromtimestamp(one.first, UTC))
    return f"{host}: {one.leaves} may leave, the first from {first} on; {stays}"


def _named(several: tuple[str, ...], count: int) -> str:
    more = f" and {count - MOST} more" if count > MOST else ""
    return "; ".join(printable(one) for one in several[:MOST]) + more


def _figures(state: RetentionState) -> dict[str, float]:
    every = state.repositories.values()
    return {
        "sets_that_stay": float(sum(one.stays for one in every)),
        "sets_that_leave": float(sum(one.leaves for one in every)),
        "proven_sets": float(sum(one.proven for one in every)),
        "refused_repositories": float(sum(bool(one.refused) for one in every)),
    }


KIND = Check(
    Options,
    probe,
    synonyms=("keep", "expiry", "deletion"),
    why="What is kept too long fills the disk, and what leaves too early is missed in court. Nothing may leave as "
    "long as no newer set is proven.",
    remedy="`seawall retention plan` says which sets are to leave and why none may. The usual cause is a drill that "
    "is overdue: make it.",
)
