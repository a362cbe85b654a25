"""What the policy wants of a machine, in the words of these tests.

Derived from the typed policy alone, anew, and not from `ops.policy.units`, of which the units are made: so a mistake
there is seen here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from stores_wanted import STORE

from ops.core.calendar import Calendar
from ops.policy import HostPolicy

Policies = Mapping[str, HostPolicy]

DRILL_DELAY = timedelta(minutes=15)
HEALTH_DELAY = timedelta(minutes=5)
ALARMS_DELAY = timedelta(minutes=1)
DEVICES_DELAY = timedelta(hours=1, minutes=5)
GAPS_DELAY = timedelta(minutes=30)
ARRIVALS_DELAY = timedelta(minutes=15)
OFTEN = Calendar.parse("*:3/10")
LOOKS_EVERYWHERE = "cap_dac_read_search cap_sys_ptrace"
# What an account needs beyond its own rights, by the kind of source.
CAPABILITIES = dict.fromkeys(("files", "sqlite", "machine"), "cap_dac_read_search")


@dataclass(frozen=True)
class Machine:
    """A machine of the inventory."""

    host: str
    policy: HostPolicy

    def __str__(self) -> str:
        return self.host


@dataclass(frozen=True)
class Act:
    """Something that a timer starts. calendar: its moments, none for the look at health, which is every 5 minutes.

    waits_for: the service whose end it waits for. by_hand: a person alone starts it, and it has no timer.
    """

    host: str
    unit: str
    command: str
    calendar: Any
    delay: timedelta
    user: str
    capability: str
    secrets: frozenset[str]
    waits_for: str = ""
    by_hand: bool = False

    def __str__(self) -> str:
        return f"{self.host} {self.unit}"


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


def acts(policies: Policies) -> list[Act]:
    return [act for host, policy in policies.items() for act in _acts(host, policy)]


def _acts(host: str, policy: HostPolicy) -> Iterator[Act]:
    for name, asset in policy.assets.items():
        delay = asset.random_delay.span
        capability = " ".join(sorted({CAPABILITIES.get(source.kind, "") for source in asset.sources.values()} - {""}))
        own = _secrets(asset.repository)
        yield Act(host, f"seawall-backup-{name}", f"backup {name}", asset.schedule, delay, "seawall", capability, own)
        for label, copy in asset.copies.items():
            unit, command = f"seawall-copy-{name}-{label}", f"copy {name} --to {copy.to}"
            account = {f"{copy.to}.store"} if policy.repositories[copy.to].kind == STORE else set()
            secrets, backup = own | _secrets(copy.to) | account, f"seawall-backup-{name}.service"
            by_hand = policy.repositories[copy.to].kind == "removable"
            yield Act(host, unit, command, copy.calendar, delay, "seawall", "", secrets, backup, by_hand)
    for name, drilled in policy.drills.items():
        drill, asset = drilled.asset.drill, drilled.asset
        places = [asset.repository, *(copy.to for copy in asset.copies.values())]
        served = [place for place in places if policy.repositories[place].host]
        secrets = frozenset().union(*(_secrets(f"{drilled.host}-{place}") for place in served))
        yield Act(
            host, f"seawall-drill-{name}", f"drill {name}", drill and drill.calendar, DRILL_DELAY, "root", "", secrets
        )
    yield from _leaving(host, policy)
    yield from _renewing(host, policy)
    yield Act(host, "seawall-health", "health run", None, HEALTH_DELAY, "seawall", "", frozenset())
    yield from _push(host, policy)
    if any(check.kind in {"smart", "zfs"} for check in policy.checks.values()):
        yield Act(host, "seawall-devices", "devices", None, DEVICES_DELAY, "root", "", frozenset())
    yield from _alarms(host, policy)
    daily = Calendar.parse("*-*-* 05:30:00").zoned(policy.site.timezone)
    yield Act(host, "seawall-gaps", "gaps", daily, GAPS_DELAY, "seawall", LOOKS_EVERYWHERE, frozenset())
    if policy.clients:
        nightly, reads = Calendar.parse("*-*-* 05:00:00").zoned(policy.site.timezone), "cap_dac_read_search"
        command = "repository arrivals"
        yield Act(host, "seawall-arrivals", command, nightly, ARRIVALS_DELAY, "seawall", reads, frozenset())
        daily, command = Calendar.parse("*-*-* 06:30:00").zoned(policy.site.timezone), "repository scrub"
        planned = Calendar.parse("*-*-* 06:00:00").zoned(policy.site.timezone)
        yield Act(host, "seawall-retention", "retention plan", planned, ARRIVALS_DELAY, "seawall", reads, frozenset())
        yield Act(host, "seawall-scrub", command, daily, ARRIVALS_DELAY, "seawall", reads, frozenset())


def _alarms(host: str, policy: HostPolicy) -> Iterator[Act]:
    """What tells people, with the secrets of the channels that have one."""
    if policy.alarms:
        options = {name: vars(spec.options) for name, spec in policy.alarms.channels.items()}
        secret = {name for name, said in options.items() if said.get("user") or said.get("secret")}
        own = frozenset(f"channel-{name}.secret" for name in secret)
        after = "seawall-health.service"
        yield Act(host, "seawall-alarms", "alarms run", None, ALARMS_DELAY, "seawall", "", own, after)
    if policy.alarms and policy.alarms.drill:
        at = policy.alarms.drill.calendar.at(time(10)).zoned(policy.site.timezone)
        yield Act(host, "seawall-alarm-drill", "alarm-drill", at, timedelta(0), "root", "", frozenset())


def _push(host: str, policy: HostPolicy) -> Iterator[Act]:
    """What hands the status over: with the addresses of the backup hosts' repositories, and no key to any."""
    used = {asset.repository for asset in policy.assets.values()}
    used |= {copy.to for asset in policy.assets.values() for copy in asset.copies.values()}
    kept = {name for name in used if policy.repositories[name].kind == "rest_server"}
    if policy.push and kept:
        within = policy.push.every.span + timedelta(minutes=15)
        secrets = frozenset(f"{name}.url" for name in kept)
        yield Act(host, "seawall-push", "status --push", None, within, "seawall", "", secrets, "seawall-health.service")


