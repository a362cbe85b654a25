"""What changed since the last status of an earlier day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import Before, FleetStatus
from ops.interfaces.state import ActState, State
from ops.reports.catalogue import tr
from ops.reports.status.enumeration import enumerated
from ops.reports.status.model import Glance
from ops.reports.times import Times

MOST = 4


def glance(status: FleetStatus, times: Times) -> Glance:
    """Return what is worse, better, new or gone, and how many acts ended well."""
    title = tr("Since yesterday")
    if status.not_compared:
        return Glance("changes", title, True, (tr("What changed is not known: {why}.", why=status.not_compared),))
    if status.before is None:
        return Glance("changes", title, False, (tr("This is the first status here: there is none to compare with."),))
    before = status.before
    worse, other = _changed(status, before)
    lines = [*worse, *other]
    since = tr("Compared with {time}: ", time=times.when(before.time))
    if not lines:
        lines = [tr("nothing is better or worse.")]
    shown = [since + enumerated(lines, MOST), *_good(status, before, times)]
    return Glance(
        "changes", title, bool(worse), tuple(shown), tuple(lines) if len(lines) > MOST + 1 else (), tr("Every change")
    )


def _changed(status: FleetStatus, before: Before) -> tuple[list[str], list[str]]:
    """Return what is worse, and what changed otherwise."""
    assets = {name: one.verdict for name, one in status.assets.items()}
    machines = {name: one.verdict for name, one in status.machines.items()}
    worse: list[str] = []
    other: list[str] = []
    for then, now in ((before.assets, assets), (before.machines, machines)):
        for name, old, new in _turned(then, now):
            (worse if new.severity > old.severity else other).append(f"{name} {old.value} → {new.value}")
        other += [tr("{name} is new", name=name) for name in sorted(set(now) - set(then))]
        other += [tr("{name} is gone", name=name) for name in sorted(set(then) - set(now))]
    return worse, other


def _turned(then: Mapping[str, Verdict], now: Mapping[str, Verdict]) -> Iterator[tuple[str, Verdict, Verdict]]:
    for name in sorted(set(then) & set(now)):
        if then[name] is not now[name]:
            yield name, then[name], now[name]


def _good(status: FleetStatus, before: Before, times: Times) -> list[str]:
    """Say of how many assets an act ended well since then."""
    since = times.age(before.time)
    if since is None:
        return []
    assets = status.assets.values()
    return [
        tr(
            "Since then, of {whole} assets: {backups} backed up, {copies} copied, {drills} drilled.",
            whole=len(assets),
            backups=sum(_ended(one.backup, times) <= since for one in assets),
            copies=sum(any(_ended(copy, times) <= since for copy in one.copies.values()) for one in assets),
            drills=sum(_ended(one.drill, times) <= since for one in assets),
        )
    ]


def _ended(state: State | None, times: Times) -> float:
    """Return how many seconds ago an act last ended well; infinitely many where it never did."""
    if not isinstance(state, ActState) or state.last_good is None:
        return inf
    moments = [getattr(state.last_good, field, None) for field in ("copied", "time")]
    ages = [age for moment in moments if (age := times.age(moment)) is not None]
    return ages[0] if ages else inf
