"""Sets: the snapshots of one act, found by the tag they share, whatever repository they were copied to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ops.core import clock
from ops.core.names import Label, Name, SetId
from ops.restic.messages import Snapshot

SET, ASSET, PART, PARTS = "seawall-set", "seawall-asset", "seawall-part", "seawall-parts"
MANIFEST = "manifest"
MOST_NAMED = 3  # of the sets that do not count
DOUBTFUL = "find out which snapshot came later, and set it aside; see docs/foreign-files.md"


@dataclass(frozen=True)
class Set:
    """The snapshots of one act by part: each source's name, and `manifest`.

    parts: those that the manifest was made with, where it is there; whatever else has the set's tags is passed over.
    twice: further snapshots of the same parts, by the dates they bear. No backup and no copy makes a part twice, so
    somebody else made one of the two: the set is in doubt.
    """

    id: str
    asset: str
    parts: Mapping[str, Snapshot]
    twice: tuple[Snapshot, ...] = ()

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
        """Whether the manifest is there, and every part that it was made with, each once."""
        return self._whole and not self.twice

    @property
    def doubt(self) -> str:
        """Why a set that is whole may not be what was backed up; nothing where no part comes twice."""
        if not (self._whole and self.twice):
            return ""
        named = sorted({str(snapshot.tag(PART)) for snapshot in self.twice})
        return f"{_few(named)} {'come' if len(named) > 1 else 'comes'} twice"

    @property
    def _whole(self) -> bool:
        manifest = self.parts.get(MANIFEST)
        return manifest is not None and all(part in self.parts for part in _named(manifest))


def tags(asset: str, identity: str, part: str, parts: Iterable[str] = ()) -> list[str]:
    """Return the tags of one snapshot of a set; the manifest's names all the other parts."""
    named = [f"{PARTS}={'+'.join(parts)}"] if part == MANIFEST else []
    return [f"{SET}={identity}", f"{ASSET}={asset}", f"{PART}={part}", *named]


def sets(snapshots: Iterable[Snapshot], asset: str | None = None) -> list[Set]:
    """Return the sets among some snapshots, oldest first, those of one asset only if it is given.

    What is no name is of no set: whoever made the snapshot chose its tags, and they become names of folders.
    """
    found: dict[tuple[str, str], dict[str, list[Snapshot]]] = {}
    for snapshot in sorted(snapshots, key=lambda one: one.time):
        identity, owner, part = snapshot.tag(SET), snapshot.tag(ASSET), snapshot.tag(PART)
        if not (identity and owner and part and SetId.fits(identity) and Name.fits(owner) and Label.fits(part)):
            continue
        if asset in (None, owner):
            found.setdefault((identity, owner), {}).setdefault(part, []).append(snapshot)
    return sorted((_set(*whose, parts) for whose, parts in found.items()), key=lambda one: one.time)


def _set(identity: str, asset: str, found: Mapping[str, Sequence[Snapshot]]) -> Set:
    """Return a set by all the snapshots that say they are of it, those of each part in order of their dates."""
    named = {part for manifest in found.get(MANIFEST, ()) for part in _named(manifest)}
    own = {part: several for part, several in found.items() if not named or part in {MANIFEST, *named}}
    twice = tuple(later for several in own.values() for later in several[1:])
    return Set(identity, asset, {part: several[0] for part, several in own.items()}, twice)


def _named(manifest: Snapshot) -> list[str]:
    """Return the parts that a manifest was made with, by its tag."""
    return (manifest.tag(PARTS) or "").split("+")


@dataclass(frozen=True)
class Complete:
    """An asset's complete sets, the oldest first; no other counts.

    ahead: what is dated in the future, as whoever made it had a clock that was wrong, or wanted it to be taken for the
    newest as long as possible. doubtful: sets with a part that comes twice, as somebody put another one beside it.
    Neither ever counts, and both keep nothing that does from counting.
    """

    counting: Sequence[Set]
    ahead: Sequence[Set]
    doubtful: Sequence[Set] = ()

    @property
    def remark(self) -> str:
        """What is to be said of those that do not count; nothing where there are none."""
        said = []
        if self.ahead:
            named = _few([f"{one.id[:8]} of {clock.iso(one.latest)}" for one in self.ahead])
            said.append(f"dated in the future, and so never taken for the newest: set {named}; compare the clocks")
        if self.doubtful:
            named = _few([f"{one.id[:8]} of {clock.iso(one.time)} ({one.doubt})" for one in self.doubtful])
            said.append(f"in doubt, and so never taken: set {named}; run seawall repository foreign")
        return "; ".join(said)


def complete(snapshots: Iterable[Snapshot], asset: str, now: datetime) -> Complete:
    """Return an asset's complete sets as they count at a moment.

    A snapshot that is dated in the future is of no set that counts: what is put into a good one makes it no other.
    """
    listed = [snapshot for snapshot in snapshots if snapshot.tag(ASSET) == asset]
    there = sets(dated(listed, now), asset)
    counting, doubtful = [one for one in there if one.complete], [one for one in there if one.doubt]
    known = {one.id for one in (*counting, *doubtful)}
    ahead = [one for one in sets(listed, asset) if (one.complete or one.doubt) and one.id not in known]
    return Complete(counting, ahead, doubtful)


def dated(snapshots: Iterable[Snapshot], now: datetime) -> list[Snapshot]:
    """Return the snapshots whose time can be right: all but those dated in the future."""
    return [snapshot for snapshot in snapshots if snapshot.time <= now + clock.SKEW]


def _few(named: Sequence[str]) -> str:
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return f"{', '.join(named[:MOST_NAMED])}{more}"
