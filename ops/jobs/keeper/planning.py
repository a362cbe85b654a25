"""What a plan of retention for one client's repository is made of: its rules, what is known of it, what is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import CommandError, Unavailable
from ops.core.names import HostName
from ops.core.quantity import Duration, counted, span
from ops.core.run import run
from ops.health.scrub import STALE
from ops.interfaces.leaving import KeptSet, RetentionPlan
from ops.interfaces.state import SCRUB, ScrubState
from ops.jobs.host import state_files
from ops.keeper import guard
from ops.keeper.choice import Chosen, Rules, choose
from ops.keeper.guard import AssetFacts, Bounds, Expected, Facts
from ops.keeper.register import Register
from ops.keeper.whole import Holdings, WholeSet
from ops.policy.model import Kept, Retention


@dataclass(frozen=True)
class Night:
    """What is the same for all clients of a night. now: in seconds since 1970; notice: in seconds.

    clock, register: what is wrong with each, empty where nothing is.
    """

    now: float
    zone: ZoneInfo
    notice: float
    bounds: Bounds
    clock: str = ""
    register: str = ""

    @property
    def latest(self) -> float:
        """The moment after which nothing can have arrived, in seconds since 1970; without an end by a clock in doubt.

        By one that is far behind all would have arrived then, for ever, and so be old enough to leave.
        """
        return math.inf if self.clock else self.now

    @property
    def due(self) -> float | None:
        """From when on what is announced now may leave; none by a clock in doubt: it is announced anew."""
        return None if self.clock else self.now + self.notice


def planned(
    night: Night,
    host: str,
    kept: Mapping[str, Kept],
    holdings: Holdings,
    register: Register,
    before: RetentionPlan | None,
) -> RetentionPlan:
    """Return what is to happen with a client's whole sets, and why nothing may leave; before: the plan before it.

    An asset that the policy no longer has keeps all its sets.
    """
    chosen = _chosen(night, kept, holdings)
    due = {(one.asset, one.set): one.due for one in before.leaves} if before else {}
    stays: list[KeptSet] = []
    leaves: list[KeptSet] = []
    for each in (one for several in chosen.values() for one in several):
        known = due.get((each.set.card.asset, each.set.card.set))
        (stays if each.stays else leaves).append(_set(each, known or night.due))
    facts = Facts(
        now=night.now,
        assets=[_asset(name, kept[name], chosen[name], holdings, register, night.now) for name in kept],
        packs=register.packs(host, 0, night.now),
        clock=night.clock,
        scrub=_scrub(host, night.now),
        register=night.register,
    )
    return RetentionPlan(
        client=HostName(host),
        made=night.now,
        stays=tuple(stays),
        leaves=tuple(leaves),
        refused=tuple(guard.refusals(facts, night.bounds)),
    )


def _chosen(night: Night, kept: Mapping[str, Kept], holdings: Holdings) -> dict[str, list[Chosen]]:
    """Return what becomes of each whole set, by asset."""
    known: dict[str, list[WholeSet]] = {asset: [] for asset in kept}
    for one in holdings.sets:
        known.setdefault(one.card.asset, []).append(one)
    chosen = {}
    for asset, sets in sorted(known.items()):
        if rule := kept.get(asset):
            chosen[str(asset)] = choose(sets, _rules(rule.retention), night.now, night.zone)
        else:
            chosen[str(asset)] = [Chosen(one, "the policy has no such asset") for one in sets]
    return chosen


def unsynchronised() -> str:
    """Return why this machine's clock can't be relied on; empty where systemd says that it is synchronised."""
    hint = "see timedatectl"
    try:
        told = run(["timedatectl", "show", "--property=NTPSynchronized", "--value"], timeout=20).stdout.strip()
    except (CommandError, Unavailable, OSError):
        return f"whether this machine's clock is synchronised can't be told; {hint}"
    return "" if told == "yes" else f"this machine's clock is not synchronised; {hint}"


def _set(each: Chosen, due: float | None) -> KeptSet:
    card = each.set.card
    return KeptSet(
        asset=card.asset,
        set=card.set,
        arrived=each.set.arrived,
        snapshots=card.snapshots,
        why=each.stays or "no rule keeps it",
        proven=each.set.proven,
        due=None if each.stays else due,
        needs=card.needs,
        beside=card.beside,
    )


def _rules(retention: Retention) -> Rules:
    def seconds(span: Duration | None) -> float | None:
        return None if span is None else float(span.seconds)

    return Rules(
        float(retention.all.seconds), seconds(retention.daily), seconds(retention.monthly), seconds(retention.yearly)
    )


def _asset(
    name: str, kept: Kept, chosen: Sequence[Chosen], holdings: Holdings, register: Register, now: float
) -> AssetFacts:
    sets = [one.set for one in chosen]
    expected = Expected(
        newest=float(kept.newest.seconds),
        a_day=kept.a_day,
        drill=float(kept.drill.seconds) if kept.drill else None,
        copies={to: float(most.seconds) for to, most in kept.copies.items()},
    )
    return AssetFacts(
        asset=name,
        expected=expected,
        sets=sets,
        leaves=[one.set for one in chosen if not one.stays],
        drills=[one for one in holdings.drills if one.card.asset == name],
        fresh=_fresh(sets, expected, register, now),
    )


def _fresh(sets: Sequence[WholeSet], expected: Expected, register: Register, now: float) -> dict[str, int]:
    """Return the bytes of packs that arrived between each of the sets that are judged and the set before it."""
    found = {}
    for one in guard.judged(sets, expected, now):
        before = [other.arrived for other in sets if other.arrived < one.arrived]
        if before:
            found[str(one.card.set)] = register.packs(one.card.client, before[-1], one.arrived)
    return found


def _scrub(host: str, now: float) -> str:
    """Return what is wrong with how a client's repository was read again; empty where all is well."""
    state = state_files.read_all().get(SCRUB)
    one = state.repositories.get(HostName(host)) if isinstance(state, ScrubState) else None
    if not isinstance(state, ScrubState) or one is None:
        return "its repository was not read again yet: no scrub is known"
    try:
        age = now - clock.parse(state.finished).timestamp()
    except ValueError:
        return "when the last scrub was can't be told"
    if age > STALE.total_seconds():
        return f"the last scrub was {span(age)} ago"
    if one.trouble or one.count:
        return f"the scrub failed: {one.trouble or counted(one.count, 'damaged file')}"
    if one.oldest is not None and now - one.oldest > state.every:
        return f"the scrub is overdue: some files were not read for {span(now - one.oldest)}"
    return ""
