"""Groups of the inventory: a role makes a host fit for something only in the group that the playbooks run it on."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.errors import Problem
from ops.policy.surroundings import Surroundings

SERVERS, DRILL_HOSTS = "servers", "drill_hosts"  # kinds name the others themselves


def lacking(path: str, host: str, group: str, what: str, around: Surroundings) -> Iterator[Problem]:
    """Yield that a host is not in a group, which may be none, and so what does not happen there."""
    if group and host in around.hosts and around.lacks(host, group):
        hint = f"add {host} to {group} in the inventory's hosts"
        yield Problem(path, f"the group {group} lacks {host}, so that {what}; {hint}")
