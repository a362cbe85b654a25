"""Which stores of somebody else the policy wants a machine to copy to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.policy import HostPolicy

Policies = Mapping[str, HostPolicy]
STORE = "s3"


@dataclass(frozen=True)
class Store:
    """A machine's account at a store of somebody else. days: for how long what is stored is locked; 0: not at all."""

    host: str
    name: str
    authority: str
    days: int

    def __str__(self) -> str:
        return f"{self.host} writes to {self.name}"


def stores(policies: Policies) -> list[Store]:
    """The stores that machines copy to."""
    found = []
    for host, policy in policies.items():
        for name in sorted({copy.to for asset in policy.assets.values() for copy in asset.copies.values()}):
            place = policy.repositories[name]
            if place.kind == STORE:
                days = place.options.lock.days if place.options.lock else 0
                found.append(Store(host, name, place.options.authority, days))
    return found


def locked_stores(policies: Policies) -> list[Store]:
    return [store for store in stores(policies) if store.days]
