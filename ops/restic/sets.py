"""Sets: the snapshots of one act, found by the tag they share, whatever repository they were copied to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ops.core import clock
from ops.core.names import Label, Name, SetId
from ops.restic.messages import Snapshot

SET, ASSET, PART, PARTS = "seawall-set", "seawall-asset", "seawall-part", "seawall-parts"
MANIFEST = "manifest"
MOST_NAMED = 3  # of the sets that do not count


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
    def latest(self) -> datetime:
        """The time of the last snapshot."""
        return max(snapshot.time for snapshot in self.parts.values())

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


@dataclass(frozen=True)
class Complete:
    """An asset's complete sets, the oldest first; no other counts.

    ahead: what is dated in the future, as whoever made it had a clock that was wrong, or wanted it to be taken for the
    newest as long as possible. It never counts, and keeps nothing that does from counting.
    """

    counting: Sequence[Set]
    ahead: Sequence[Set]

    @property
    def remark(self) -> str:
        """What is to be said of those that do not count; nothing where there are none."""
        if not self.ahead:
            return ""
        named = ", ".join(f"{one.id[:8]} of {clock.iso(one.latest)}" for one in self.ahead[:MOST_NAMED])
        more = f" and {len(self.ahead) - MOST_NAMED} more" if len(self.ahead) > MOST_NAMED else ""
        return f"dated in the future, and so never taken for the newest: set {named}{more}; compare the clocks"


def complete(snapshots: Iterable[Snapshot], asset: str, now: datetime) -> Complete:
    """Return an asset's complete sets as they count at a moment.

    A snapshot that is dated in the future is of no set that counts: what is put into a good one makes it no other.
    """
    listed = [snapshot for snapshot in snapshots if snapshot.tag(ASSET) == asset]
    counting = [one for one in sets(dated(listed, now), asset) if one.complete]
    known = {one.id for one in counting}
    return Complete(counting, [one for one in sets(listed, asset) if one.complete and one.id not in known])


def dated(snapshots: Iterable[Snapshot], now: datetime) -> list[Snapshot]:
    """Return the snapshots whose time can be right: all but those dated in the future."""
    return [snapshot for snapshot in snapshots if snapshot.time <= now + clock.SKEW]
