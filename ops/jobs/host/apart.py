"""Whether a repository on this machine lies on another disk than what is backed up to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.core import kinds
from ops.core.disks import beneath
from ops.core.errors import Unavailable
from ops.interfaces.discovery import PATH
from ops.interfaces.source import Source
from ops.policy import HostPolicy, access
from ops.policy.model import Asset

_SERVERS = "/var/lib"  # where the data lie of a server that names no folder


def demand(policy: HostPolicy, asset: Asset, name: str) -> None:
    """Raise Unavailable when a repository lies on a disk that holds any of what an asset backs up.

    Kinds that need not be apart are always well.
    """
    repository = policy.repositories[name]
    target = access.target(repository.kind)
    if not target.apart:
        return
    for folder in target.writes(repository.options):
        own = beneath(Path(folder))
        if not own:
            raise Unavailable(f"nobody can say on which disk {folder} lies", f"lsblk; findmnt {folder}")
        for path in sorted({*_taken(asset)}):
            if shared := own & beneath(Path(path)):
                raise Unavailable(
                    f"repository {name} lies on the disk {min(shared)}, as does {path}, which is backed up there",
                    f"mount another disk at {folder}; both would be lost with this one",
                )


def _taken(asset: Asset) -> Iterator[str]:
    for spec in asset.sources.values():
        kind: Source[Any, Any] = kinds.load("ops.sources", spec.kind)
        paths = [name.removeprefix(PATH) for name in kind.covers(spec.options) if name.startswith(PATH)]
        yield from paths or [_SERVERS]
