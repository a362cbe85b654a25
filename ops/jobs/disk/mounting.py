"""A disk found by its serial number, unlocked, mounted, and taken off again until the kernel holds nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ops.core import block_devices
from ops.core.block_devices import Device
from ops.core.errors import CommandError, Damaged, Unavailable, UsageError
from ops.core.mounts import mounts
from ops.core.run import run
from ops.jobs.disk.rotation import Rotation
from ops.targets.removable import Disk

FILE_SYSTEM, LUKS = "ext4", "crypto_LUKS"
# Nothing on it is run, no device or owner's right on it counts, and no link on it leads anywhere.
SAFELY = "nosuid,nodev,noexec,nosymfollow"
NO_MAPPER = "not run: no device-mapper"
_SECONDS = 600.0  # a large journal is played back first
_MAPPED = Path("/dev/mapper")


@dataclass(frozen=True)
class Found:
    """A disk that is connected. label: the policy's name for it. part: the device with its file system or LUKS."""

    label: str
    disk: Disk
    device: Device
    part: Path


def connected(rotation: Rotation, label: str = "") -> Found:
    """Return the disk that is connected: the named one, or the only one that the policy knows.

    Raise Unavailable where it is not connected, or several are, UsageError for a name that the policy does not have;
    what is connected and unknown is named, and never opened.
    """
    wanted = {label: rotation.disk(label)} if label else dict(rotation.options.disks)
    devices = block_devices.connected()
    here = [(name, disk, one) for name, disk in wanted.items() for one in devices if one.serial == disk.serial]
    if not here:
        known = {disk.serial for disk in rotation.options.disks.values()}
        strange = ", ".join(f"{one.path} ({one.serial})" for one in devices if one.serial not in known) or "none"
        raise Unavailable(
            f"no disk of {rotation.name} is connected that the policy knows{f' as {label}' if label else ''}",
            f"connected, and not known: {strange}; a new one: seawall disk make --help",
        )
    if len(here) > 1:
        names = ", ".join(f"{name} at {one.path}" for name, _, one in here)
        raise Unavailable(f"several disks are connected: {names}", "name one, or disconnect the others")
    name, disk, device = here[0]
    return Found(name, disk, device, _part(name, disk, device))


def _part(label: str, disk: Disk, device: Device) -> Path:
    """Return the device of a disk on which its file system lies, or its encryption; raise Damaged for anything else."""
    held = {part: block_devices.content(part) for part in device.parts}
    wanted = LUKS if disk.luks else FILE_SYSTEM
    found = [part for part, content in held.items() if content.type == wanted]
    if disk.luks:
        found = [part for part in found if held[part].uuid == disk.luks]
    if len(found) != 1:
        what = f"LUKS with the UUID {disk.luks}" if disk.luks else f"one file system {FILE_SYSTEM}"
        told = ", ".join(f"{part}: {one.type or 'nothing'} {one.uuid}".strip() for part, one in held.items())
        raise Damaged(
            f"{device.path} has the serial number of {label}, but not what is on that disk: expected {what}",
            f"found on it: {told}; somebody may have formatted or exchanged it",
        )
    return found[0]


def unlocked(rotation: Rotation, found: Found) -> Path:
    """Return the device to mount, unlocked with the repository's password where the disk is encrypted."""
    if not found.disk.luks:
        return found.part
    demand_mapper()
    name = mapped(rotation)
    words: list[str | Path] = ["cryptsetup", "open", "--type", "luks2", "--key-file", "-", found.part, name]
    _cryptsetup(words, rotation, f"{found.label} can't be unlocked with the password of {rotation.name}")
    return _MAPPED / name


def encrypted(rotation: Rotation, device: Path) -> str:
    """Encrypt a device that holds nothing, with the repository's password; return the UUID."""
    demand_mapper()
    words: list[str | Path] = ["cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--key-file", "-", device]
    _cryptsetup(words, rotation, f"{device} can't be encrypted")
    return run(["cryptsetup", "luksUUID", device], timeout=_SECONDS).stdout.strip()


def demand_mapper() -> None:
    """Raise Unavailable where the kernel can't unlock anything."""
    if not (_MAPPED / "control").exists():
        hint = "modprobe dm_crypt; without it, only disks that the policy names without `luks` can be used here"
        raise Unavailable(f"{NO_MAPPER}, so no encrypted disk can be used on this machine", hint)


def mapped(rotation: Rotation) -> str:
    """Return the kernel's name for the unlocked disk of a rotation."""
    return f"seawall-{rotation.name}"


def mount(rotation: Rotation, device: Path, how: str = "rw") -> None:
    """Mount a device where the disk that is here is mounted; raise Unavailable where that does not work."""
    options = f"{how},{SAFELY}" if how != "rw" else f"{how},{SAFELY},errors=remount-ro"
    try:
        run(["mount", "-t", FILE_SYSTEM, "-o", options, device, rotation.mount_point], timeout=_SECONDS)
    except CommandError as error:
        raise Unavailable(f"{device} can't be mounted: {error.message}", f"fsck.{FILE_SYSTEM} -n {device}") from error


def unmount(rotation: Rotation, device: Path | None = None) -> None:
    """Take off what is mounted there, and make sure that nothing else uses the device; raise Unavailable.

    device: none for a disk whose plug was pulled, of which there is none any more.
    """
    while any(one.place == str(rotation.mount_point) for one in mounts()):
        try:
            run(["umount", rotation.mount_point], timeout=_SECONDS)
        except CommandError as error:
            hint = f"wait until it ends: fuser -vm {rotation.mount_point}"
            raise Unavailable(f"{rotation.mount_point} is in use: {error.message}", hint) from error
    if device is not None:
        block_devices.demand_free(device)


def lock(rotation: Rotation) -> None:
    """Lock the disk that is here again, where it is unlocked; raise Unavailable where it is in use."""
    if (_MAPPED / mapped(rotation)).exists():
        try:
            run(["cryptsetup", "close", mapped(rotation)], timeout=_SECONDS)
        except CommandError as error:
            raise Unavailable(f"the disk can't be locked: {error.message}", "lsblk shows what uses it") from error


def prepare(rotation: Rotation) -> None:
    """Make the folders at which a disk is mounted, which are root's alone; raise UsageError for anybody's else."""
    for folder in (Path(rotation.options.path), rotation.mount_point):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        if any(one.place == str(folder) for one in mounts()):
            continue
        seen = folder.lstat()
        if folder.is_symlink() or seen.st_uid != 0 or seen.st_mode & 0o022:
            raise UsageError(f"others than root may write to {folder}", f"chown root:root {folder}; chmod 755 {folder}")


def _cryptsetup(words: list[str | Path], rotation: Rotation, failed: str) -> None:
    password = rotation.repository.repository.password.read_text(encoding="utf-8").rstrip("\n")
    try:
        run(words, timeout=_SECONDS, input=password)
    except CommandError as error:
        raise Unavailable(f"{failed}: {error.message}") from error
