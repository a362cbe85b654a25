"""From a repository back to data: the set that is meant, its manifest, and what each part of it was made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.core.errors import Damaged
from ops.jobs.host.repositories import OpenRepository
from ops.restic.repository import Progress
from ops.restic.sets import ASSET, MANIFEST, Set, complete

MANIFEST_VERSION = 1
_DAY = 86_400.0


def chosen(place: OpenRepository, asset: str, until: datetime | None = None, identity: str = "") -> Set:
    """Return the newest complete set, of a moment or of an identity's first letters; raise Damaged when none is."""
    listed = complete(place.repository.snapshots([f"{ASSET}={asset}"]), asset)
    fitting = [one for one in listed if one.id.startswith(identity) and (until is None or one.time <= until)]
    if fitting:
        return fitting[-1]
    if not listed:
        raise Damaged(
            f"{place.repository.name} holds no complete set of {asset}", "look at its backups and copies; --from OTHER"
        )
    raise Damaged(
        f"{place.repository.name} holds no such set of {asset}",
        f"the oldest is of {listed[0].time:%Y-%m-%d %H:%M} UTC; `seawall snapshots {asset}` lists all",
    )


def manifest(place: OpenRepository, which: Set, target: Path) -> dict[str, Any]:
    """Bring the manifest and the texts beside it to a folder; they must belong to the set."""
    snapshot = which.parts[MANIFEST]
    target.mkdir(mode=0o755)
    place.repository.restore(f"{snapshot.id}:{snapshot.paths[0]}", target, timeout=3600)
    told: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    if told.get("set") != which.id or told.get("version") != MANIFEST_VERSION:
        raise Damaged(f"the manifest of set {which.id} is of another set or version")
    return told


def bring(
    place: OpenRepository,
    which: Set,
    label: str,
    facts: dict[str, Any],
    folder: Path,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> None:
    """Bring the data of one part to a folder: a stream's file, or the files under their own paths."""
    root = facts.get("material", {}).get("root", "")
    snapshot = which.parts[label].id
    source = f"{snapshot}:{root}" if root else snapshot
    place.repository.restore(source, folder, only, timeout=_DAY, progress=progress)


def companions(manifest_folder: Path, label: str) -> dict[str, Path]:
    """Return the texts kept beside the manifest for one part, by the name that its source gave them."""
    return {path.name.removeprefix(f"{label}-"): path for path in sorted(manifest_folder.glob(f"{label}-*"))}
