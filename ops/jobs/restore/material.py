"""From a repository back to data: the set that is meant, its manifest, and what each part of it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.archive import ArchiveLimits, unpack
from ops.core.document import read_file
from ops.core.errors import Damaged, UsageError
from ops.core.names import TreePath
from ops.core.restored import demand_plain
from ops.interfaces import joined
from ops.interfaces.manifest import FILE, LIMITS, Manifest, PartFacts, read
from ops.jobs.host.repositories import OpenRepository
from ops.restic.repository import Progress
from ops.restic.sets import ASSET, DOUBTFUL, MANIFEST, Set, complete

LARGEST = LIMITS.bytes + (64 << 20)  # with the texts beside it: roles, accounts, lists of packages
MOST_TEXTS = 10_000
_DAY = 86_400.0
_ELSEWHERE = "check its backups and copies, or use --from with another repository"


@dataclass(frozen=True)
class Choice:
    """The set that is meant. remark: what else of the asset does not count, and why; empty where there is nothing.

    earlier, later: the complete sets before it, and those after it where the oldest is meant; the oldest first.
    """

    which: Set
    remark: str
    earlier: Sequence[Set] = ()
    later: Sequence[Set] = ()

    def demand(self, told: Manifest, named: Sequence[str]) -> None:
        """Raise UsageError for parts that could not be captured; name the newest set that has the part."""
        for name in named:
            if name in told.parts or (reason := told.missing.get(name)) is None:
                continue
            having = next((one for one in reversed(self.earlier) if name in one.parts), None)
            older = f"--at {having.id[:8]} restores it as it was at {clock.iso(having.time)}" if having else ""
            none = "no earlier set in this repository has it; use --from with another repository"
            raise UsageError(f"set {self.which.id[:8]} does not hold {name}: {reason}", older or none)


def chosen(place: OpenRepository, asset: str, until: datetime | None = None, identity: str = "") -> Choice:
    """Return the newest complete set, of a moment or of an identity's first letters; raise Damaged when none is.

    One that is dated in the future is meant only by whoever names it.
    """
    found = complete(place.repository.snapshots([f"{ASSET}={asset}"]), asset, clock.now())
    listed = [*found.ahead, *found.counting] if identity else found.counting
    fitting = [one for one in listed if one.id.startswith(identity) and (until is None or one.time <= until)]
    if fitting:
        which = fitting[-1]
        return Choice(which, found.remark, [one for one in found.counting if one.time < which.time])
    name = place.repository.name
    if identity and (one := next((one for one in found.doubtful if one.id.startswith(identity)), None)):
        raise Damaged(f"set {one.id} of {asset} in {name} is in doubt: {one.doubt}", DOUBTFUL)
    if not found.counting:
        others = f"; {found.remark}" if found.remark else ""
        hint = "use --at with the letters of a set to take that one" if found.ahead else _ELSEWHERE
        raise Damaged(f"{name} has no complete set of {asset}{others}", hint)
    raise Damaged(
        f"{name} has no such set of {asset}",
        f"the oldest is from {found.counting[0].time:%Y-%m-%d %H:%M} UTC; `seawall snapshots {asset}` lists all",
    )


def nearest(place: OpenRepository, asset: str, moment: datetime | None) -> Choice:
    """Return the complete set whose data are nearest to a moment, the earlier of two; None: the oldest of all.

    Raise Damaged when there is none.
    """
    found = complete(place.repository.snapshots([f"{ASSET}={asset}"]), asset, clock.now())
    if not found.counting:
        others = f"; {found.remark}" if found.remark else ""
        raise Damaged(f"{place.repository.name} has no complete set of {asset}{others}", _ELSEWHERE)
    if moment is None:
        return Choice(found.counting[0], found.remark, later=found.counting[1:])
    which = min(found.counting, key=lambda one: abs(one.time - moment))
    return Choice(which, found.remark, [one for one in found.counting if one.time < which.time])


def manifest(place: OpenRepository, which: Set, target: Path) -> Manifest:
    """Bring the manifest and the texts beside it to a folder, and read it; it must belong to the set.

    Raise Damaged for anything else: the folder may come from a machine that somebody broke into.
    """
    snapshot = which.parts[MANIFEST]
    file = f"{FILE} of set {which.id} in {place.repository.name}"
    if snapshot.bytes > LARGEST:  # it is the writer's own word; what is read is counted all the same
        raise Damaged(f"{file} and its texts have {snapshot.bytes} bytes; expected at most {LARGEST}")
    if len(snapshot.paths) != 1 or not TreePath.fits(snapshot.paths[0]):
        raise Damaged(f"{file} does not lie in one folder of its snapshot")
    target.mkdir(mode=0o755)
    with place.repository.archive(snapshot.id, snapshot.paths[0], timeout=3600) as archive:
        unpack(archive, target, ArchiveLimits(LARGEST, MOST_TEXTS), file)
    content = read_file(target / FILE, LIMITS.bytes, file)
    if not content:  # as restic writes pipes, sockets and devices into an archive
        raise Damaged(f"{file}: it is empty, or no file; expected only plain files")
    told = read(content, file)
    if (told.set, told.asset) != (which.id, which.asset):
        raise Damaged(f"{file} describes set {told.set} of {told.asset}; expected set {which.id} of {which.asset}")
    # What somebody else put into the set later is passed over: it must not keep us from what was made.
    if missing := {*told.parts} - {*which.parts}:
        raise Damaged(f"{file} names parts that are not in the set: {', '.join(sorted(missing))}")
    return told


def bring(
    place: OpenRepository,
    which: Set,
    label: str,
    told: PartFacts,
    folder: Path,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> None:
    """Bring the data of one part to a folder: a stream's file, or the files under their own paths.

    told: by the manifest. Raise Damaged when a stream or a database came as anything but plain files and folders: a
    link among them would lead whoever loads it to files of this machine.
    """
    snapshot, root = which.parts[label].id, told.material.root
    source = f"{snapshot}:{root}" if root else snapshot
    place.repository.restore(source, folder, only, timeout=_DAY, progress=progress)
    if told.material.stream or told.source.database:
        demand_plain(folder, label)


def companions(manifest_folder: Path, label: str) -> dict[str, Path]:
    """Return the texts kept beside the manifest for one part, by the name that its source gave them."""
    return {
        path.name.removeprefix(joined.companion(label, "")): path
        for path in sorted(manifest_folder.glob(joined.companion(label, "*")))
    }
