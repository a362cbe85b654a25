"""Restore a cluster as it was at a moment: a set from before it, and the archived log up to it, played again."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged, UsageError
from ops.core.files import demand_room, digest
from ops.core.own_folder import NO_LINKS, demand_same, held, own_folder
from ops.core.quantity import Size, counted, span
from ops.core.restored import demand_plain, remove
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.change_log import ChangeLog, Recovery, is_file_name
from ops.interfaces.manifest import FILE, PartFacts
from ops.interfaces.outcome import RestoreFacts
from ops.jobs.host import folders, own_policy, recorded, repositories
from ops.jobs.host.assets import asset_named
from ops.jobs.restore import material
from ops.jobs.restore.job import demand_root
from ops.jobs.restore.point_in_time import point_in_time
from ops.jobs.run.job import Ended, Outcome, perform
from ops.jobs.run.progress import Progress
from ops.policy import HostPolicy
from ops.policy.logs import change_log, logged
from ops.restic.batches import Base, Batch, Reach, based, batches, reach
from ops.restic.messages import Snapshot
from ops.restic.sets import ASSET, DOUBTFUL, complete, dated

LATEST = "latest"
_DAY = 86_400.0
_DATA, _LOG, _SPACES = "data", "log", "spaces"


@dataclass(frozen=True)
class Ready:
    """A recovery that can begin.

    moment: up to which; None: as far as the log goes. reach: how far that is. needed: the batches. told: the base's
    part by its manifest, which lies in `manifest` with the texts beside it.
    """

    policy: HostPolicy
    asset: str
    place: repositories.OpenRepository
    log: ChangeLog[Any]
    moment: datetime | None
    reach: Reach
    needed: Sequence[Batch]
    told: PartFacts
    manifest: Path
    folder: Path

    @property
    def bytes(self) -> int:
        """How much is brought."""
        start = self.reach.base
        parts = [start.which.parts[start.label], start.which.parts[f"{start.label}.log"]]
        return sum(one.bytes for one in (*parts, *(batch.snapshot for batch in self.needed)))

    def lines(self) -> list[str]:
        """Return what is going to be done, and how much it is, line by line."""
        zone, which = ZoneInfo(self.policy.site.timezone), self.reach.base.which
        until = self.moment or self.reach.until
        files = counted(sum(len(batch.names) for batch in self.needed), "file")
        several = counted(len(self.needed), "batch", "batches")
        return [
            f"{self.asset}: as it was at {until.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}, into {self.folder}",
            f"  set {which.id[:8]} of {clock.iso(which.time)} from {self.place.repository.name}, and "
            f"{files} of its log in {several}; {Size(self.bytes)}",
            *([f"  of the log, {self.reach.why}"] if self.reach.why else []),
        ]


def is_moment(name: str, at: str | None) -> bool:
    """Whether --at means a moment of an asset whose log is archived, and no set."""
    demand_root()
    policy = own_policy.read()
    if not at or logged(asset_named(policy, name)) is None:
        return False
    return at == LATEST or point_in_time(at, policy.site.timezone)[0] is not None


@contextmanager
def found(name: str, at: str, to: Sequence[str], repository: str | None) -> Iterator[Ready]:
    """Find what is needed for a moment, with the manifest at hand as long as the block lasts.

    at: in the site's time, or `latest`. to: one empty folder. Raise UsageError for a moment that can't be had, which
    names those that can, Damaged where nothing is there.
    """
    demand_root()
    folder = _folder(to)
    policy = own_policy.read()
    asset = asset_named(policy, name)
    spec = logged(asset)
    moment = None if at == LATEST else point_in_time(at, policy.site.timezone)[0]
    if spec is None:
        raise UsageError(f"the log of {name} is not archived", "leave --at out, or name a set")
    folders.scratch().mkdir(mode=0o700, parents=True, exist_ok=True)
    with own_folder(folders.scratch(), "restore-") as memory:
        place = repositories.open_own(policy, repository or asset.repository)
        place.reach()
        place, listed = repositories.even_if_full(place, lambda there: there.repository.snapshots([f"{ASSET}={name}"]))
        there, needed = chosen(listed, name, moment, policy.site.timezone)
        which = there.base.which
        manifest = memory / "manifest"
        told = material.manifest(place, which, manifest)
        recorded.demand_manifest(name, which.id, manifest / FILE)
        part = told.parts[there.base.label]
        log = change_log(spec)
        if log.size(part.facts) != there.base.size:
            raise Damaged(f"set {which.id} and the batches of {name} are of clusters with segments of other sizes")
        yield Ready(policy, name, place, log, moment, there, needed, part, manifest, folder)


def _folder(to: Sequence[str]) -> Path:
    """Return the folder that is meant; raise UsageError for anything but an empty one."""
    if len(to) != 1 or not to[0].startswith("/") or ".." in Path(to[0]).parts:
        raise UsageError("a cluster is recovered into one empty folder", "use --to /FOLDER, on a disk with enough room")
    folder = Path(to[0])
    if folder.is_symlink():
        raise UsageError(f"{folder} is a link", NO_LINKS)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder", "restore into another folder, or empty this one")
    if not folder.parent.is_dir():
        raise UsageError(f"{folder.parent} is not there", "make it, so that the account postgres can enter it")
    return folder


def chosen(listed: Sequence[Snapshot], name: str, moment: datetime | None, zone: str) -> tuple[Reach, Sequence[Batch]]:
    """Return the base for a moment and the batches that lead to it; raise UsageError for one that can't be had."""
    now = clock.now()
    known = batches(dated(listed, now), name)
    bases = [one for which in complete(listed, name, now).counting if (one := based(which, known))]
    if not bases:
        raise Damaged(
            f"there is no complete set of {name} from which its log could be played", f"seawall backup {name}"
        )
    before = [one for one in bases if moment is None or one.which.latest <= moment]
    if not before:
        first = _shown(bases[0].which.latest, zone)
        raise UsageError(
            f"no set of {name} ended before {_shown(moment, zone)}", f"the first moment possible is {first}"
        )
    return _way(before[-1], known, moment, zone)


