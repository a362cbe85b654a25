"""Making this machine's repositories, once, with the keys of those who may read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.jobs.host import own_policy, repositories
from ops.policy import HostPolicy
from ops.restic import versions
from ops.restic.failures import NoRepository
from ops.restic.repository import Repository


def make_all(readers: Sequence[tuple[str, str, Path]]) -> Iterator[tuple[str, bool]]:
    """Make what is missing; yield the name of each repository and whether anything was made.

    readers: repository, name, and the file with the password of each who may read.
    """
    policy = own_policy.read()
    versions.demand()
    for name in used(policy):
        yield name, make(policy, name, [(label, file) for place, label, file in readers if place == name])


def used(policy: HostPolicy) -> list[str]:
    """Return the repositories that this machine's assets use, those that sets go to first before their copies."""
    first = [asset.repository for asset in policy.assets.values()]
    then = [copy.to for asset in policy.assets.values() for copy in asset.copies.values()]
    return list(dict.fromkeys([*first, *then]))


def make(policy: HostPolicy, name: str, readers: list[tuple[str, Path]]) -> bool:
    """Make one repository and its readers' keys; return whether anything was made."""
    place = repositories.open_own(policy, name)
    place.reach()
    made = False
    try:
        there = place.repository.readers()
    except NoRepository:
        place.repository.init(_like(policy, name))
        there, made = [], True
    for label, password in readers:
        if label not in there:
            place.repository.add_key(password, label)
            made = True
    return made


def _like(policy: HostPolicy, name: str) -> Repository | None:
    """Return the repository whose chunker this one must share; else deduplication would be lost for good.

    That is the first one that is there: after a disaster the off-site one may be the older.
    """
    for other in used(policy):
        if other == name:
            continue
        place = repositories.open_own(policy, other)
        place.reach()
        try:
            place.repository.readers()
        except NoRepository:
            continue
        return place.repository
    return None
