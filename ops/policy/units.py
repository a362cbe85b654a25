"""Which systemd units follow from a host's policy: one service and timer per act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.core import kinds
from ops.core.printable import printable
from ops.interfaces import joined
from ops.interfaces.devices import DEVICES
from ops.interfaces.joined import read_from, repository_files
from ops.interfaces.metrics import FOLDER as METRICS
from ops.interfaces.planned import RETENTION
from ops.interfaces.pushed import PUSH
from ops.interfaces.state import ALARMS, ARRIVALS, GAPS, HEALTH, SCRUB
from ops.policy import access, alarm_drill, alarms, doors, hours, logs
from ops.policy.access import AUTHORITY, LEDGER_KEY
from ops.policy.model import DRILL_SPREAD, Asset, HostPolicy

HEALTH_EVERY = "*:0/5"
ALARMS_EVERY = "*:0/1"  # what is due to be told again, or to somebody else, is due to the minute
DEVICES_EVERY = "*:11"
JOURNAL_GROUP = "systemd-journal"  # may read all of the journal
LEAVE_EVERY = "*:3/10"
GAPS_AT = "*-*-* 05:30:00"
ARRIVALS_AT = "*-*-* 05:00:00"
RETENTION_AT = "*-*-* 06:00:00"
SCRUB_AT = "*-*-* 06:30:00"
RENEW_AT, RENEW_SELDOM = "*-*-* 07:00:00", "Mon *-*-* 07:00:00"
SELDOM = 28  # days from which on once a week is often enough


@dataclass(frozen=True)
class Unit:
    """A service that runs one act, and when its timer starts it.

    command: what follows `seawall`. calendar: systemd expressions; none: a person starts it. random_delay: seconds.
    user: the account. capabilities: beyond the account's. credentials: names of the secrets it may read.
    timeout: seconds after which systemd ends it. writable: folders it may write to beside Seawall's own.
    after: services whose end it waits for, when they run. groups: that it is in beside its account's.
    """

    name: str
    description: str
    command: str
    calendar: tuple[str, ...]
    random_delay: int
    user: str
    capabilities: tuple[str, ...]
    credentials: tuple[str, ...]
    timeout: int
    writable: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def units(policy: HostPolicy) -> list[Unit]:
    """Return every unit a host needs."""
    acts = [*_backups(policy), *_logs(policy), *_copies(policy), *_leaves(policy), *_drills(policy)]
    looks = [_health(policy), *_push(policy), *_alarms(policy), *_devices(policy), _gaps(policy)]
    return [*acts, *looks, *_keeper(policy), *_renewals(policy)]


def _backups(policy: HostPolicy) -> Iterator[Unit]:
    for name, asset in policy.assets.items():
        yield Unit(
            name=joined.unit(joined.backup(name)),
            description=f"Back up {name} ({_line(asset.summary)})" if asset.summary.strip() else f"Back up {name}",
            command=f"backup {name}",
            calendar=asset.schedule.expressions,
            random_delay=asset.random_delay.seconds,
            user="seawall",
            capabilities=_capabilities(asset),
            credentials=(*_opening(policy, asset.repository), AUTHORITY, LEDGER_KEY),
            timeout=86_400,
            writable=_writable(policy, asset.repository),
        )


def _logs(policy: HostPolicy) -> Iterator[Unit]:
    for name, asset in policy.assets.items():
        if logs.logged(asset):
            yield Unit(
                name=joined.unit(joined.log(name)),
                description=f"Archive the log of {name}",
                command=f"log {name}",
                calendar=(logs.calendar(asset.rpo),),
                random_delay=0,
                user="seawall",
                capabilities=(),
                credentials=(*_opening(policy, asset.repository), AUTHORITY, LEDGER_KEY),
                timeout=3600,
                writable=(*_writable(policy, asset.repository), logs.spool(name)),
            )


def _opening(policy: HostPolicy, *places: str) -> Iterator[str]:
    """Yield the names of the files that open some repositories."""
    for place in places:
        yield from access.files(place, policy.repositories[place])


def _line(text: str) -> str:
    """Return a person's text as one line in which systemd finds nothing to expand."""
    return printable(" ".join(text.split())).replace("%", "%%")