def _way(start: Base, known: Sequence[Batch], moment: datetime | None, zone: str) -> tuple[Reach, Sequence[Batch]]:
    there = reach(start, known)
    if moment is None:
        return there, there.batches
    if moment >= there.until:
        why = f"; after it, {there.why}" if there.why else ""
        raise UsageError(
            f"{_shown(moment, zone)} can't be restored: the log reaches to {_shown(there.until, zone)}{why}",
            f"use an earlier moment, or --at {LATEST}; `seawall log ASSET` archives all up to now",
        )
    ends = [number for number, batch in enumerate(there.batches, 1) if batch.until and batch.until > moment]
    return there, there.batches[: ends[0]] if ends else there.batches


def _shown(moment: datetime | None, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S %Z}" if moment else LATEST


def restore(ready: Ready) -> Ended:
    """Carry a recovery out; the exit code is 0 when the cluster reached the moment."""
    act = joined.restore(ready.asset)
    outcome = perform("restore", act, ready.asset, ready.policy.host, lambda: _work(ready))
    return Ended.here(outcome, outcome.code)


def _work(ready: Ready) -> Outcome:
    started = clock.now()
    start, facts = ready.reach.base, ready.told.facts
    demand_room(ready.folder, 2 * ready.bytes, "recovering a cluster")
    with _begun(ready.folder) as here:
        _bring(ready, here)
        announce(f"{ready.asset}: playing its log")
        spaces = {old: ready.folder / _SPACES / str(number) for number, old in enumerate(ready.log.spaces(facts))}
        texts = material.companions(ready.manifest, start.label)
        wanted = Recovery(ready.folder, here, facts, texts, spaces, ready.moment, ready.reach.certain)
        done = ready.log.recover(wanted)
    seconds = round((clock.now() - started).total_seconds(), 1)
    last = f"its last commit is of {done.last}" if done.last else "no commit follows the set"
    message = f"recovered in {span(seconds)}; {last}; {counted(len(done.databases), 'database')}"
    told = RestoreFacts(
        time=clock.iso(started),
        set=start.which.id,
        repository=ready.place.repository.name,
        data_time=clock.iso(ready.moment or ready.reach.until),
        seconds=seconds,
        bytes=ready.bytes,
        parts=(start.label,),
    )
    return Outcome(Verdict.PASS, f"{message}\n{done.hint}", told, told)


def _bring(ready: Ready, here: Path) -> None:
    """Bring the files of the base and of the log into the folder, given by its descriptor."""
    start, repository = ready.reach.base, ready.place.repository
    part, progress = start.which.parts[start.label], Progress(start.label, "restored", ready.bytes)
    folders_of = {ready.log.data(ready.told.facts): _DATA}
    spaces = enumerate(ready.log.spaces(ready.told.facts))
    folders_of |= {path: f"{_SPACES}/{number}" for number, path in spaces}
    for path, inner in folders_of.items():
        repository.restore(f"{part.id}:{path}", here / inner, timeout=_DAY, progress=progress.tell)
    announce(f"{ready.asset}: bringing its log")
    repository.restore(f"{start.which.parts[f'{start.label}.log'].id}:{start.folder}", here / _LOG, timeout=_DAY)
    _place_log(here / _LOG, here / _DATA / "pg_wal", set())
    placed: set[str] = set()
    for batch in ready.needed:
        repository.restore(f"{batch.snapshot.id}:{batch.folder}", here / _LOG, timeout=_DAY)
        placed |= _place_log(here / _LOG, here / _DATA / "pg_wal", placed)


@contextmanager
def _begun(folder: Path) -> Iterator[Path]:
    """Make a folder, or take over an empty one, for root alone; yield a path that leads to it by its descriptor.

    Whoever owns the folder above it, as the server's account may, can put a link in its place at any time.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    with held(folder) as handle:
        os.fchown(handle, 0, 0)
        os.fchmod(handle, 0o700)
        here = Path(f"/proc/{os.getpid()}/fd/{handle}")
        if any(here.iterdir()):
            raise UsageError(f"{folder} is not empty any more", "find out who put something there; use another folder")
        begun = os.fstat(handle)
        yield here
    demand_same(folder, begun)


def _place_log(log: Path, home: Path, placed: Collection[str]) -> set[str]:
    """Move the files of the log to where the server looks for them; return their names.

    Whatever of the set lies there is in the way. placed: what a batch brought already; raise Damaged for another file
    of such a name: whoever has the server's key can add one.
    """
    demand_plain(log, "the log")
    if home.is_symlink():
        home.unlink()
    home.mkdir(mode=0o700, exist_ok=True)
    names = {file.name for file in log.iterdir() if is_file_name(file.name)}
    if other := [name for name in sorted(names & {*placed}) if digest(log / name) != digest(home / name)]:
        raise Damaged(f"{other[0]} was archived twice with different content", DOUBTFUL)
    for name in names:
        (log / name).replace(home / name)
    remove(log)
    return names
