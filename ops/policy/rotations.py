"""Disks that take turns: whether they do is looked at on the machine that copies to them."""

from __future__ import annotations

from collections.abc import Iterator

from ops.interfaces import joined
from ops.policy.model import CheckSpec, HostPolicy, Written

KIND, CHECK = "removable", "rotation"


def names(policy: Written | HostPolicy) -> Iterator[str]:
    """Yield the repositories to which a machine copies by disks that take turns."""
    used = {copy.to for asset in policy.assets.values() for copy in asset.copies.values()}
    used |= {asset.repository for asset in policy.assets.values()}
    yield from sorted(name for name in used if name in policy.repositories and policy.repositories[name].kind == KIND)


def checks(policy: Written) -> dict[str, CheckSpec]:
    """Return the checks of a machine's disks, by name; their options are not typed yet."""
    found = {}
    for name in names(policy):
        options = dict(policy.repositories[name].options)
        told = {
            "repository": name,
            "disks": list(options.get("disks") or ()),
            "calendar": str(options["calendar"]),
            "timezone": policy.site.timezone,
        }
        found[joined.check(CHECK, name)] = CheckSpec(CHECK, told)
    return found
