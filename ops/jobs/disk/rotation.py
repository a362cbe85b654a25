"""Which disks a machine has by its policy, where each is mounted, and how its repository is opened."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.interfaces import joined
from ops.interfaces.disk import NOTE, READ, Arrived, arrived
from ops.jobs.host import own_policy, repositories
from ops.jobs.host.repositories import OpenRepository
from ops.policy import HostPolicy
from ops.targets.removable import Disk, Options, mount_point

KIND = "removable"


@dataclass(frozen=True)
class Rotation:
    """The disks that take turns as one repository of this machine. name: the policy's name for that repository."""

    policy: HostPolicy
    name: str
    options: Options

    @property
    def mount_point(self) -> Path:
        """The folder at which whichever disk is here is mounted."""
        return mount_point(self.options)

    @property
    def folder(self) -> Path:
        """The folder of this machine's repository on the disk that is here."""
        return self.mount_point / self.policy.host

    @property
    def note(self) -> Path:
        """The file that says which disk is here."""
        return Path(self.options.path, NOTE)

    @property
    def read(self) -> Path:
        """The file that lists which files of the disk that is here were read, and good."""
        return Path(self.options.path, READ)

    @property
    def repository(self) -> OpenRepository:
        """The repository on the disk that is here."""
        return repositories.open_own(self.policy, self.name)

    @property
    def unlocked(self) -> OpenRepository:
        """The same, to be read without locks and without what is kept of it on this machine."""
        place = self.repository
        return replace(place, repository=replace(place.repository, locks=False, cache=None))

    @property
    def here(self) -> Arrived | None:
        """The disk that arrived and did not leave, as it is noted."""
        return arrived(Path(self.options.path))

    @property
    def copies(self) -> dict[str, str]:
        """The assets that are copied there, each with the name of that copy."""
        return {
            name: label
            for name, asset in self.policy.assets.items()
            for label, copy in asset.copies.items()
            if copy.to == self.name
        }

    def disk(self, label: str) -> Disk:
        """Return a disk by the policy's name for it; raise UsageError for one that it does not name."""
        if label not in self.options.disks:
            known = ", ".join(self.options.disks) or "none"
            raise UsageError(
                f"the policy names no disk {label!r} of {self.name}{nearest(label, [*self.options.disks])}",
                f"its disks: {known}",
            )
        return self.options.disks[label]

    def act(self, label: str) -> str:
        """Return the name of what is done with a disk: of its state, its lock."""
        return joined.disk(self.name, label)

    def subject(self, label: str) -> str:
        """Return what records call a disk."""
        return f"{self.name}/{label}"

    def demand_here(self) -> Arrived:
        """Return the disk that is here; raise UsageError where none arrived."""
        if (note := self.here) is None:
            raise UsageError(f"no disk of {self.name} is here", "connect it, then: seawall disk arrive")
        return note


def rotation(name: str = "") -> Rotation:
    """Return the rotation of a repository, or the only one there is; raise UsageError where that is not clear."""
    policy = own_policy.read()
    found = {label: one for label, one in policy.repositories.items() if one.kind == KIND}
    if name and name not in found:
        raise UsageError(f"{name!r} is no repository of kind {KIND}", f"known: {', '.join(found) or 'none'}")
    if not name and len(found) != 1:
        known = ", ".join(found) or "none; docs/removable-disks.md says how the policy names them"
        raise UsageError("say which repository: --repository NAME", f"known: {known}")
    label = name or next(iter(found))
    options: Options = found[label].options
    return Rotation(policy, label, options)


def demand_root() -> None:
    """Raise UsageError for anybody but root, who alone may mount disks."""
    if os.geteuid() != 0:
        raise UsageError("only root may mount disks", "sudo seawall disk ...")
