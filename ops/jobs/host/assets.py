"""The assets of this machine, by the names that the policy gives them."""

from __future__ import annotations

from ops.core import kinds
from ops.core.errors import UsageError
from ops.policy import HostPolicy
from ops.policy.model import Asset


def asset_named(policy: HostPolicy, name: str) -> Asset:
    """Return this machine's asset of a name; raise UsageError when it has none."""
    if name not in policy.assets:
        near = kinds.nearest(name, list(policy.assets))
        raise UsageError(
            f"{policy.host} has no asset {name!r}{near}", f"its assets: {', '.join(policy.assets) or 'none'}"
        )
    return policy.assets[name]