def _copies(policy: HostPolicy) -> Iterator[Unit]:
    for name, asset in policy.assets.items():
        for label, copy in asset.copies.items():
            yield Unit(
                name=joined.unit(joined.copy(name, label)),
                description=f"Copy {name} to {copy.to}",
                command=f"copy {name} --to {copy.to}",
                calendar=() if access.attended(policy.repositories[copy.to]) else copy.calendar.expressions,
                random_delay=hours.spread(copy.calendar, asset.random_delay).seconds,
                user="seawall",
                capabilities=(),
                credentials=(*_opening(policy, asset.repository, copy.to), AUTHORITY, LEDGER_KEY),
                timeout=2 * 86_400,  # it may have to wait for its turn, a day at most
                # It locks the one that it reads from, too.
                writable=_writable(policy, asset.repository, copy.to),
                after=(joined.service(joined.backup(name)),),
            )


def _leaves(policy: HostPolicy) -> Iterator[Unit]:
    for name in sorted({place for asset in policy.assets.values() for place in _places(asset)}):
        if doors.leaving(policy, name):
            yield Unit(
                name=joined.unit(joined.leave(name)),
                description=f"Forget in {name} what its backup host asks",
                command=f"repository leave {name}",
                calendar=(LEAVE_EVERY,),
                random_delay=60,
                user="seawall",
                capabilities=(),
                credentials=(*repository_files(name), AUTHORITY, LEDGER_KEY),
                timeout=2 * 86_400,
            )


def _places(asset: Asset) -> Iterator[str]:
    yield asset.repository
    yield from (copy.to for copy in asset.copies.values())


def _drills(policy: HostPolicy) -> Iterator[Unit]:
    for name, drilled in policy.drills.items():
        drill = drilled.asset.drill
        if drill is None:
            continue
        places = [drilled.asset.repository, *(copy.to for copy in drilled.asset.copies.values())]
        read = [place for place in places if access.readable_elsewhere(policy.repositories[place])]
        secrets = [secret for place in read for secret in repository_files(read_from(drilled.host, place))]
        yield Unit(
            name=joined.unit(joined.drill(name)),
            description=f"Drill the restore of {name} of {drilled.host}",
            command=f"drill {name}",
            calendar=drill.calendar.expressions,
            random_delay=DRILL_SPREAD.seconds,
            user="root",
            capabilities=(),
            credentials=(*secrets, AUTHORITY, LEDGER_KEY),
            timeout=2 * 86_400,  # a restored system may be kept for a look, a day at most
        )


def boots_disks(policy: HostPolicy) -> bool:
    """Return whether a machine is drilled here with its own kernel, from a disk made anew."""
    drills = [drilled.asset.drill for drilled in policy.drills.values() if drilled.asset.drill]
    return any(drill.kind == "machine" and drill.options.own_kernel for drill in drills)


def _health(policy: HostPolicy) -> Unit:
    reads = any(kinds.load("ops.health", check.kind).journal for check in policy.checks.values())
    return Unit(
        name=joined.unit(HEALTH),
        description=f"Check the health of {policy.host}",
        command="health run",
        calendar=(HEALTH_EVERY,),
        random_delay=30,
        user="seawall",
        capabilities=(),
        credentials=(LEDGER_KEY,),
        timeout=120,
        groups=(JOURNAL_GROUP,) if reads else (),
        # Also where the policy wants none: what was written before is removed. Without the folder it must start, too.
        writable=(f"-{METRICS}",),
    )


def _push(policy: HostPolicy) -> Iterator[Unit]:
    """Yield what hands the status over where there is somebody to take it; it gets no key that opens a repository."""
    names = access.beside(policy) if policy.push else []
    if policy.push and names:
        yield Unit(
            name=joined.unit(PUSH),
            description=f"Hand the status of {policy.host} over to its backup hosts",
            command="status --push",
            calendar=(policy.push.calendar,),
            random_delay=policy.push.delay,
            user="seawall",
            capabilities=(),
            credentials=(*map(joined.address_file, names), AUTHORITY, LEDGER_KEY),
            timeout=600,
            after=(joined.service(HEALTH),),
        )


