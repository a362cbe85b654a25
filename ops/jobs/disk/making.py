"""A new disk is made ready: only one that holds nothing, with the serial number that the policy says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core import block_devices
from ops.core.announce import announce
from ops.core.block_devices import Device
from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.files import sync_file_system
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.interfaces.disk import MAKING, DiskFacts
from ops.jobs.disk import mounting
from ops.jobs.disk.job import demand_nothing_here
from ops.jobs.disk.mounting import FILE_SYSTEM, Found
from ops.jobs.disk.rotation import Rotation, demand_root
from ops.jobs.host import folders
from ops.jobs.repository import like
from ops.jobs.run.job import Ended, Outcome, perform

_SECONDS = 3600.0


@dataclass(frozen=True)
class Blank:
    """A disk that holds nothing. label: the policy's name for it."""

    label: str
    device: Device


def blank(rotation: Rotation, label: str, *, plain: bool) -> Blank:
    """Return the disk that may be made ready; raise UsageError or Unavailable for one that holds anything.

    plain: whether the disk itself is not to be encrypted.
    """
    demand_root()
    disk = rotation.disk(label)
    if disk.repository:
        raise UsageError(
            f"the policy says which repository is on {label}, so it was made already",
            "for another disk of that name, write its serial number, and remove `luks` and `repository`",
        )
    demand_nothing_here(rotation)
    if not plain:
        mounting.demand_mapper()
    found = [one for one in block_devices.connected() if one.serial == disk.serial]
    if len(found) != 1:
        many = f"{len(found)} disks" if found else "no disk"
        raise Unavailable(f"{many} with the serial number {disk.serial} connected", "lsblk -o NAME,SERIAL,SIZE,TYPE")
    (device,) = found
    held = [f"{part}: {one.type}" for part in device.parts if (one := block_devices.content(part)).type]
    if held or len(device.parts) > 1:
        told = ", ".join(held) or "partitions"
        raise UsageError(f"{device.path} is not empty ({told})", f"if nobody needs that: wipefs --all {device.path}")
    block_devices.demand_free(device.path)
    return Blank(label, device)


def make(rotation: Rotation, chosen: Blank, *, plain: bool) -> Ended:
    """Encrypt the disk, make its file system and its repository; say what to write into the policy.

    The exit code is 0 when it is ready.
    """
    label = chosen.label
    outcome = perform(
        MAKING,
        rotation.act(label),
        rotation.subject(label),
        rotation.policy.host,
        lambda: _made(rotation, chosen, plain=plain),
    )
    return Ended.here(outcome, 0 if outcome.verdict is Verdict.PASS else 1)


def _made(rotation: Rotation, chosen: Blank, *, plain: bool) -> Outcome:
    mounting.prepare(rotation)
    disk, device = rotation.disk(chosen.label), chosen.device
    uuid = "" if plain else mounting.encrypted(rotation, device.path)
    part = mounting.unlocked(rotation, Found(chosen.label, replace(disk, luks=uuid), device, device.path))
    try:
        announce(f"{chosen.label}: making its file system on {device.path}")
        run([f"mkfs.{FILE_SYSTEM}", "-q", "-m", "0", part], timeout=_SECONDS)
        mounting.mount(rotation, part)
        identity = _repository(rotation)
        sync_file_system(rotation.mount_point)
        mounting.unmount(rotation, part)
        mounting.lock(rotation)
    except (SeawallError, OSError):
        with suppress(SeawallError, OSError):
            mounting.unmount(rotation)
            mounting.lock(rotation)
        raise
    facts = DiskFacts(
        repository=rotation.name, disk=chosen.label, serial=disk.serial, luks=uuid, repository_id=identity
    )
    return Outcome(Verdict.PASS, f"{chosen.label} is ready", facts=facts)


def _repository(rotation: Rotation) -> str:
    """Make the repository on the disk that is mounted, with the chunker of another one; return its id."""
    rotation.folder.mkdir(mode=0o700)
    repository = replace(rotation.repository.repository, locks=False)
    repository.init(like(rotation.policy, rotation.name))
    account = (folders.state() / "state").stat()
    for above, inner, files in os.walk(rotation.folder):
        for name in ["", *inner, *files]:
            os.chown(Path(above, name), account.st_uid, account.st_gid, follow_symlinks=False)
    return repository.identity()


def lines(ended: Ended) -> Iterator[str]:
    """Yield what the policy must say of a disk that was made ready."""
    facts = ended.plain
    yield f"{facts['disk']}:"
    yield f"  serial: {facts['serial']!r}"
    if facts["luks"]:
        yield f"  luks: {facts['luks']}"
    yield f"  repository: {facts['repository_id']}"
