"""Making this machine's repositories, once, with the keys of those who may read them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.names import Digest
from ops.jobs.host import folders, key_ids, own_policy, repositories
from ops.policy import HostPolicy, access
from ops.restic import versions
from ops.restic.failures import NoRepository
from ops.restic.repository import READER, Repository


@dataclass(frozen=True)
class Opened:
    """A repository that was opened. made: whether anything in it was made; key: the id of the key that opened it."""

    name: str
    made: bool
    key: Digest


def make_all(readers: Sequence[tuple[str, str, Path]]) -> Iterator[Opened]:
    """Make what is missing, and note with which key each repository opens; yield each repository.

    readers: repository, name, and the file with the password of each who may read.
    """
    policy = own_policy.read()
    versions.demand()
    for name in _always_there(policy):
        yield make(policy, name, [(label, file) for place, label, file in readers if place == name])


def note_all() -> Iterator[Opened]:
    """Open every repository that this machine may read, note with which key it opens, and yield it."""
    policy = own_policy.read()
    if not policy.drills:
        raise UsageError(f"{policy.host} reads no other machine's repositories", "on a server: seawall repository init")
    versions.demand()
    for host, name in access.readable(policy):
        place = repositories.open_as_reader(policy, host, name)
        place.reach()
        try:
            keys = place.repository.keys()
        except NoRepository:
            continue  # it is made when its own machine is set up, which may be later
        secret = access.read_from(host, name)
        yield Opened(secret, made=False, key=key_ids.note(secret, keys))


def prepare() -> Iterator[str]:
    """Make this machine's folders on its own disks, where they are missing; yield each that was made.

    Root alone may: what lies on such a disk besides is not the account's. Of disks that come and go, the mount points
    are made, which stay root's. Raise Unavailable where no disk is mounted that should be.
    """
    if os.geteuid() != 0:
        raise UsageError("only root may make folders on a disk", "sudo seawall repository prepare")
    policy = own_policy.read()
    account = (folders.state() / "state").stat()
    for name in used(policy):
        repository = policy.repositories[name]
        if access.attended(repository):
            yield from _mount_points(access.written(repository))
        elif not (access.served(repository) or access.stored(repository)):
            folder = Path(access.address(name, repository, policy.host))
            repositories.open_own(policy, name).reach()
            if not os.path.lexists(folder):
                folder.mkdir(mode=0o700)
                os.chown(folder, account.st_uid, account.st_gid)
                yield str(folder)


def _mount_points(paths: Iterable[str]) -> Iterator[str]:
    """Make folders that are there before a unit starts that may write to what is mounted there."""
    for path in map(Path, paths):
        if not path.is_dir():
            path.mkdir(mode=0o755, parents=True)
            yield str(path)


def _always_there(policy: HostPolicy) -> list[str]:
    """Return the repositories that this machine uses, without those that come and go by a person's hands."""
    return [name for name in used(policy) if not access.attended(policy.repositories[name])]


def used(policy: HostPolicy) -> list[str]:
    """Return the repositories that this machine's assets use, those that sets go to first before their copies."""
    first = [asset.repository for asset in policy.assets.values()]
    then = [copy.to for asset in policy.assets.values() for copy in asset.copies.values()]
    return list(dict.fromkeys([*first, *then]))


def make(policy: HostPolicy, name: str, readers: list[tuple[str, Path]]) -> Opened:
    """Make one repository and its readers' keys, where they are missing; note with which key it opens."""
    place = repositories.open_own(policy, name)
    place.reach()
    made = False
    try:
        keys = place.repository.keys()
    except NoRepository:
        place.repository.init(like(policy, name))
        keys, made = place.repository.keys(), True
    there = {key.host for key in keys if key.user == READER}
    for label, password in readers:
        if label not in there:
            place.repository.add_key(password, label)
            made = True
    return Opened(name, made, key_ids.note(name, keys))


def like(policy: HostPolicy, name: str) -> Repository | None:
    """Return the repository whose chunker this one must share; else deduplication would be lost for good.

    That is the first one that is there: after a disaster the off-site one may be the older.
    """
    for other in _always_there(policy):
        if other == name:
            continue
        place = repositories.open_own(policy, other)
        place.reach()
        try:
            place.repository.keys()
        except NoRepository:
            continue
        return place.repository
    return None
