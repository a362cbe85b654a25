"""What the policy knows that an incident may speak of: classes of faults and their limits, and what can be affected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.interfaces.incident import TimeLimit
from ops.policy import HostPolicy
from ops.policy.alarms import FaultClass

NUMBERS = {"1": "class_1", "2": "class_2", "3": "class_3"}


def fault_class(word: str, policies: Mapping[str, HostPolicy], hosts: Iterable[str]) -> tuple[str, FaultClass]:
    """Return the name of a class and what the policy says of it; raise UsageError for one that nobody knows.

    word: 1, 2 or 3, or the name of a fault class. hosts: the machines that are affected. Where several have a class
    of this name, theirs hold, and of these the one whose limits come first.
    """
    name = NUMBERS.get(word, word)
    known = sorted({*NUMBERS.values(), *(one for policy in policies.values() for one in _classes(policy))})
    if name not in known:
        hint = "alarms.fault_classes in the policy has the classes: docs/alarms.md"
        raise UsageError(f"there is no fault class {word!r}{nearest(name, known)}; known: {', '.join(known)}", hint)
    found = [_classes(policies[host])[name] for host in hosts if host in policies and name in _classes(policies[host])]
    found = found or [_classes(policy)[name] for policy in policies.values() if name in _classes(policy)]
    if not found:
        return name, FaultClass()
    # One without limits comes last: a class with limits asks for more.
    return name, min(found, key=lambda one: [limit.after.seconds for limit in one.limits] or [1 << 40])


def limits(of: FaultClass) -> tuple[TimeLimit, ...]:
    """Return the limits of a class as an incident keeps them."""
    return tuple(TimeLimit(after=one.after.seconds, what=" ".join(one.what.split())) for one in of.limits)


def affected(words: Iterable[str], policies: Mapping[str, HostPolicy], own: HostPolicy) -> tuple[str, ...]:
    """Return what is affected, each once; raise UsageError for a name that the policy does not know."""
    known = {*policies, own.host, *(name for policy in policies.values() for name in _things(policy))}
    found = tuple(dict.fromkeys(words))
    for word in found:
        if word not in known:
            what = "expected an asset, a machine, a check or a service that a check watches"
            raise UsageError(
                f"the policy knows no {word!r}{nearest(word, sorted(known))}; {what}", "seawall policy show lists them"
            )
    return found


def hosts_of(names: Iterable[str], policies: Mapping[str, HostPolicy]) -> tuple[str, ...]:
    """Return the machines that have some of these things, or are named themselves."""
    wanted = set(names)
    return tuple(host for host, policy in policies.items() if host in wanted or wanted & {*_things(policy)})


def named(host: str, check: str, names: frozenset[str], policies: Mapping[str, HostPolicy]) -> bool:
    """Whether an incident that affects these names speaks of a machine's check.

    It names the check with its machine or with none, or the machine without a check. Machines have checks of the same
    name, so of one on another machine nothing is said by it.
    """
    if check in names:
        return host in names or not names & policies.keys()
    return host in names and not names & policies[host].checks.keys()


def moment(text: str, zone: str, now: datetime) -> datetime:
    """Return the moment that a person names: 14:05, the last time it was that, or a time with its day and zone.

    Raise UsageError for another text, and for what has not come yet.
    """
    try:
        found = _last(text, zone, now) if len(text) == len("14:05") else clock.parse(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time", "write 14:05, or 2026-11-22T14:05:00-03:00") from None
    if found > now + clock.SKEW:
        raise UsageError(f"{text} has not come yet", "write when it was")
    return min(found, now)


def _last(text: str, zone: str, now: datetime) -> datetime:
    """Return the last moment at which clocks in a zone showed a time of day.

    When the clock is put back it shows an hour twice; when it is put forward, one not at all: then the day before.
    """
    there = ZoneInfo(zone)
    time = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 -- the zone is the site's, below
    today = now.astimezone(there).date()
    shown = (
        datetime.combine(today - timedelta(days=days), time, there).replace(fold=fold).astimezone(UTC)
        for days in (0, 1, 2)
        for fold in (1, 0)
    )
    return max(one for one in shown if one <= now + clock.SKEW and one.astimezone(there).time() == time)


def _classes(policy: HostPolicy) -> Mapping[str, FaultClass]:
    return policy.alarms.fault_classes if policy.alarms else {}


def _things(policy: HostPolicy) -> Iterator[str]:
    """Yield the names of a machine's assets and checks, and the services that its checks watch."""
    yield from policy.assets
    for name, check in policy.checks.items():
        yield name
        if check.kind == "units":
            yield from (str(unit) for unit in getattr(check.options, "expected", ()))
