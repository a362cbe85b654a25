"""What a backup host must know of the assets whose sets it keeps, to plan which of them leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ops.core.calendar import Calendar
from ops.core.quantity import Duration
from ops.policy.model import Asset, Kept, Written

_DAY = 86_400


def kept(host: str, site: Mapping[str, Written]) -> dict[str, dict[str, Kept]]:
    """Return the assets whose sets come to a backup host, by the machine that has them and by their names."""
    found: dict[str, dict[str, Kept]] = {}
    for machine, policy in site.items():
        here = {name for name, repository in policy.repositories.items() if repository.host == host}
        for name, asset in policy.assets.items():
            if here & {asset.repository, *(copy.to for copy in asset.copies.values())}:
                found.setdefault(machine, {})[name] = _kept(asset, here, policy.site.timezone)
    return found


def _kept(asset: Asset, here: set[str], zone: str) -> Kept:
    """Return what is expected of an asset here: of its backups, or of its copies where only those come here."""
    own = asset.repository in here
    comes = [(asset.schedule, Duration(2 * _DAY))] if own else []
    comes += [(copy.calendar, copy.grace) for copy in asset.copies.values() if copy.to in here]
    behind = {copy.to: _longest(copy.calendar, copy.grace, zone) for copy in asset.copies.values()} if own else {}
    return Kept(
        retention=asset.retention,
        newest=Duration(
            max(_longest(calendar, late, zone).seconds for calendar, late in comes)
            + (0 if own else max(asset.rpo.seconds, _longest(asset.schedule, Duration(_DAY), zone).seconds))
        ),
        a_day=sum(_a_day(calendar, zone) for calendar, _ in comes),
        drill=Duration(asset.drill.every.seconds + 2 * _DAY) if asset.drill else None,
        copies=behind,
    )


def _longest(calendar: Calendar, late: Duration, zone: str) -> Duration:
    """Return the longest time from one moment to the next, and how late what it starts may be."""
    gap = min(calendar.zoned(zone).longest_gap(), timedelta(days=36_500))
    return Duration(int(gap.total_seconds()) + late.seconds + _DAY)


def _a_day(calendar: Calendar, zone: str) -> int:
    gap = calendar.zoned(zone).shortest_gap().total_seconds()
    return max(1, -int(-_DAY // gap)) if gap < _DAY else 1
