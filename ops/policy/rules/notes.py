"""What the policy may say, and what yet deserves a word: it is shown by `seawall policy check`, and stops nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from ops.core.calendar import Calendar
from ops.core.errors import Problem
from ops.policy.dates import missed_rarely
from ops.policy.model import HostPolicy
from ops.policy.rules.paths import both, nests


def notes(policy: HostPolicy, today: date) -> Iterator[Problem]:
    """Yield what an administrator should look at again in the policy of one host."""
    for name, excuse in policy.exceptions.items():
        if excuse.until.date < today:
            yield Problem(
                f"policy.exceptions.{name}.until",
                f"expired on {excuse.until}: {excuse.what} is a gap again; decide anew, or remove the exception",
            )
    now = datetime.combine(today, time(), UTC)
    for path, calendar in _calendars(policy):
        if missed := missed_rarely(calendar, now):
            yield Problem(path, f"{missed}; choose another time of day")
    for (first, one), (name, other) in itertools.combinations(policy.assets.items(), 2):
        for label, spec in other.sources.items():
            path = f"policy.assets.{name}.sources.{label}"
            for nested in sorted({text for mine in one.sources.values() for text in nests(mine, spec)}):
                said = f"{nested}: both {first} and {name} take it; exclude it from one of them unless that is meant"
                yield Problem(path, said)
            for thing in sorted({thing for mine in one.sources.values() for thing in both(mine, spec)}):
                yield Problem(
                    path, f"both {first} and {name} take {thing}; take it in one of them unless that is meant"
                )


def _calendars(policy: HostPolicy) -> Iterator[tuple[str, Calendar]]:
    for name, asset in policy.assets.items():
        path = f"policy.assets.{name}"
        yield f"{path}.schedule", asset.schedule
        for copy, spec in asset.copies.items():
            yield f"{path}.copies.{copy}.calendar", spec.calendar
        if asset.drill:
            yield f"{path}.drill.calendar", asset.drill.calendar
