"""Backups spread so that never more than so many begin at one backup host in the time that one takes.

Each backup has its own moment within its `random_delay`, and always the same one as long as the policy is: so whoever
reads the policy knows when each begins, and no two sites of chance fall together.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time

from ops.core.errors import Problem
from ops.core.quantity import Duration, span
from ops.policy.hours import BACKUP
from ops.policy.model import Asset, Written

_DAY = 86_400


@dataclass(frozen=True)
class _Backup:
    """A backup that begins once a day, at a second of it, and by how many later it may."""

    start: int
    host: str
    name: str
    delay: int


@dataclass(frozen=True)
class Crowd:
    """The first backup at a backup host that has no room. late: how many seconds later than it may it would begin."""

    keeper: str
    host: str
    name: str
    late: int


def spread(site: Mapping[str, Written]) -> dict[str, Written]:
    """Return a site's policies in which each backup that can be spread begins at its own moment."""
    moments, _ = _planned(site)
    found = {}
    for host, policy in site.items():
        assets = {name: _moved(asset, moments.get((host, name))) for name, asset in policy.assets.items()}
        found[host] = replace(policy, assets=assets)
    return found


def judge(written: Mapping[str, Written | None]) -> Iterator[tuple[tuple[str, ...], Problem]]:
    """Yield for each backup host the first backup for which there is no room, and what to do."""
    site = {host: policy for host, policy in written.items() if policy}
    for crowd in _planned(site)[1]:
        asked = site[crowd.host].spread
        many = f"{asked.at_once} at once of {asked.takes} each" if asked else ""
        words = (
            f"{crowd.keeper} has no room for it with {many}: it would begin {span(crowd.late)} later than it may; "
            "raise its random_delay, move its schedule, or change policy.spread"
        )
        yield (crowd.host,), Problem(f"policy.assets.{crowd.name}.random_delay", words)


def _planned(site: Mapping[str, Written]) -> tuple[dict[tuple[str, str], int], list[Crowd]]:
    """Return by how many seconds each backup begins later than its schedule says, and for which there is no room."""
    moments: dict[tuple[str, str], int] = {}
    crowds: list[Crowd] = []
    for keeper, backups in _by_keeper(site).items():
        asked = next(policy.spread for policy in site.values() if policy.spread)
        in_turn = sorted(backups, key=lambda each: (each.start, each.host, each.name))
        lanes, placed, crowd = [0] * asked.at_once, moments, None
        for _ in range(2):  # what still runs after midnight takes room from the first ones of the day
            lanes = sorted(max(0, until - _DAY) for until in lanes)
            placed, crowd, lanes = _placed(keeper, in_turn, lanes, asked.takes.seconds)
        moments |= placed
        crowds += [crowd] if crowd else []
    return moments, crowds


def _placed(
    keeper: str, backups: Sequence[_Backup], lanes: list[int], takes: int
) -> tuple[dict[tuple[str, str], int], Crowd | None, list[int]]:
    """Place backups one after the other, each where there is room first; end with the first for which there is none.

    lanes: until when each is taken at midnight, in seconds of the day; they are returned as they are at the day's end.
    """
    moments: dict[tuple[str, str], int] = {}
    lanes = [*lanes]
    for one in backups:
        begins = max(one.start, lanes[0])
        if begins - one.start > one.delay:
            return moments, Crowd(keeper, one.host, one.name, begins - one.start - one.delay), lanes
        heapq.heapreplace(lanes, begins + takes)
        moments[one.host, one.name] = begins - one.start
    return moments, None, lanes


def _by_keeper(site: Mapping[str, Written]) -> dict[str, list[_Backup]]:
    """Return the backups that come to each backup host of those machines whose policy wants them spread."""
    found: dict[str, list[_Backup]] = {}
    for host, policy in site.items():
        for name, asset in policy.assets.items() if policy.spread else ():
            repository = policy.repositories.get(asset.repository)
            start = _start(asset)
            if repository and repository.host and start is not None:
                found.setdefault(repository.host, []).append(_Backup(start, host, name, asset.random_delay.seconds))
    return found


def _start(asset: Asset) -> int | None:
    """Return the second of the day at which a backup begins; None where it has several, and so is never spread."""
    moments = {moment for times in asset.schedule.at(BACKUP).times() for moment in times}
    if len(moments) != 1:
        return None
    (moment,) = moments
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _moved(asset: Asset, later: int | None) -> Asset:
    """Return an asset that begins so many seconds later, and by no chance; one that is not spread stays as it is."""
    start = _start(asset)
    if later is None or start is None:
        return asset
    begins = min(start + later, 86_399)
    moment = time(begins // 3600, begins // 60 % 60, begins % 60)
    return replace(asset, schedule=asset.schedule.at(BACKUP).moved(moment), random_delay=Duration(0))