def _alarms(policy: HostPolicy) -> Iterator[Unit]:
    if policy.alarms:
        yield Unit(
            name=joined.unit(ALARMS),
            description=f"Tell people of what is wrong with {policy.host}",
            command="alarms run",
            calendar=(ALARMS_EVERY,),
            random_delay=30,
            user="seawall",
            capabilities=(),
            credentials=tuple(joined.channel_file(name) for name in alarms.secret_channels(policy.alarms)),
            timeout=300,
            after=(joined.service(HEALTH),),
        )
    if drill := alarm_drill.asked(policy):
        yield Unit(
            name=joined.unit(joined.ALARM_DRILL),
            description=f"Make a fault on {policy.host}, and see who answers",
            command=joined.ALARM_DRILL,
            calendar=alarm_drill.calendar(policy, drill).expressions,
            random_delay=0,
            user="root",
            # To stop and start a timer, to look at what the account remembers, and to write where the account does.
            capabilities=("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER"),
            credentials=(LEDGER_KEY,),
            timeout=drill.told_within.seconds + drill.answered_within.seconds + 1800,
        )


def _devices(policy: HostPolicy) -> Iterator[Unit]:
    """Yield the look at the devices where a check judges it: what a disk says of itself is told to root alone."""
    if any(kinds.load("ops.health", check.kind).devices for check in policy.checks.values()):
        yield Unit(
            name=joined.unit(DEVICES),
            description=f"Ask the devices of {policy.host} how they are",
            command="devices",
            calendar=(DEVICES_EVERY,),
            random_delay=300,
            user="root",
            # To send a disk a command of its own, and an NVMe one of the administrator's.
            capabilities=("CAP_SYS_RAWIO", "CAP_SYS_ADMIN"),
            credentials=(),
            timeout=900,
        )


def _gaps(policy: HostPolicy) -> Unit:
    return Unit(
        name=joined.unit(GAPS),
        description=f"Search {policy.host} for data that no asset covers",
        command="gaps",
        calendar=(f"{GAPS_AT} {policy.site.timezone}",),
        random_delay=1800,
        user="seawall",
        # Whose files and which programs hold data is what it is to find out.
        capabilities=("CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE"),
        credentials=(),
        timeout=1800,
    )


def _keeper(policy: HostPolicy) -> Iterator[Unit]:
    """Yield what a backup host does each morning, over all repositories; without a key nothing in them can be read."""
    if not policy.clients:
        return
    host, longest = policy.host, policy.checks[SCRUB].options.longest.seconds
    yield _kept(policy, ARRIVALS, f"Search the repositories on {host} for foreign files", ARRIVALS_AT, 7200)
    plan = f"Plan which sets leave the repositories on {host}"
    yield _kept(policy, RETENTION, plan, RETENTION_AT, 7200, "retention plan", (LEDGER_KEY,))
    scrub = f"Read the repositories on {host} again, and name what is damaged"
    yield _kept(policy, SCRUB, scrub, SCRUB_AT, longest + 3600)  # it ends by itself; one file may be large


def _renewals(policy: HostPolicy) -> Iterator[Unit]:
    """Yield what renews locks at a store: often enough that one missed run, or a week of them, ends none."""
    for name, days in access.renewed(policy).items():
        here = joined.locks_of(name)
        yield Unit(
            name=joined.unit(joined.renewal(name)),
            description=f"Renew the locks in {name}",
            command=f"store renew {name}",
            calendar=(f"{RENEW_AT if days < SELDOM else RENEW_SELDOM} {policy.site.timezone}",),
            random_delay=900,
            user="seawall",
            capabilities=(),
            credentials=(access.address_file(here), access.account_file(here), LEDGER_KEY),
            timeout=86_400,
        )


def _kept(
    policy: HostPolicy,
    name: str,
    description: str,
    at: str,
    timeout: int,
    command: str = "",
    credentials: tuple[str, ...] = (),
) -> Unit:
    return Unit(
        name=joined.unit(name),
        description=description,
        command=command or f"repository {name}",
        calendar=(f"{at} {policy.site.timezone}",),
        random_delay=900,
        user="seawall",
        capabilities=("CAP_DAC_READ_SEARCH",),  # the repositories are their server's
        credentials=credentials,
        timeout=timeout,
    )


def _writable(policy: HostPolicy, *names: str) -> tuple[str, ...]:
    """Return the folders on the machine itself in which repositories lie."""
    repositories = [policy.repositories[name] for name in names]
    return tuple(sorted({folder for one in repositories for folder in access.written(one)}))


def _capabilities(asset: Asset) -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                capability
                for source in asset.sources.values()
                for capability in kinds.load("ops.sources", source.kind).capabilities
            }
        )
    )
