"""Backup hosts watch each other: who has gone silent is told by the other one, without a line in the policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ops.core import kinds
from ops.interfaces import joined
from ops.policy.concerned import clients_of
from ops.policy.doors import KIND
from ops.policy.model import CheckSpec, Written

CHECK, PORT, ASKS = "backup_host", "port", "interface"


def keepers(site: Mapping[str, Written], asked: Mapping[str, Mapping[str, Written]]) -> dict[str, int]:
    """Return the machines of a site that keep repositories of others, each with the port at which it takes backups.

    asked: for each host the policies that ask anything of it. One that nobody uses yet has no port that is open.
    """
    found = {}
    for host, policy in site.items():
        kept = next((one for one in policy.repositories.values() if (one.kind, one.host) == (KIND, host)), None)
        if kept is not None and clients_of(host, asked.get(host, {})):
            # Not typed yet; a port that is none is said where it is written.
            usual = kinds.load("ops.targets", KIND).options().port
            found[host] = dict(kept.options or {}).get(PORT, usual)
    return found


def peers(host: str, keepers: Iterable[str]) -> tuple[str, ...]:
    """Return the other backup hosts of one, in order; none where it is none itself."""
    found = sorted(keepers)
    return tuple(name for name in found if name != host) if host in found else ()


def checks(policy: Written, peers: Iterable[str], keepers: Mapping[str, int]) -> dict[str, CheckSpec]:
    """Return the checks by which a machine watches its peers: that each takes connections where it takes backups."""
    if not policy.watch_backup_hosts:
        return {}
    return {name(peer): CheckSpec(ASKS, {"host": peer, PORT: keepers[peer]}) for peer in peers}


def name(peer: str) -> str:
    """Return the name of the check by which a backup host watches another one."""
    return joined.check(CHECK, peer)
