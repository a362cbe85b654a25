"""What the policy wants of a machine, in the words of these tests.

Derived from the typed policy alone, anew, and not from `ops.policy.units`, of which the units are made: so a mistake
there is seen here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from acts_wanted import Policies

from ops.policy import HostPolicy


@dataclass(frozen=True)
class Machine:
    """A machine of the inventory."""

    host: str
    policy: HostPolicy

    def __str__(self) -> str:
        return self.host


@dataclass(frozen=True)
class Door:
    """A machine's account at a backup host. reader: it may read only."""

    host: str
    client: str
    keeper: str
    credential: str
    port: int
    other_port: int
    reader: bool
    foreign: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.host} {'reads' if self.reader else 'writes'} {self.client} on {self.keeper}"


@dataclass(frozen=True)
class Cluster:
    """How a PostgreSQL cluster is reached whose files are taken with the machine."""

    port: int
    socket: str = "/var/run/postgresql"
    user: str = "seawall_dump"


@dataclass(frozen=True)
class Database:
    """A database that is dumped, or all of a server; then the name is that of any one, or empty.

    taken: whether the files of its server are taken while that runs, too.
    """

    host: str
    name: str
    options: Any
    taken: bool = False

    def __str__(self) -> str:
        return f"{self.host} {self.name}"


@dataclass(frozen=True)
class MariaDB(Database):
    """The same of MariaDB."""

    def __str__(self) -> str:
        return f"{self.host} MariaDB {self.name or 'all'}"


@dataclass(frozen=True)
class Ups:
    """A UPS server that a machine asks."""

    host: str
    options: Any

    def __str__(self) -> str:
        return f"{self.host} upsd at {self.options.host}"


def machines(policies: Policies) -> list[Machine]:
    return [Machine(host, policy) for host, policy in policies.items()]


def keepers(policies: Policies) -> list[Machine]:
    """Machines that keep repositories of others."""
    return [machine for machine in machines(policies) if machine.policy.clients]


def drillers(policies: Policies) -> list[Machine]:
    """Machines that drill."""
    return [machine for machine in machines(policies) if machine.policy.drills]


def restics(policies: Policies) -> list[Machine]:
    """Machines that run restic."""
    return [machine for machine in machines(policies) if machine.policy.assets or machine.policy.drills]


def doors(policies: Policies) -> list[Door]:
    return [door for host in policies for door in (*_own(host, policies), *_read(host, policies))]


def writers(policies: Policies) -> list[Door]:
    return [door for door in doors(policies) if not door.reader]


def readers(policies: Policies) -> list[Door]:
    return [door for door in doors(policies) if door.reader]


def _own(host: str, policies: Policies) -> Iterator[Door]:
    """The repositories that a machine writes."""
    policy = policies[host]
    used = {asset.repository for asset in policy.assets.values()}
    used |= {copy.to for asset in policy.assets.values() for copy in asset.copies.values()}
    for place in sorted(used):
        repository = policy.repositories[place]
        if repository.host:
            ports = repository.options.port, repository.options.reader_port
            foreign = _foreign(policies[repository.host], {host})
            yield Door(host, host, repository.host, place, *ports, False, foreign)


def _read(host: str, policies: Policies) -> Iterator[Door]:
    """The repositories that a drill host reads."""
    drills = policies[host].drills.values()
    for client in sorted({drilled.host for drilled in drills}):
        assets = [drilled.asset for drilled in drills if drilled.host == client]
        used = {place for asset in assets for place in (asset.repository, *(copy.to for copy in asset.copies.values()))}
        for place in sorted(used):
            repository = policies[client].repositories[place]
            if repository.host:
                ports = repository.options.reader_port, repository.options.port
                readable = {name for name, readers in policies[repository.host].clients.items() if host in readers}
                foreign = _foreign(policies[repository.host], readable)
                yield Door(host, client, repository.host, f"{client}-{place}", *ports, True, foreign)


def _foreign(keeper: HostPolicy, own: set[str]) -> tuple[str, ...]:
    """Paths on a backup host that an account has no business with."""
    others = sorted({"nobody", *keeper.clients} - own)
    return ("/", *(f"/{other}/{part}" for other in others for part in ("config", "snapshots/")))


def databases(policies: Policies) -> list[Database]:
    taken = {(host, port) for host, options in _of(policies, "machine") for port in options.clusters}
    dumped = list(_of_machines(policies, "postgresql"))
    apart = sorted(taken - {(host, options.port) for host, options in dumped})
    return [
        # All of a server: any database shows the role.
        *(Database(host, one.database or "postgres", one, (host, one.port) in taken) for host, one in dumped),
        *(Database(host, "postgres", Cluster(port), taken=True) for host, port in apart),
    ]


def mariadbs(policies: Policies) -> list[MariaDB]:
    return [MariaDB(host, options.database, options) for host, options in _of_machines(policies, "mariadb")]


def _of_machines(policies: Policies, kind: str) -> Iterator[tuple[str, Any]]:
    """Yield those of servers on machines themselves: what is in a container is its own affair."""
    yield from ((host, options) for host, options in _of(policies, kind) if not options.container)


def _of(policies: Policies, kind: str) -> Iterator[tuple[str, Any]]:
    """Yield the host and the options of every source of a kind."""
    for host, policy in policies.items():
        for asset in policy.assets.values():
            yield from ((host, source.options) for source in asset.sources.values() if source.kind == kind)


def upses(policies: Policies) -> list[Ups]:
    return [
        Ups(host, check.options)
        for host, policy in policies.items()
        for check in policy.checks.values()
        if check.kind == "ups"
    ]
