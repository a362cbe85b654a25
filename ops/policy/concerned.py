"""Whose policies ask something of a host: to look at all of them for each would take a large site minutes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.policy.model import Written
from ops.policy.rules.quotas import used


def concerned(site: Mapping[str, Written]) -> dict[str, dict[str, Written]]:
    """Return, for each host of which anything is asked, the policies that do, in the order of the site.

    Each policy is looked at once.
    """
    found: dict[str, dict[str, Written]] = {}
    for name, policy in site.items():
        for host in dict.fromkeys(_asked(policy)):
            found.setdefault(host, {})[name] = policy
    return found


def _asked(policy: Written) -> Iterator[str]:
    """Yield who keeps the repositories of a machine, and who drills its assets."""
    places = {*used(policy), *([policy.control.repository] if policy.control else [])}
    for place in sorted(places):
        if (kept := policy.repositories.get(place)) and kept.host:
            yield kept.host
    for asset in policy.assets.values():
        if asset.drill:
            yield asset.drill.host


def clients_of(host: str, site: Mapping[str, Written]) -> dict[str, tuple[str, ...]]:
    """Return which machines keep a repository on this host, each with the drill hosts that may read it."""
    clients: dict[str, tuple[str, ...]] = {}
    for name, other in site.items():
        kept = {key for key, repository in other.repositories.items() if repository.host == host}
        if kept & used(other):
            readers = {asset.drill.host for asset in other.assets.values() if asset.drill}
            clients[name] = tuple(sorted(readers))
        if other.control and other.control.repository in kept:
            clients.setdefault(other.control.name, ())
    return clients
