"""Repositories of this machine, ready to be used: policy and secrets joined."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core import kinds
from ops.core.announce import announce
from ops.core.errors import SeawallError
from ops.interfaces.target import Reached, Target
from ops.jobs.host import credentials, folders
from ops.policy import HostPolicy, access
from ops.restic.repository import Repository

# TLS, tokens and the order of snapshots need clocks that agree; restic itself does not mind.
CLOCK_TOLERANCE = 300.0


@dataclass(frozen=True)
class OpenRepository:
    """A repository, and the kind of place it lies in."""

    repository: Repository
    target: Target[object]

    def reach(self) -> Reached:
        """Look within seconds whether the place answers; raise Unavailable."""
        return self.target.reach(self.repository.url, self.repository.authority)

    def forget_locks(self) -> None:
        """Remove the locks of processes that were killed, where there are any: they would hinder pruning and repairs.

        That they can't be removed hinders nothing now, so it is only said.
        """
        try:
            if self.target.locks(self.repository.url, self.repository.authority):
                self.repository.forget_locks()
        except SeawallError as error:
            announce(f"old locks were not removed: {error.message}")

    def packs(self) -> dict[str, int]:
        """Return the size in bytes of every pack by name."""
        return dict(self.target.packs(self.repository.url, self.repository.authority))

    def verify(self, pack: str) -> int:
        """Read one pack whole and return its size; raise Damaged."""
        return self.target.verify(self.repository.url, self.repository.authority, pack)


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
    repository = Repository(
        name=secret,
        url=credentials.find(access.address_file(secret)),
        password=credentials.find(access.password_file(secret)),
        authority=credentials.find(access.AUTHORITY),
        cache=folders.cache() / "restic",
        locks=locks,
    )
    return OpenRepository(repository, kinds.load("ops.targets", policy.repositories[name].kind))
