"""Which databases of a machine the policy protects, and how their servers are reached by those who grant rights.

Those in containers are not among them: who runs a container gives its server the role that reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.core.schema import Plain
from ops.policy.model import HostPolicy

PLACES = {"postgresql": "port", "mariadb": "socket"}  # by which option a server is told from others


def databases(policy: HostPolicy, kind: str) -> list[dict[str, Plain]]:
    """Return the databases of a kind, each with its name or `all`, and with the port or socket of its server."""
    place = PLACES[kind]
    return [
        ({"all": True} if options.all else {"database": options.database}) | {place: getattr(options, place)}
        for options in _options(policy, kind)
        if not options.container
    ]


def taken_clusters(policy: HostPolicy) -> list[int]:
    """Return the ports of the PostgreSQL clusters whose files are taken while they run, in order."""
    of_machines = {port for options in _options(policy, "machine") for port in options.clusters}
    return sorted(of_machines | {options.port for options in _options(policy, "postgresql_cluster")})


def _options(policy: HostPolicy, kind: str) -> Iterator[Any]:
    for asset in policy.assets.values():
        yield from (source.options for source in asset.sources.values() if source.kind == kind)
