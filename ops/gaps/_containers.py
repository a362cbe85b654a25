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

from ops.core import mounts, plain_file
from ops.core.errors import Damaged, Unavailable
from ops.core.mounts import Mount

_MOST = 4 << 20  # bytes of what is noted of a container
_IDENTITY = re.compile(r"(?:^|[-/])([0-9a-f]{64})(?:\.scope)?(?:/|$)", re.MULTILINE)
_MACHINE = re.compile(
    r"/(?:systemd-nspawn@([^/\n]+)\.service|machine-([^/\n]+)\.scope|lxc(?:\.payload[./]|/)([^/\n]+))(?:/|$)",
    re.MULTILINE,
)
_SHORT = 12  # digits of an id, as people are shown them
_PODMAN, _DOCKER = "containers/storage", "docker"
_LAYER = re.compile(r"/([0-9a-f]{64})/diff")
REMEDY = (
    "a source of the kind {kind} with `container: {name}` takes it, where podman or docker runs it as root; otherwise "
    "let it dump into a folder that a source of the kind files takes, or name a program in one of the kind command"
)


@dataclass(frozen=True)
class Volume:
    """Files of a database server in a volume of a container engine, or in a folder that a container has from outside.

    name: of the volume or the container. place: where they lie on this machine.
    """

    name: str
    place: Path


def called(groups: str, proc: Path, pid: int = 0) -> str:
    """Given the control groups of a process in a container, as the kernel lists them, return how it is called.

    pid: of the process, whose root tells of a container that has no control group of its own.
    """
    host = proc / "1/root"
    if found := _IDENTITY.search(groups):
        return _plain(_noted(host, "id", found[1]) or found[1][:_SHORT])
    if found := _MACHINE.search(groups):
        return _plain(next(filter(None, found.groups())))
    if (layer := _layer(pid, proc)) and (name := _noted(host, "layer", layer)):
        return _plain(name)
    return _plain(groups.rpartition("/")[2].strip(".") or "elsewhere")


def remedy(kind: str, name: str) -> str:
    """Return what the policy can say of a server in a container."""
    return REMEDY.format(kind=kind, name=name)


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
    """Yield each folder that has a file of some name, such as each server's data folder has.

    Those that containers have from outside, whether they run or not, then those of volumes that none has. Raise
    Unavailable in the end when what is noted of some container can't be read: what it has is not known.
    """
    host = proc / "1/root"
    known: set[Path] = set()
    unread: list[Path] = []
    for name, folder in (*_given(proc, unread), *_volumes(proc)):
        for place in _marked(host / str(folder).lstrip("/"), mark, host):
            if place not in known:
                known.add(place)
                yield Volume(_plain(name), place)
    if unread:
        raise Unavailable(
            f"what is noted of a container can't be read, so that its folders are not known: {unread[0]}",
            "podman ps --all or docker ps --all shows whether it is still there; remove what is left of it",
        )


def _marked(folder: Path, mark: str, host: Path) -> Iterator[Path]:
    """Yield the folders of a server, in a folder or not far below it, as the machine sees them."""
    for pattern in (mark, f"*/{mark}", f"*/*/{mark}"):
        for file in sorted(folder.glob(pattern)):
            yield Path("/") / file.parent.relative_to(host)


def _volumes(proc: Path) -> Iterator[tuple[str, PurePosixPath]]:
    """Yield all volumes, each with its name."""
    host = proc / "1/root"
    for store in _stores(proc, _PODMAN, _DOCKER):
        for volume in sorted((host / store / "volumes").glob("*/_data")):
            yield volume.parent.name, PurePosixPath("/", volume.relative_to(host))


