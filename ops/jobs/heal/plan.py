"""What there is to heal: nothing is changed yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.core.announce import announce
from ops.core.errors import Unavailable, UsageError
from ops.core.quantity import Size, counted
from ops.interfaces.healing import Healing
from ops.interfaces.layout import CONFIG, DATA, INDEX, KEYS, SNAPSHOTS
from ops.jobs.heal import note
from ops.jobs.heal.damage import CHECK_SECONDS, damaged, demand_paths, searched
from ops.jobs.heal.hurt import Hurt, hurt
from ops.jobs.heal.view import name_of, seen, sort_of
from ops.jobs.host import own_policy, own_spares, repositories
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.repository import used
from ops.policy import HostPolicy, access
from ops.restic import healing, versions
from ops.restic.failures import NoRepository, WrongPassword
from ops.restic.healing import Blob
from ops.restic.messages import Snapshot


@dataclass(frozen=True)
class Wanted:
    """What a person asks for.

    repository, source: which is healed, and from which. paths: of the files that the backup host named; none: what
    this machine finds itself. every: whether it reads every pack for that. snapshots: whether snapshots may come back
    under other ids.
    """

    repository: str
    source: str
    paths: Sequence[str] = ()
    every: bool = False
    snapshots: bool = False


@dataclass(frozen=True)
class Plan:
    """What is damaged, and what that means.

    damaged: the files, each with what is wrong with it. noted: how far an earlier run came. blobs: what each damaged
    pack held, as far as an index tells. elsewhere: which of those the source has. here, there: the snapshots of both.
    """

    host: str
    wanted: Wanted
    target: OpenRepository
    source: OpenRepository
    noted: Healing
    damaged: Mapping[str, str]
    blobs: Mapping[str, Sequence[Blob]]
    elsewhere: frozenset[str]
    here: Sequence[Snapshot]
    there: Sequence[Snapshot]
    hurt: Sequence[Hurt]

    @property
    def noted_as(self) -> str:
        """What is noted of its healing under."""
        return own_spares.known_as(self.target)

    @property
    def lies_here(self) -> bool:
        """Whether it lies on this machine, so that nobody else has to do anything."""
        return self.target.target.folder is not None

    @property
    def hidden(self) -> frozenset[str]:
        """The paths of all that restic must not see: what is damaged, and what was superseded."""
        return frozenset({*self.damaged, *self.noted.aside})

    @property
    def lost_snapshots(self) -> list[str]:
        """The ids of the snapshots that are damaged or gone."""
        return [name_of(path) for path in self.damaged if sort_of(path) == SNAPSHOTS]

    def lines(self) -> Iterator[str]:
        """Yield what a person is told."""
        source = self.source.repository.name
        for path, wrong in self.damaged.items():
            yield f"{path} {wrong}{self._held(path, source)}"
        for path in self.damaged:
            if sort_of(path) in {KEYS, CONFIG, SNAPSHOTS}:
                yield f"  {path}: {KEPT_NOWHERE if self.lies_here else BACKUP_HOST}"
        if self.hurt:
            yield "this hurts:"
        for one in self.hurt:
            yield from one.lines()

    def _held(self, path: str, source: str) -> str:
        """Return what a pack held and how much of it the source has."""
        if sort_of(path) != DATA:
            return ""
        held = self.blobs.get(name_of(path))
        if held is None:
            return "; no index that can be read names what it held"
        size = Size(sum(one.size for one in held))
        there = sum(one.id in self.elsewhere for one in held)
        return f"; it held {counted(len(held), 'blob')} ({size}), of which {source} has {there}"


KEPT_NOWHERE = "it was not kept; a snapshot comes back under another id with --snapshots"
BACKUP_HOST = "its backup host may have kept it: seawall heal --of HOST there, before anything else"


def planned(wanted: Wanted) -> Plan:
    """Look at a repository and at the one that is to help; raise SeawallError."""
    policy = own_policy.read()
    versions.demand()
    source = _source(policy, wanted)
    target, other = (repositories.open_own(policy, name) for name in (wanted.repository, source))
    for place in (target, other):
        place.reach()
    noted = note.known(own_spares.known_as(target))
    try:
        found = _damaged(target, wanted, noted)
        return _explained(policy.host, wanted, (target, other), noted, found)
    except (WrongPassword, NoRepository) as error:
        hint = "nothing of it was kept here, so make it anew" if target.target.folder else BACKUP_HOST
        raise Unavailable(error.message, f"if its key or config is damaged, {hint}") from error


def _source(policy: HostPolicy, wanted: Wanted) -> str:
    if wanted.source == wanted.repository:
        raise UsageError(f"{wanted.repository} can't be healed from itself")
    others = sorted(used(policy), key=lambda name: access.attended(policy.repositories[name]))  # a disk may be away
    others = [name for name in others if name != wanted.repository]
    if wanted.repository not in used(policy):
        known = ", ".join(used(policy)) or "none"
        raise UsageError(f"{policy.host} has no repository {wanted.repository!r} of its own", f"known: {known}")
    if wanted.source and wanted.source not in others:
        raise UsageError(f"{policy.host} keeps nothing in {wanted.source!r}", f"known: {', '.join(others) or 'none'}")
    if not others:
        raise UsageError(f"{policy.host} has no other repository to heal {wanted.repository} from")
    return wanted.source or others[0]


def _damaged(target: OpenRepository, wanted: Wanted, noted: Healing) -> dict[str, str]:
    """Return what is damaged; what an earlier run began with and did not end belongs to it."""
    if wanted.paths:
        begun = () if noted.done else noted.damaged
        return damaged(target, demand_paths([*wanted.paths, *begun]))
    announce(f"{wanted.repository}: reading {'all files' if wanted.every else 'indexes, snapshots and keys'}")
    found = searched(target, noted.aside, packs=wanted.every)
    return found if noted.done else {**damaged(target, noted.damaged), **found}


def _explained(
    host: str,
    wanted: Wanted,
    places: tuple[OpenRepository, OpenRepository],
    noted: Healing,
    found: Mapping[str, str],
) -> Plan:
    target, source = places
    packs = {name_of(path) for path in found if sort_of(path) == DATA}
    bad = [path for path in found if sort_of(path) != DATA]
    with seen(target, bad) as (here, _), seen(source, ()) as (there, _):
        snapshots, others = here.snapshots(), there.snapshots()
        indexes = [name for name in target.listed(INDEX) if f"{INDEX}/{name}" not in found]
        blobs = healing.blobs(here, indexes, packs) if packs else {}
        lost = [one for held in blobs.values() for one in held]
        elsewhere = healing.known(there, {one.id for one in lost}, timeout=CHECK_SECONDS)
        hurts = hurt([(here, snapshots), (there, others)], lost)
    return Plan(host, wanted, target, source, noted, found, blobs, frozenset(elsewhere), snapshots, others, hurts)
