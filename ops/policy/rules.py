"""Demands that no single value can break: names that must exist, promises that a schedule can keep."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta

from ops.core import clock, kinds
from ops.core.calendar import Calendar
from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.core.quantity import Duration
from ops.policy import access
from ops.policy.duty import Duty
from ops.policy.model import AWAY, DRILL_SPREAD, VERSION, Asset, Control, Excuse, Repository, Written

DAY = timedelta(days=1)
LONGEST_PERIOD = timedelta(days=3653)  # ten years: what is asked for more rarely is asked for by nobody
LONGEST_EXCUSE = timedelta(days=400)  # a year, and the weeks until somebody has looked
_BECAUSE = "because it lies on the machine that it belongs to"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def judge(written: Written, hosts: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with one host's policy, given the names of all hosts of the inventory."""
    if written.version != VERSION:
        yield Problem("policy.version", f"unknown version {written.version}; this Seawall supports {VERSION}")
    for name, contact in written.contacts.items():
        if contact.deputy:
            yield from _known(f"policy.contacts.{name}.deputy", "contact", contact.deputy, written.contacts)
    for name, repository in written.repositories.items():
        yield from _name(f"policy.repositories.{name}", name)
        yield from _repository(f"policy.repositories.{name}", repository, hosts)
    for name, asset in written.assets.items():
        yield from _asset(f"policy.assets.{name}", asset, written, hosts)
    for name, excuse in written.exceptions.items():
        yield from _excuse(f"policy.exceptions.{name}", excuse)
    for name, duty in written.duties.items():
        yield from _duty(f"policy.duties.{name}", duty, written)
    if written.control:
        yield from _control("policy.control", written.control, written, hosts)


def _excuse(path: str, excuse: Excuse) -> Iterator[Problem]:
    """One that has expired is no error: `seawall gaps` says so, and nothing else has to wait for it."""
    sort, colon, rest = excuse.what.partition(":")
    sorts = kinds.kinds("ops.gaps")
    if sort not in sorts or not colon or not rest.strip("*"):
        listed = ", ".join(f"{known}:…" for known in sorts)
        near = nearest(sort, sorts)
        yield Problem(f"{path}.what", f"{excuse.what!r} is not the name of a gap{near}; expected one of {listed}")
    if not excuse.reason.strip():
        yield Problem(f"{path}.reason", "an exception requires a reason")
    latest = clock.now().date() + LONGEST_EXCUSE
    if excuse.until.date > latest:
        yield Problem(
            f"{path}.until",
            f"{excuse.until} is too far ahead; expected {latest} or earlier, so that it is reviewed once a year",
        )


def _duty(path: str, duty: Duty, written: Written) -> Iterator[Problem]:
    """One that has ended is no error: it stays in the policy for as long as somebody wants to see what was done."""
    yield from _name(path, path.removeprefix("policy.duties."))
    yield from _known(f"{path}.who", "contact", duty.who, written.contacts)
    if not duty.what.strip():
        yield Problem(f"{path}.what", "is empty; say in one sentence what is to be done")
    if duty.every and not DAY <= duty.every.span <= LONGEST_PERIOD:
        yield Problem(f"{path}.every", f"{duty.every} is no period of a duty; expected 1d to {LONGEST_PERIOD.days}d")
    if duty.calendar and duty.calendar.longest_gap() > LONGEST_PERIOD:
        yield Problem(f"{path}.calendar", f"{duty.calendar} happens only once; use a calendar that repeats")


def _control(path: str, control: Control, written: Written, hosts: Collection[str]) -> Iterator[Problem]:
    """What the control machine is made anew from must not be lost with the site."""
    yield from _name(f"{path}.name", control.name)
    yield from _known(f"{path}.owner", "contact", control.owner, written.contacts)
    yield from _known(f"{path}.repository", "repository", control.repository, written.repositories)
    repository = written.repositories.get(control.repository)
    if repository and not _served(repository):
        yield Problem(f"{path}.repository", f"{control.repository} can be read on one machine only, {_BECAUSE}")
    if repository and repository.place not in AWAY:
        yield Problem(
            f"{path}.repository",
            f"{control.repository} is {repository.place}; expected a repository that survives the loss of the site: "
            f"{' or '.join(AWAY)}",
        )
    if control.name in hosts:
        yield Problem(f"{path}.name", f"{control.name!r} is a host of the inventory and would share its repository")
    for number, name in enumerate(control.paths):
        if not name.startswith("/"):
            yield Problem(f"{path}.paths[{number}]", f"{name!r} is not an absolute path")


