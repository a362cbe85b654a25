"""Repositories of this machine, ready to be used: policy and secrets joined."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import SeawallError, UsageError
from ops.core.quantity import span
from ops.interfaces.layout import LOCKS
from ops.interfaces.target import Target, Writes
from ops.jobs.host import credentials, folders, key_ids
from ops.policy import HostPolicy, access
from ops.restic import locks
from ops.restic.failures import NoRoom
from ops.restic.repository import Repository

T = TypeVar("T")


@dataclass(frozen=True)
class OpenRepository:
    """A repository, and the kind of place it lies in."""

    repository: Repository
    target: Target[object]

    def reach(self) -> str:
        """Look within seconds whether the place answers; raise Unavailable.

        Return what is wrong with its clock or ours, empty where they agree: the times of sets are worth as much.
        """
        ahead = self.target.reach(self.repository.url, self.repository.authority).clock_ahead
        if ahead is None or abs(ahead) <= clock.SKEW.total_seconds():
            return ""
        return f"the backup host's clock differs by {span(abs(ahead))} (repository {self.repository.name})"

    def forget_locks(self) -> None:
        """Remove the locks of processes that were killed, where there are any: they would hinder pruning and repairs.

        That they can't be removed hinders nothing now, so it is only said.
        """
        try:
            if self.listed(LOCKS):
                self.repository.forget_locks()
                self._unlock()
        except SeawallError as error:
            announce(f"old locks were not removed: {error.message}")

    def _unlock(self) -> None:
        """Remove the locks that restic has left because another process has the number of theirs."""
        if self.target.unlock is None:
            return
        left = itertools.islice(self.listed(LOCKS), locks.MOST)
        for name in locks.outlived(self.repository, left):
            self.target.unlock(self.repository.url, self.repository.authority, name)

    def packs(self) -> dict[str, int]:
        """Return the size in bytes of every pack by name."""
        return dict(self.target.packs(self.repository.url, self.repository.authority))

    def verify(self, pack: str) -> int:
        """Read one pack whole and return its size; raise Damaged."""
        return self.target.verify(self.repository.url, self.repository.authority, pack)

    def fault(self, path: str) -> str:
        """Read a file such as index/NAME whole; return what is wrong with it, nothing when it is what its name says."""
        if self.target.fault is None or self.target.view is None:  # a repair must not see what is damaged
            raise UsageError(f"{self.repository.name} is of a kind that nobody heals yet")
        return self.target.fault(self.repository.url, self.repository.authority, path)

    def listed(self, folder: str) -> dict[str, int]:
        """Return the size in bytes of every file of one of its folders by name; of a kind that nobody adds to, none."""
        listed = self.target.listed
        return dict(listed(self.repository.url, self.repository.authority, folder)) if listed else {}

    def deposit(self, folder: str, content: bytes) -> None:
        """Add a small file beside the repository, where its kind takes any; raise SeawallError."""
        if self.target.deposit:
            self.target.deposit(self.repository.url, self.repository.authority, folder, content)

    def folder(self) -> Path | None:
        """Return the folder of this machine in which it lies; None on another machine. Raise Unavailable."""
        return self.target.folder(self.repository.url) if self.target.folder else None

    def view(self, hidden: Callable[[str], bool], writes: Writes | None = None) -> AbstractContextManager[Path]:
        """Serve it without some files for a block, and yield the file with the address of that view.

        writes: what becomes of what restic writes to it; none: it is refused.
        """
        if self.target.view is None:
            return nullcontext(self.repository.url)
        return self.target.view(self.repository.url, self.repository.authority, hidden, writes)


def even_if_full(place: OpenRepository, read: Callable[[OpenRepository], T]) -> tuple[OpenRepository, T]:
    """Return what is read in a place, and the place as it is to be read on: without locks where they have no room."""
    try:
        return place, read(place)
    except NoRoom as error:
        announce(f"no lock was written, so nobody must prune meanwhile: {error.message}")
        unlocked = replace(place, repository=replace(place.repository, locks=False))
        return unlocked, read(unlocked)


def open_own(policy: HostPolicy, name: str) -> OpenRepository:
    """Return the place with this machine's own repository, by the policy's name for it."""
    return _place(policy, name, name, locks=True)


def open_as_reader(policy: HostPolicy, host: str, name: str) -> OpenRepository:
    """Return the place with another machine's repository, opened as a reader."""
    return _place(policy, name, access.read_from(host, name), locks=False)


def _place(policy: HostPolicy, name: str, secret: str, *, locks: bool) -> OpenRepository:
    if name not in policy.repositories:
        known = ", ".join(policy.repositories) or "none"
        raise SeawallError(f"there is no repository {name!r}", f"known: {known}")
    target, url = access.target(policy.repositories[name].kind), credentials.find(access.address_file(secret))
    vouched = target.authority(policy.repositories[name].options)
    repository = Repository(
        name=secret,
        url=url,
        password=credentials.find(access.password_file(secret)),
        authority=Path(vouched) if vouched else credentials.find(access.AUTHORITY),
        cache=folders.cache() / "restic",
        locks=locks,
        key=key_ids.known(secret),
        environment=target.environment(url),
    )
    return OpenRepository(repository, target)
