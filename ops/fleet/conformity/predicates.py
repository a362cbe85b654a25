"""Demands on the policy itself, by name: what a clause asks of how the site is set up, rather than of what was done."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from ops.core.calendar.elapses import FIRST
from ops.policy import HostPolicy
from ops.policy.model import AWAY, Asset

Policies = Mapping[str, HostPolicy]
YEAR = timedelta(days=365)
_DAY = timedelta(days=1)
_SIXTY_DAYS = 60 * _DAY


@dataclass(frozen=True)
class Predicate:
    """A demand on the policy. summary: what it demands; lacking: yields what does not fulfil it, by its name.

    todo: what to write.
    """

    summary: str
    lacking: Callable[[Policies], Iterator[str]]
    todo: str


def _assets(policies: Policies) -> Iterator[tuple[HostPolicy, str, Asset]]:
    for policy in policies.values():
        for name, asset in policy.assets.items():
            yield policy, name, asset


def _nothing(policies: Policies) -> Iterator[str]:
    """Without anything protected, no demand on what is protected is fulfilled."""
    if not any(policy.assets for policy in policies.values()):
        yield "the policy protects nothing"


def _owners(policies: Policies) -> Iterator[str]:
    yield from _nothing(policies)
    for policy, name, asset in _assets(policies):
        contact = policy.contacts.get(asset.owner)
        if contact is None or not (contact.phone or contact.mail):
            yield f"the owner of {name} has neither phone nor mail"


def _deputies(policies: Policies) -> Iterator[str]:
    yield from _nothing(policies)
    for policy, name, asset in _assets(policies):
        contact = policy.contacts.get(asset.owner)
        if contact is None or not contact.deputy:
            yield f"nobody stands in for the owner of {name}"


def _alarms(policies: Policies) -> Iterator[str]:
    for host, policy in policies.items():
        if policy.alarms is None:
            yield f"nobody is told of what is wrong on {host}"


def _fault_classes(policies: Policies) -> Iterator[str]:
    for host, policy in policies.items():
        rules = policy.alarms.rules if policy.alarms else ()
        if not any(rule.fault_class or rule.warning_class for rule in rules):
            yield f"no rule of {host} says which class of fault a check is of"


def _limits(policies: Policies) -> Iterator[str]:
    for host, policy in policies.items():
        classes = policy.alarms.fault_classes.values() if policy.alarms else ()
        if not any(one.limits for one in classes):
            yield f"no class of faults of {host} has limits"


def _vendors(policies: Policies) -> Iterator[str]:
    for host, policy in policies.items():
        if not any(rule.vendor for rule in (policy.alarms.rules if policy.alarms else ())):
            yield f"no rule of {host} names a vendor"


def _drills(policies: Policies) -> Iterator[str]:
    yield from _nothing(policies)
    for _, name, asset in _assets(policies):
        if asset.drill is None:
            yield f"{name} has no drill"


def _placed(policies: Policies, places: tuple[str, ...]) -> Iterator[str]:
    yield from _nothing(policies)
    for policy, name, asset in _assets(policies):
        used = {asset.repository, *(copy.to for copy in asset.copies.values())}
        if not any(policy.repositories[one].place in places for one in used if one in policy.repositories):
            yield f"{name} has no copy {' or '.join(places)}"


def _away(policies: Policies) -> Iterator[str]:
    return _placed(policies, AWAY)


def _local(policies: Policies) -> Iterator[str]:
    return _placed(policies, ("local",))


def _removable(policies: Policies) -> Iterator[str]:
    return _placed(policies, ("removable",))


def _two(policies: Policies) -> Iterator[str]:
    yield from _nothing(policies)
    for _, name, asset in _assets(policies):
        if len({asset.repository, *(copy.to for copy in asset.copies.values())}) < 2:  # noqa: PLR2004 -- of two places
            yield f"{name} is in one repository only"


def _daily(policies: Policies) -> Iterator[str]:
    yield from _nothing(policies)
    for policy, name, asset in _assets(policies):
        zoned = asset.schedule.zoned(policy.site.timezone)
        moments = zoned.after(FIRST, 8)
        gap = max((later - earlier for earlier, later in itertools.pairwise(moments)), default=YEAR)
        if gap > _DAY + timedelta(hours=1):  # a day may have 25 hours
            yield f"{name} is not backed up daily"


def _without(policies: Policies) -> Iterator[str]:
    yield from _nothing(policies)
    for _, name, asset in _assets(policies):
        if not asset.without.strip():
            yield f"nobody wrote how people work without {name}"


def _thirty_years(policies: Policies) -> Iterator[str]:
    yield from _nothing(policies)
    for _, name, asset in _assets(policies):
        yearly = asset.retention.yearly
        if yearly is None or yearly.span < 30 * YEAR:
            yield f"no yearly set of {name} is kept for thirty years"


def _retention(policies: Policies) -> Iterator[str]:
    yield from _nothing(policies)


def _expectations(policies: Policies) -> Iterator[str]:
    asked = [name for _, name, asset in _assets(policies) if asset.drill and asset.drill.expectations]
    if not asked:
        yield "no drill asks the restored data anything"


def _removed(policies: Policies) -> Iterator[str]:
    drills = [asset.drill for _, _, asset in _assets(policies) if asset.drill]
    if not any(drill.oldest and drill.oldest.removed for drill in drills):
        yield "no drill of an oldest set asks for what was removed from the live data since"


def _classes(policies: Policies) -> Iterator[str]:
    yield from _nothing(policies)
    for _, name, asset in _assets(policies):
        if not asset.summary.strip():
            yield f"nobody wrote what {name} is"


def _control(policies: Policies) -> Iterator[str]:
    if not any(policy.control for policy in policies.values()):
        yield "the control machine is not backed up"


def _passwords(policies: Policies) -> Iterator[str]:
    for host, policy in policies.items():
        wanted = policy.hardening.accounts if policy.hardening else None
        if wanted is None or wanted.password_age.span > _SIXTY_DAYS:
            yield f"passwords on {host} may be older than 60 days"


def _sessions(policies: Policies) -> Iterator[str]:
    for host, policy in policies.items():
        if not (policy.hardening and policy.hardening.accounts and policy.hardening.ssh):
            yield f"no idle session on {host} ends"


PREDICATES: Mapping[str, Predicate] = {
    "owners": Predicate(
        "each asset has an owner who can be reached", _owners, "write phone or mail of the contact in `contacts`"
    ),
    "deputies": Predicate(
        "somebody stands in for each owner", _deputies, "write `deputy` of the contact in `contacts`"
    ),
    "alarms": Predicate("somebody is told of what is wrong", _alarms, "write `alarms` into policy__all"),
    "fault_classes": Predicate(
        "checks have the class of their fault", _fault_classes, "write `rules` with `fault_class` into `alarms`"
    ),
    "limits": Predicate(
        "the clock of a class of faults has limits", _limits, "write `limits` of the class into `alarms`"
    ),
    "vendors": Predicate("alarms name the vendor", _vendors, "write `vendor` into a rule of `alarms`"),
    "drills": Predicate("each asset is drilled", _drills, "write `drill` of the asset"),
    "away": Predicate(
        "each asset has a copy that outlives the site", _away, "write a copy to an off-site or removable repository"
    ),
    "local": Predicate(
        "each asset has a copy on another disk of its own server", _local, "write a copy to a local repository"
    ),
    "removable": Predicate(
        "each asset has a copy on a removable disk", _removable, "write a copy to a removable repository"
    ),
    "two_places": Predicate("each asset is in two repositories", _two, "write a copy of the asset"),
    "daily": Predicate("each asset is backed up daily", _daily, "write a daily `schedule` of the asset"),
    "without": Predicate("it is written how people work without each asset", _without, "write `without` of the asset"),
    "thirty_years": Predicate(
        "a set of each year is kept for thirty years", _thirty_years, "write `retention: {yearly: 30y}` of the asset"
    ),
    "retention": Predicate("each asset has a retention", _retention, "write `retention` of the asset"),
    "expectations": Predicate(
        "drills ask the restored data", _expectations, "write `expectations` of the asset's drill, as SQL"
    ),
    "removed": Predicate(
        "the oldest set is asked for what was removed since",
        _removed,
        "write `oldest` with `removed` into the asset's drill, as SQL",
    ),
    "summaries": Predicate("each asset says what it is", _classes, "write `summary` of the asset"),
    "control": Predicate("the control machine is backed up", _control, "write `control` into policy__all"),
    "passwords": Predicate(
        "passwords on every machine end within 60 days", _passwords, "write `accounts` into `hardening` of each machine"
    ),
    "sessions": Predicate(
        "idle sessions on every machine end", _sessions, "write `accounts` and `ssh` into `hardening` of each machine"
    ),
}
