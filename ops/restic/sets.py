"""Sets: the snapshots of one act, found by the tag they share, whatever repository they were copied to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ops.core.names import Label, Name, SetId
from ops.restic.messages import Snapshot

SET, ASSET, PART, PARTS = "seawall-set", "seawall-asset", "seawall-part", "seawall-parts"
MANIFEST = "manifest"


@dataclass(frozen=True)
class Set:
    """The snapshots of one act by part: each source's name, and `manifest`."""

    id: str
    asset: str
    parts: dict[str, Snapshot]

    @property
    def time(self) -> datetime:
        """The moment the data are of: the start of the first snapshot."""
        return min(snapshot.time for snapshot in self.parts.values())

    @property
    def complete(self) -> bool:
        """Whether the manifest is there, and every part that it was made with."""
        manifest = self.parts.get(MANIFEST)
        wanted = (manifest.tag(PARTS) or "").split("+") if manifest else []
        return manifest is not None and all(part in self.parts for part in wanted)


def tags(asset: str, identity: str, part: str, parts: Iterable[str] = ()) -> list[str]:
    """Return the tags of one snapshot of a set; the manifest's names all the other parts."""
    named = [f"{PARTS}={'+'.join(parts)}"] if part == MANIFEST else []
    return [f"{SET}={identity}", f"{ASSET}={asset}", f"{PART}={part}", *named]


def sets(snapshots: Iterable[Snapshot], asset: str | None = None) -> list[Set]:
    """Return the sets among some snapshots, oldest first, those of one asset only if it is given.

    What is no name is of no set: whoever made the snapshot chose its tags, and they become names of folders.
    """
    found: dict[str, Set] = {}
    for snapshot in snapshots:
        identity, owner, part = snapshot.tag(SET), snapshot.tag(ASSET), snapshot.tag(PART)
        if not (identity and owner and part and SetId.fits(identity) and Name.fits(owner) and Label.fits(part)):
            continue
        if asset in (None, owner):
            found.setdefault(identity, Set(identity, owner, {})).parts[part] = snapshot
    return sorted(found.values(), key=lambda one: one.time)


def complete(snapshots: Iterable[Snapshot], asset: str) -> list[Set]:
    """Return an asset's complete sets, oldest first; no other counts."""
    return [one for one in sets(snapshots, asset) if one.complete]
