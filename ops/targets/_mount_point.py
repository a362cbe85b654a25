"""Where a disk for backups may be mounted."""

from __future__ import annotations

from pathlib import PurePosixPath

from ops.core.limits import OutOfRange

# What belongs to the system: a disk that is mounted there hides what the system needs.
_SYSTEM = ("bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "proc", "root", "run", "sbin", "sys", "tmp")
_BELOW = ("/usr", "/var/lib/seawall", "/var/cache", "/var/log", "/var/lib/postgresql", "/var/lib/mysql")
_ITSELF = ("/srv", "/mnt", "/media", "/var", "/var/lib", "/opt", "/srv/seawall")


def demand(path: str) -> None:
    """Raise OutOfRange for a folder at which no disk for backups can be mounted."""
    place = PurePosixPath(path)
    said = "" if len(place.parts) > 1 else "the root of the system is no disk of its own"
    if len(place.parts) > 1 and (place.parts[1] in _SYSTEM or any(place.is_relative_to(one) for one in _BELOW)):
        said = f"{path} belongs to the system"
    if path in _ITSELF:
        said = f"{path} holds other things, too"
    if said:
        raise OutOfRange("path", f"{said}; expected a mount point for backups alone, such as /srv/backup")
