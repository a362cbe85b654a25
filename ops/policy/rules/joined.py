"""Names that are joined of others: two things of a machine never have the same one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ops.core import kinds
from ops.core.errors import Problem
from ops.interfaces import joined
from ops.interfaces.state import ARRIVALS, LEAVING
from ops.policy import alarm_drill, peers, rotations
from ops.policy.logs import logged
from ops.policy.model import Asset, CheckSpec, HostPolicy, Written

CHECK, UNIT, SECRET, SOCKET = "check", "unit", "file with a secret", "socket"
LONGEST = 240  # letters of a name of a file or a unit, with the suffixes that come behind it
LONGEST_SOCKET = 107  # bytes of its path; unix(7)


@dataclass(frozen=True)
class _Joined:
    """A name. sort: of what; of two sorts the same name may be. what: whose, in words. path: what to rename."""

    sort: str
    name: str
    what: str
    path: str
    longest: int = LONGEST


def judge(written: Mapping[str, Written | None]) -> Iterator[tuple[tuple[str, ...], Problem]]:
    """Yield the host and the problem for each name that two things of it would have."""
    whole = {host: policy for host, policy in written.items() if policy}
    for host, policy in whole.items():
        drills = [
            (owner, name, asset)
            for owner, other in whole.items()
            for name, asset in other.assets.items()
            if asset.drill and asset.drill.host == host
        ]
        names = [*_of_machine(policy), *_of_drills(drills), *_of_client(host, policy)]
        yield from (((host,), problem) for problem in _judged(names))


def of_host(policy: HostPolicy) -> Iterator[Problem]:
    """Yield the problem for each name that two things of a machine have by its own part of the policy."""
    drills = [(drilled.host, name, drilled.asset) for name, drilled in policy.drills.items()]
    yield from _judged([*_of_machine(policy), *_of_drills(drills), *_of_keeper(policy)])


def follows(spec: CheckSpec) -> bool:
    """Whether a check is of a kind that follows from assets; one that is not known is a problem of its own."""
    return spec.kind in kinds.kinds("ops.health") and bool(kinds.load("ops.health", spec.kind).derived)


def derived(policy: HostPolicy) -> set[str]:
    """Return the names of the checks that follow from what a machine backs up, copies, drills, keeps and is told of."""
    drills = [(drilled.host, name, drilled.asset) for name, drilled in policy.drills.items()]
    of_assets = (one for name, asset in policy.assets.items() for one in _of_asset(name, asset))
    found = [*_of_drills(drills), *of_assets, *_of_disks(policy), *_of_keeper(policy)]
    exports = {joined.check("export_age", name) for name in policy.exports or {}}
    exports |= {joined.check("postgresql_standby", name) for name in policy.standby or {}}
    watched = {peers.name(peer) for peer in policy.peers}
    return {one.name for one in found if one.sort == CHECK} | exports | watched | alarm_drill.checks(policy).keys()


def _judged(names: Iterable[_Joined]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], _Joined] = {}
    for one in names:
        first = seen.setdefault((one.sort, one.name), one)
        if first.what != one.what:
            message = f"{one.what} would have the {one.sort} {one.name}, as {first.what} has; rename one of them"
            yield Problem(one.path, message)
        if len(one.name) > one.longest:
            message = f"{one.what} would have the {one.sort} {one.name[:40]}..., which is too long"
            yield Problem(one.path, f"{message}; expected {one.longest} letters at most")


def _of_machine(policy: Written | HostPolicy) -> Iterator[_Joined]:
    for name, spec in policy.checks.items():
        if not follows(spec):
            yield _Joined(CHECK, name, f"the check {name}", f"policy.checks.{name}")
    for name, asset in policy.assets.items():
        yield from _of_asset(name, asset)
    yield from _of_disks(policy)
    for name in policy.exports or {}:
        what, path = f"the export {name}", f"policy.exports.{name}"
        yield _Joined(UNIT, joined.unit(joined.export(name)), what, path)
        yield _Joined(CHECK, joined.check("export_age", name), what, path)


def _of_disks(policy: Written | HostPolicy) -> Iterator[_Joined]:
    for name in rotations.names(policy):
        what, path = f"the turns of the disks of {name}", f"policy.repositories.{name}"
        yield _Joined(CHECK, joined.check(rotations.CHECK, name), what, path)


def _of_drills(drills: Iterable[tuple[str, str, Asset]]) -> Iterator[_Joined]:
    for owner, name, asset in drills:
        yield from _of_drill(owner, name, asset)


def _of_asset(name: str, asset: Asset) -> Iterator[_Joined]:
    path = f"policy.assets.{name}"
    what = f"the backup of {name}"
    yield _Joined(UNIT, joined.unit(joined.backup(name)), what, path)
    yield _Joined(CHECK, joined.check("backup_age", name), what, path)
    if logged(asset):
        yield _Joined(UNIT, joined.unit(joined.log(name)), f"the log of {name}", path)
    for copy in asset.copies:
        what = f"the copy {copy} of {name}"
        yield _Joined(UNIT, joined.unit(joined.copy(name, copy)), what, f"{path}.copies.{copy}")
        yield _Joined(CHECK, joined.check("copy_age", name, copy), what, f"{path}.copies.{copy}")
    for place in _places(asset):
        yield _Joined(SECRET, joined.password_file(place), f"the repository {place}", path)
        if asset.drill:
            reader = asset.drill.host
            what = f"the key of {reader} for {place}"
            yield _Joined(SECRET, joined.reader_file(place, reader), what, f"{path}.drill.host")


def _of_drill(owner: str, name: str, asset: Asset) -> Iterator[_Joined]:
    path = f"policy.assets.{name}.drill.host"
    what = f"the drill of {name} of {owner}"
    yield _Joined(UNIT, joined.unit(joined.drill(name)), what, path)
    yield _Joined(CHECK, joined.check("drill_age", name), what, path)
    if asset.drill and asset.drill.oldest:
        what = f"the drill of the oldest set of {name} of {owner}"
        yield _Joined(UNIT, joined.unit(joined.oldest(name)), what, path)
        yield _Joined(CHECK, joined.check("drill_age", name, joined.OLDEST), what, path)
    for place in _places(asset):
        what = f"the repository {place} of {owner}"
        yield _Joined(SECRET, joined.password_file(joined.read_from(owner, place)), what, path)


def _of_keeper(policy: HostPolicy) -> Iterator[_Joined]:
    """Yield the names of what a machine has that keeps repositories of others."""
    if policy.clients:
        what, path = "the search for foreign files", "policy.clients"
        yield _Joined(UNIT, joined.unit(ARRIVALS), what, path)
        yield _Joined(CHECK, ARRIVALS, what, path)
        yield _Joined(CHECK, LEAVING, "how sets leave", path)
    for client in policy.clients:
        what, path = f"the repository of {client}", f"policy.clients.{client}"
        yield _Joined(UNIT, joined.writer(client), what, path)
        yield _Joined(SOCKET, joined.writer_socket(client), what, path, LONGEST_SOCKET)


def _of_client(host: str, policy: Written) -> Iterator[_Joined]:
    """Yield the names that a machine's repositories have at their backup hosts."""
    if policy.assets:
        what, path = f"the repository of {host}", f"hosts.{host}"
        yield _Joined(SOCKET, joined.writer_socket(host), what, path, LONGEST_SOCKET)


def _places(asset: Asset) -> set[str]:
    return {asset.repository, *(copy.to for copy in asset.copies.values())}
