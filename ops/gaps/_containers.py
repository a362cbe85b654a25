"""Servers in containers as the machine sees them from outside: how they are called, and where their files lie.

No program of podman's or docker's is asked, for none may be there: the kernel tells of control groups and mounts, and
what they note beside their containers has the names.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ops.core import mounts
from ops.core.mounts import Mount

REMEDY = (
    "let it dump into a folder that a source of the kind files takes, or name a program that dumps it in one of the "
    "kind command"
)
_IDENTITY = re.compile(r"(?:^|[-/])([0-9a-f]{64})(?:\.scope)?(?:/|$)", re.MULTILINE)
_MACHINE = re.compile(
    r"/(?:systemd-nspawn@([^/\n]+)\.service|machine-([^/\n]+)\.scope|lxc(?:\.payload[./]|/)([^/\n]+))(?:/|$)",
    re.MULTILINE,
)
_SHORT = 12  # digits of an id, as people are shown them
_PODMAN, _DOCKER = "containers/storage", "docker"


@dataclass(frozen=True)
class Volume:
    """Files of a database server in a volume of a container engine. place: where they lie on this machine."""

    name: str
    place: Path


def called(groups: str, proc: Path) -> str:
    """Given the control groups of a process in a container, as the kernel lists them, return how it is called."""
    if found := _IDENTITY.search(groups):
        return _plain(_noted(found[1], proc / "1/root") or found[1][:_SHORT])
    if found := _MACHINE.search(groups):
        return _plain(next(filter(None, found.groups())))
    return groups.rpartition("/")[2] or "elsewhere"


def lies(pid: int, path: Path, proc: Path) -> Path | None:
    """Return where a path of a process in a container lies on this machine; None where that can't be told."""
    try:
        own = mounts.read((proc / str(pid) / "mountinfo").read_text(errors="surrogateescape"))
        known = mounts.read((proc / "1/mountinfo").read_text(errors="surrogateescape"))
    except OSError:
        return None
    mount = mounts.holding(str(path), own)
    if mount is None:
        return None
    below = PurePosixPath(path).relative_to(mount.place)
    if mount.upper:
        return Path(mount.upper) / below
    origin = PurePosixPath(mount.origin) / below
    return max(
        (_seen(origin, one) for one in _holding(origin, mount, known)), key=lambda one: len(str(one)), default=None
    )


def stored(mark: str, proc: Path) -> Iterator[Volume]:
    """Yield each volume, or folder in one, that has a file of some name, such as each server's data folder has."""
    host = proc / "1/root"
    for store in _stores(proc, _PODMAN, _DOCKER):
        for volume in sorted((host / store / "volumes").glob("*/_data")):
            for pattern in (mark, f"*/{mark}", f"*/*/{mark}"):
                for file in sorted(volume.glob(pattern)):
                    yield Volume(_plain(volume.parent.name), Path("/") / file.parent.relative_to(host))


def _holding(origin: PurePosixPath, mount: Mount, known: list[Mount]) -> list[Mount]:
    return [one for one in known if one.disk == mount.disk and origin.is_relative_to(one.origin)]


def _seen(origin: PurePosixPath, mount: Mount) -> Path:
    return Path(mount.place) / origin.relative_to(mount.origin)


def _noted(identity: str, host: Path) -> str:
    """Return the name that podman or docker noted for a container, empty where none is found."""
    for store in _stores(host.parent.parent, _DOCKER):
        told = _read(host / store / "containers" / identity / "config.v2.json")
        if isinstance(told, dict) and isinstance(told.get("Name"), str):
            return str(told["Name"]).strip("/")
    for store in _stores(host.parent.parent, _PODMAN):
        for file in ("containers.json", "volatile-containers.json"):
            for one in _read(host / store / "overlay-containers" / file) or ():
                if isinstance(one, dict) and one.get("id") == identity and isinstance(one.get("names"), list):
                    return str(next(iter(one["names"]), ""))
    return ""


def _read(file: Path) -> Any:
    with suppress(OSError, ValueError):
        return json.loads(file.read_text(encoding="utf-8"))
    return None


def _stores(proc: Path, *names: str) -> Iterator[Path]:
    """Yield where containers of root's may be kept, and those of every account, as paths below the machine's root."""
    homes = [Path("root"), *_homes(proc)]
    for name in names:
        yield Path("var/lib") / name
        yield from (home / ".local/share" / name for home in homes)


def _homes(proc: Path) -> Iterator[Path]:
    """Yield the homes of accounts, but for those that another machine shows: to look at one may take for ever."""
    far: set[str] = set()
    with suppress(OSError):
        table = mounts.read((proc / "1/mountinfo").read_text(errors="surrogateescape"))
        far = {mount.place for mount in table if mount.distant}
    if "/home" in far:
        return
    with suppress(OSError), os.scandir(proc / "1/root/home") as entries:
        yield from (Path("home") / entry.name for entry in entries if f"/home/{entry.name}" not in far)


def _plain(name: str) -> str:
    """Return a name as one that a policy can hold."""
    return re.sub(r"[^\w.@-]", "_", name) or "elsewhere"