def _repository(path: str, repository: Repository, hosts: Collection[str]) -> Iterator[Problem]:
    if repository.host is not None:
        yield from _known(f"{path}.host", "host", repository.host, hosts)
    kind = repository.kind
    if _served(repository):
        if repository.host is None:
            yield Problem(
                f"{path}.host", f"is missing; a repository of kind {kind} is kept by a machine of the inventory"
            )
        return
    if repository.host is not None:
        yield Problem(f"{path}.host", f"a repository of kind {kind} lies on the machine itself; remove the host")
    if repository.place not in ("local", "removable"):
        yield Problem(
            f"{path}.place",
            f"{repository.place} can't be: a repository of kind {kind} lies on the machine itself; expected local or "
            f"removable",
        )


def _served(repository: Repository) -> bool:
    """A kind that is not known is a problem of its own, and so is nothing else about it."""
    return repository.kind not in kinds.kinds("ops.targets") or access.served(repository)


def _asset(path: str, asset: Asset, written: Written, hosts: Collection[str]) -> Iterator[Problem]:
    yield from _name(path, path.removeprefix("policy.assets."))
    yield from _known(f"{path}.owner", "contact", asset.owner, written.contacts)
    yield from _known(f"{path}.repository", "repository", asset.repository, written.repositories)
    if not asset.sources:
        yield Problem(f"{path}.sources", "an asset requires at least one source")
    for name, copy in asset.copies.items():
        yield from _name(f"{path}.copies.{name}", name)
        yield from _known(f"{path}.copies.{name}.to", "repository", copy.to, written.repositories)
        if copy.to == asset.repository:
            yield Problem(f"{path}.copies.{name}.to", f"{copy.to!r} is already the asset's own repository")
    if asset.drill:
        yield from _known(f"{path}.drill.host", "host", asset.drill.host, hosts)
        keepers = {repository.host for repository in written.repositories.values()}
        if asset.drill.host in keepers:
            yield Problem(
                f"{path}.drill.host", f"{asset.drill.host} is a backup host; use a separate machine as drill host"
            )
        repository = written.repositories.get(asset.repository)
        if repository and not _served(repository):
            yield Problem(f"{path}.drill.host", f"{asset.drill.host} can't read {asset.repository}, {_BECAUSE}")
        yield from _expectations(f"{path}.drill.expectations", asset)
    yield from _promises(path, asset, written.site.timezone)


def _expectations(path: str, asset: Asset) -> Iterator[Problem]:
    for name, wanted in (asset.drill.expectations if asset.drill else {}).items():
        if wanted.equals is None and wanted.at_least is None and wanted.at_most is None:
            yield Problem(f"{path}.{name}", "empty; use equals, at_least or at_most")


def _promises(path: str, asset: Asset, zone: str) -> Iterator[Problem]:
    """An age that the calendar cannot keep is a promise already broken; once a year a day may have 25 hours."""
    spread = asset.random_delay
    yield from _promise(f"{path}.schedule", asset.schedule.zoned(zone), spread, (f"{path}.rpo", asset.rpo))
    if asset.drill:
        calendar = asset.drill.calendar.zoned(zone)
        yield from _promise(
            f"{path}.drill.calendar", calendar, DRILL_SPREAD, (f"{path}.drill.every", asset.drill.every)
        )


def _promise(path: str, calendar: Calendar, spread: Duration, promised: tuple[str, Duration]) -> Iterator[Problem]:
    try:
        gap = calendar.longest_gap()
    except ValueError:
        return  # the zone is not known, which is a problem of its own
    if gap == timedelta.max:
        yield Problem(path, f"{calendar} happens only once; use a calendar that repeats")
        return
    needed = gap + spread.span
    place, age = promised
    if needed > age.span:
        least = Duration(int(needed.total_seconds()))
        yield Problem(
            place,
            f"{age} can't be met: {calendar} with a spread of {spread} leaves up to {least} in between; "
            f"expected {least} or more, or a more frequent calendar",
        )


def _name(path: str, name: str) -> Iterator[Problem]:
    """These names become parts of the names of units, files and secrets."""
    if not _NAME.fullmatch(name):
        yield Problem(path, f"{name!r} is not a valid name; expected lower-case letters, digits and _, such as his_db")


def _known(path: str, what: str, name: str, names: Collection[str] | Mapping[str, object]) -> Iterator[Problem]:
    if name not in names:
        known = sorted(names)
        yield Problem(path, f"there is no {what} {name!r}{nearest(name, known)}; known: {', '.join(known) or 'none'}")
