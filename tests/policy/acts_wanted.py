"""What a machine is to do by its timers, as the policy wants it; derived anew, see wanted.py."""

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
            by_hand = _carried(policy, copy.to)
            yield Act(host, unit, command, copy.calendar, delay, "seawall", "", secrets, backup, by_hand)
    yield from _drills(host, policy)
    yield from _exports(host, policy)
    yield from _leaving(host, policy)
    yield from _renewing(host, policy)
    yield Act(host, "seawall-health", "health run", None, HEALTH_DELAY, "seawall", "", frozenset())
    yield from _push(host, policy)
    if any(check.kind in {"smart", "zfs"} for check in policy.checks.values()):
        yield Act(host, "seawall-devices", "devices", None, DEVICES_DELAY, "root", "", frozenset())
    yield from _alarms(host, policy)
    if policy.battery_test:
        at, secret = policy.battery_test.calendar.at(time(10)).zoned(policy.site.timezone), {"battery-test.secret"}
        yield Act(host, "seawall-battery-test", "ups test", at, timedelta(0), "seawall", "", frozenset(secret))
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


def _drills(host: str, policy: HostPolicy) -> Iterator[Act]:
    """What drills, with the secrets of each place that the drilled sets may come from."""
    for name, drilled in policy.drills.items():
        drill, asset = drilled.asset.drill, drilled.asset
        places = [asset.repository, *(copy.to for copy in asset.copies.values())]
        read = [place for place in places if policy.repositories[place].host or _carried(policy, place)]
        secrets = frozenset().union(*(_secrets(f"{drilled.host}-{place}") for place in read))
        yield Act(
            host, f"seawall-drill-{name}", f"drill {name}", drill and drill.calendar, DRILL_DELAY, "root", "", secrets
        )
        if drill and (oldest := drill.oldest):
            yearly = f"seawall-oldest-{name}", f"drill {name} --oldest", oldest.calendar
            yield Act(host, *yearly, DRILL_DELAY, "root", "", secrets)


def _carried(policy: HostPolicy, place: str) -> bool:
    """Whether a repository comes and goes with a disk, also to where it is drilled."""
    return policy.repositories[place].kind == "removable"


def _exports(host: str, policy: HostPolicy) -> Iterator[Act]:
    """What exports data, with the one secret that its way out needs."""
    for name, export in (policy.exports or {}).items():
        secrets = {f"export-{name}.key"} if export.to.sftp else set()
        if export.to.mail and policy.alarms and policy.alarms.channels[export.to.mail.channel].options.user:
            secrets = {f"channel-{export.to.mail.channel}.secret"}
        at, within = export.calendar.at(time(5)).zoned(policy.site.timezone), timedelta(minutes=5)
        reads = "cap_dac_read_search" if export.files else ""
        yield Act(host, f"seawall-export-{name}", f"export {name}", at, within, "seawall", reads, frozenset(secrets))


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
