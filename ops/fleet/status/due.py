"""When every act of the policy is due next, as the calendars of its timers say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from ops.core import clock
from ops.core.calendar import Calendar
from ops.interfaces.fleet_status import Due
from ops.policy import HostPolicy


def due(policies: Mapping[str, HostPolicy], now: datetime) -> tuple[Due, ...]:
    """Return when each backup, copy and drill is due next after a moment, the earliest first.

    Timers start up to their random delay later.
    """
    found = [one for policy in policies.values() for one in _acts(policy, now)]
    return tuple(sorted(found, key=lambda one: (one.when, one.kind, one.what)))


def _acts(policy: HostPolicy, now: datetime) -> Iterator[Due]:
    for name, asset in policy.assets.items():
        yield Due(kind="backup", what=name, when=_next(asset.schedule, policy, now), who=policy.host)
        for copy in asset.copies.values():
            when = _next(copy.calendar, policy, now)
            yield Due(kind="copy", what=f"{name} to {copy.to}", when=when, who=policy.host)
        if asset.drill:
            yield Due(kind="drill", what=name, when=_next(asset.drill.calendar, policy, now), who=asset.drill.host)


def _next(calendar: Calendar, policy: HostPolicy, now: datetime) -> str:
    """Return the next moment of a calendar; each comes again and again."""
    return clock.iso(calendar.zoned(policy.site.timezone).after(now)[0])