def _leaving(host: str, policy: HostPolicy) -> Iterator[Act]:
    """What lets sets leave: a server asks every ten minutes whether it is to, and its backup host has its time."""
    used = {asset.repository for asset in policy.assets.values()}
    used |= {copy.to for asset in policy.assets.values() for copy in asset.copies.values()}
    for name, place in policy.repositories.items():
        when = getattr(place.options, "leave_at", None)
        if when is None:
            continue
        if name in used:
            command, spread = f"repository leave {name}", timedelta(minutes=1)
            yield Act(host, f"seawall-leave-{name}", command, OFTEN, spread, "seawall", "", _secrets(name))
        clients = policy.clients.keys() - {policy.control.name if policy.control else ""}
        for client in clients if place.host == host else ():
            unit, command = f"seawall-leaving-{client}", f"retention run {client}"
            at = when.at(time(10)).zoned(policy.site.timezone)
            yield Act(host, unit, command, at, ARRIVALS_DELAY, "root", "", frozenset())


def _renewing(host: str, policy: HostPolicy) -> Iterator[Act]:
    """What renews locks: each day, or each week where they hold for four of them."""
    for name, place in policy.repositories.items():
        if place.kind == STORE and place.options.keeper == host:
            when = "*-*-* 07:00:00" if place.options.lock.days < 28 else "Mon *-*-* 07:00:00"
            at, secrets = Calendar.parse(when).zoned(policy.site.timezone), _account(f"locks-of-{name}")
            yield Act(host, f"seawall-renew-{name}", f"store renew {name}", at, ARRIVALS_DELAY, "seawall", "", secrets)


def _account(name: str) -> frozenset[str]:
    return frozenset({f"{name}.url", f"{name}.store"})


def _secrets(name: str) -> frozenset[str]:
    return frozenset({f"{name}.url", f"{name}.password"})


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