def _given(proc: Path, unread: list[Path]) -> Iterator[tuple[str, PurePosixPath]]:
    """Yield the folders that containers have from outside, each with the container's name.

    unread: gets the files that can't be read or say something else.
    """
    host, table = proc / "1/root", _table(proc)
    for store in _stores(proc, _PODMAN):
        for file in sorted((host / store).glob("overlay-containers/*/userdata/config.json")):
            name = _noted(host, "id", file.parents[1].name) or file.parents[1].name[:_SHORT]
            told = _read(file)
            points = told.get("mounts", []) if isinstance(told, dict) else None
            yield from _folders(file, name, points, "source", unread, table)
    for store in _stores(proc, _DOCKER):
        for file in sorted((host / store).glob("containers/*/config.v2.json")):
            told = _read(file)
            points = (told.get("MountPoints") or {}) if isinstance(told, dict) else None
            several = [*points.values()] if isinstance(points, dict) else None
            name = str(told.get("Name", "")).strip("/") if isinstance(told, dict) else ""
            yield from _folders(file, name or file.parent.name[:_SHORT], several, "Source", unread, table)


def _folders(
    file: Path, name: str, several: Any, key: str, unread: list[Path], table: list[Mount]
) -> Iterator[tuple[str, PurePosixPath]]:
    """Yield the folders that one container has from outside, but for those that another machine shows."""
    if not isinstance(several, list):
        unread.append(file)
        return
    for one in several:
        source = one.get(key) if isinstance(one, dict) else None
        if not isinstance(source, str) or source.count("/") <= 1 or ".." in source.split("/"):
            continue
        mount = mounts.holding(source, table)
        if not (mount and mount.distant):  # to look there may take for ever
            yield name, PurePosixPath(source)


def _layer(pid: int, proc: Path) -> str:
    """Return the number of the layer that a process's root writes to, empty where it is none of podman's."""
    with suppress(OSError):
        own = mounts.read((proc / str(pid) / "mountinfo").read_text(errors="surrogateescape"))
        root = mounts.holding("/", own)
        if root and (found := _LAYER.search(root.upper)):
            return found[1]
    return ""


def _holding(origin: PurePosixPath, mount: Mount, known: list[Mount]) -> list[Mount]:
    return [one for one in known if one.disk == mount.disk and origin.is_relative_to(one.origin)]


def _seen(origin: PurePosixPath, mount: Mount) -> Path:
    return Path(mount.place) / origin.relative_to(mount.origin)


def _noted(host: Path, key: str, identity: str) -> str:
    """Return the name that podman or docker noted for a container, empty where none is found.

    key: what of it is known: its `id`, or the `layer` that it writes to.
    """
    for store in _stores(host.parent.parent, _DOCKER) if key == "id" else ():
        told = _read(host / store / "containers" / identity / "config.v2.json")
        if isinstance(told, dict) and isinstance(told.get("Name"), str):
            return str(told["Name"]).strip("/")
    for store in _stores(host.parent.parent, _PODMAN):
        for file in ("containers.json", "volatile-containers.json"):
            several = _read(host / store / "overlay-containers" / file)
            for one in several if isinstance(several, list) else ():
                if isinstance(one, dict) and one.get(key) == identity and isinstance(one.get("names"), list):
                    return str(next(iter(one["names"]), ""))
    return ""


def _read(file: Path) -> Any:
    """Return what a file says; nothing where it is not there, is no plain file, or says something else."""
    with suppress(OSError, Damaged, ValueError, RecursionError), plain_file.reading(file) as content:
        return json.loads(content.read(_MOST))
    return None


def _stores(proc: Path, *names: str) -> Iterator[Path]:
    """Yield where containers of root's may be kept, and those of every account, as paths below the machine's root."""
    homes = [Path("root"), *_homes(proc)]
    for name in names:
        yield Path("var/lib") / name
        yield from (home / ".local/share" / name for home in homes)


def _homes(proc: Path) -> Iterator[Path]:
    """Yield the homes of accounts, but for those that another machine shows: to look at one may take for ever."""
    far = {mount.place for mount in _table(proc) if mount.distant}
    if "/home" in far:
        return
    with suppress(OSError), os.scandir(proc / "1/root/home") as entries:
        yield from (Path("home") / entry.name for entry in entries if f"/home/{entry.name}" not in far)


def _table(proc: Path) -> list[Mount]:
    """Return what is mounted on this machine, nothing where that can't be told."""
    with suppress(OSError):
        return mounts.read((proc / "1/mountinfo").read_text(errors="surrogateescape"))
    return []


def _plain(name: str) -> str:
    """Return a name as one that a policy can hold."""
    return re.sub(r"[^\w.@-]", "_", name) or "elsewhere"
