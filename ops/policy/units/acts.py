"""The units of backups, logs, copies and drills, and of what leaves a repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ops.core import kinds
from ops.core.printable import printable
from ops.interfaces import joined
from ops.interfaces.joined import read_from, repository_files
from ops.policy import access, doors, hours, logs
from ops.policy.access import AUTHORITY, LEDGER_KEY
from ops.policy.model import DRILL_SPREAD, Asset, HostPolicy
from ops.policy.units.unit import Unit

LEAVE_EVERY = "*:3/10"


def backups(policy: HostPolicy) -> Iterator[Unit]:
    """Yield one unit for each asset."""
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


def archives(policy: HostPolicy) -> Iterator[Unit]:
    """Yield one unit for each asset whose log is archived."""
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


def copies(policy: HostPolicy) -> Iterator[Unit]:
    """Yield one unit for each copy of each asset; a person starts those to what comes and goes."""
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


def leaves(policy: HostPolicy) -> Iterator[Unit]:
    """Yield one unit for each repository from which sets may leave."""
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


def drills(policy: HostPolicy) -> Iterator[Unit]:
    """Yield one unit for each asset that is drilled here, and one for each whose oldest set is."""
    for name, drilled in policy.drills.items():
        drill = drilled.asset.drill
        if drill is None:
            continue
        places = [drilled.asset.repository, *(copy.to for copy in drilled.asset.copies.values())]
        read = [place for place in places if access.readable_elsewhere(policy.repositories[place])]
        secrets = [secret for place in read for secret in repository_files(read_from(drilled.host, place))]
        unit = Unit(
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
        yield unit
        if drill.oldest:
            yield replace(
                unit,
                name=joined.unit(joined.oldest(name)),
                description=f"Drill the oldest set of {name} of {drilled.host}",
                command=f"drill {name} --oldest",
                calendar=drill.oldest.calendar.expressions,
            )


def boots_disks(policy: HostPolicy) -> bool:
    """Return whether a machine is drilled here with its own kernel, from a disk made anew."""
    drills = [drilled.asset.drill for drilled in policy.drills.values() if drilled.asset.drill]
    return any(drill.kind == "machine" and drill.options.own_kernel for drill in drills)


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
