"""A removable disk of another machine that is connected here for a while, and is only read: nothing on it changes.

It is known by what it is, as where it arrives: by its serial number, its encryption and its repository. Its journal is
not played back, so that a disk that left good stays good; one that did not leave is refused by what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.disks import demand_mounted
from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.files import write_json
from ops.core.mounts import mounts
from ops.interfaces.disk import Arrived
from ops.jobs.disk import mounting, reading
from ops.jobs.disk.leaving import cleared
from ops.jobs.disk.rotation import Rotation, demand_root
from ops.jobs.host import repositories
from ops.jobs.host.repositories import OpenRepository
from ops.policy import HostPolicy
from ops.targets import removable

_ONLY_READ = "ro,noload"


@dataclass(frozen=True)
class Borrowed(Rotation):
    """The disks of another machine. owner: that machine."""

    owner: str

    @property
    def folder(self) -> Path:
        """The folder of that machine's repository on the disk that is here."""
        return self.mount_point / self.owner

    @property
    def repository(self) -> OpenRepository:
        """The repository on it, with the secrets that this machine has of it."""
        return repositories.open_as_reader(self.policy, self.owner, self.name)


@contextmanager
def borrowed(policy: HostPolicy, owner: str, name: str) -> Iterator[None]:
    """Mount the disk of another machine that is connected, for a block in which it is only read.

    A disk of this machine's own that has arrived is taken as it is, and stands in the way of any other. Raise
    Unavailable then, and where none is connected; Damaged for one that is not what the policy says of it.
    """
    demand_root()
    options: removable.Options = policy.repositories[name].options
    disks = Borrowed(policy, name, options, owner)
    if owner == policy.host and disks.here:
        yield
        return
    if (label := _arrived(disks)) is not None:
        raise Unavailable(
            f"{label} of {policy.host} is here, and did not leave", "seawall disk leave, then drill again"
        )
    try:
        if not _is_here(disks):
            _mounted(disks)
        yield
    finally:
        _taken_off(disks)


def _arrived(disks: Borrowed) -> str | None:
    """Return the label of a disk that arrived here to be written to, and that no drill may take off."""
    note, place = disks.here, str(disks.mount_point)
    written = any(one.place == place and "rw" in one.options for one in mounts())
    return note.disk if note and written else None


def _is_here(disks: Borrowed) -> bool:
    """Whether a disk is here already, of a drill that was killed, or that still runs."""
    try:
        if disks.here:
            disks.repository.reach()
            return True
    except SeawallError:
        cleared(disks)
    return False


def _mounted(disks: Borrowed) -> None:
    mounting.prepare(disks)
    found = mounting.connected(disks)
    device = mounting.unlocked(disks, found)
    mounting.mount(disks, device, _ONLY_READ)
    note = _recognised(disks, found, device)
    announce(f"{found.label} of {disks.owner} is here; nothing is written to it")
    write_json(disks.note, note.written(), 0o644)


def _recognised(disks: Borrowed, found: mounting.Found, device: Path) -> Arrived:
    """Return the note of a disk whose repository is the one that the policy names; raise Damaged for any other."""
    if not disks.folder.is_dir() or disks.folder.is_symlink():
        raise Damaged(f"{found.label} holds no folder {disks.owner}", "is it the disk of another machine?")
    reading.demand_plain(disks.folder)
    config = removable.config(disks.folder)
    identity = disks.unlocked.repository.identity()
    if identity != found.disk.repository:
        known = f", and not {found.disk.repository[:10]}" if found.disk.repository else ", and the policy names none"
        raise Damaged(f"{found.label} holds the repository {identity[:10]}{known}", "do not use it before you know why")
    return Arrived(
        disk=found.label,
        serial=found.disk.serial,
        luks=found.disk.luks,
        repository=identity,
        config=config,
        device=demand_mounted(disks.mount_point).disk,
        path=str(found.device.path),
        part=str(device),
        when=clock.iso(clock.now()),
    )


def _taken_off(disks: Borrowed) -> None:
    """Take the disk off and lock it; one that another drill still reads is taken off when that ends."""
    try:
        cleared(disks)
    except (SeawallError, OSError) as error:
        announce(f"{disks.mount_point} was not taken off: {error}")
