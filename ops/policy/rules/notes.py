"""What the policy may say, and what yet deserves a word: it is shown by `seawall policy check`, and stops nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from ops.core.calendar import Calendar
from ops.core.errors import Problem
from ops.core.quantity import Percent
from ops.policy.dates import missed_rarely
from ops.policy.model import HostPolicy
from ops.policy.rules.paths import apart, both, covered, nests, of_servers

_ALL = Percent(100)
_LEAST_PORT = 1024  # below, only root opens ports, which a server of databases never is


def notes(policy: HostPolicy, today: date) -> Iterator[Problem]:
    """Yield what an administrator should look at again in the policy of one host."""
    yield from _over(policy, today)
    yield from _excused_though_taken(policy)
    for name, contact in policy.contacts.items():
        if not contact.phone and not contact.mail:
            yield Problem(f"policy.contacts.{name}", "has neither phone nor mail, so nobody can be reached by it")
    yield from _of_sources(policy)
    yield from _of_servers(policy)
    yield from _missed(policy, today)
    yield from _taken_twice(policy)


def _over(policy: HostPolicy, today: date) -> Iterator[Problem]:
    for name, excuse in policy.exceptions.items():
        if excuse.until.date < today:
            yield Problem(
                f"policy.exceptions.{name}.until",
                f"expired on {excuse.until}: {excuse.what} is a gap again; decide anew, or remove the exception",
            )
    yield from _packs_over(policy, today)
    for name, duty in policy.all_duties.items():
        if duty.until and duty.until.date < today:
            said = f"ended on {duty.until}: nobody is asked for it any more; choose a later day, or remove the duty"
            yield Problem(f"policy.duties.{name}.until", said)


def _packs_over(policy: HostPolicy, today: date) -> Iterator[Problem]:
    for pack, use in policy.packs.items():
        for key, excuse in use.exceptions.items():
            if excuse.until.date < today:
                said = f"ended on {excuse.until}: meet the number, or decide again"
                yield Problem(f"policy.packs.{pack}.exceptions.{key}.until", said)


def _excused_though_taken(policy: HostPolicy) -> Iterator[Problem]:
    taken = {
        thing: asset
        for asset, spec in policy.assets.items()
        for source in spec.sources.values()
        for thing in covered(source)
    }
    for name, excuse in policy.exceptions.items():
        if excuse.what in taken:
            said = f"{excuse.what} is no gap: {taken[excuse.what]} takes it; remove the exception"
            yield Problem(f"policy.exceptions.{name}.what", said)


def _of_sources(policy: HostPolicy) -> Iterator[Problem]:
    for name, asset in policy.assets.items():
        for label, spec in asset.sources.items():
            path = f"policy.assets.{name}.sources.{label}.options"
            share, port = (getattr(spec.options, option, None) for option in ("may_lose", "port"))
            if share == _ALL:
                yield Problem(f"{path}.may_lose", "with 100% nobody is told when all files are gone; expected less")
            if isinstance(port, int) and port < _LEAST_PORT:
                said = (
                    f"{port} belongs to another kind of service; PostgreSQL has 5432, unless somebody chose otherwise"
                )
                yield Problem(f"{path}.port", said)


def _missed(policy: HostPolicy, today: date) -> Iterator[Problem]:
    now = datetime.combine(today, time(), UTC)
    for path, calendar in _calendars(policy):
        if missed := missed_rarely(calendar, now):
            yield Problem(path, f"{missed}; choose another time of day")


def _taken_twice(policy: HostPolicy) -> Iterator[Problem]:
    for (first, one), (name, other) in itertools.combinations(policy.assets.items(), 2):
        for label, spec in apart(other):
            path = f"policy.assets.{name}.sources.{label}"
            for nested in sorted({text for _, mine in apart(one) for text in nests(mine, spec)}):
                said = f"{nested}: both {first} and {name} take it; exclude it from one of them unless that is meant"
                yield Problem(path, said)
            for thing in sorted({thing for _, mine in apart(one) for thing in both(mine, spec)}):
                yield Problem(
                    path, f"both {first} and {name} take {thing}; take it in one of them unless that is meant"
                )


def _of_servers(policy: HostPolicy) -> Iterator[Problem]:
    """A dump or a stopped server's files may lie there, so this is no error. Above, there may be no server at all."""
    sources = [(name, label, spec) for name, asset in policy.assets.items() for label, spec in asset.sources.items()]
    kinds = {spec.kind for _, _, spec in sources}
    for name, label, spec in sources:
        for below, folder, kind in of_servers(spec):
            if kind in kinds or folder in spec.options.paths:
                said = f"{folder}: a copy of a running server's files is no backup; use a source of kind {kind}"
                yield Problem(f"policy.assets.{name}.sources.{label}.{below}", said)


def _calendars(policy: HostPolicy) -> Iterator[tuple[str, Calendar]]:
    for name, asset in policy.assets.items():
        path = f"policy.assets.{name}"
        yield f"{path}.schedule", asset.schedule
        for copy, spec in asset.copies.items():
            yield f"{path}.copies.{copy}.calendar", spec.calendar
        if asset.drill:
            yield f"{path}.drill.calendar", asset.drill.calendar
            if asset.drill.oldest:
                yield f"{path}.drill.oldest.calendar", asset.drill.oldest.calendar
