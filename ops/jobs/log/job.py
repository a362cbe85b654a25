"""Archive the log of an asset's server: what waits in the spool goes into the repository, and is read back.

First the server is asked to end the segment that it writes, so that each commit up to that moment is archived. Only
what the repository lists again is removed from the spool.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.errors import Damaged, SeawallError, UsageError
from ops.core.quantity import Size, span
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.change_log import ChangeLog, Mark, first_number, is_segment
from ops.interfaces.outcome import LogFacts
from ops.jobs.host import folders, own_policy, repositories, turns
from ops.jobs.host.assets import asset_named
from ops.jobs.log.content import sorted_out, stored_already
from ops.jobs.log.spool import Waiting, histories, remove, waiting
from ops.jobs.run.job import Ended, Outcome, perform
from ops.jobs.run.systemd_unit import run_in_unit
from ops.policy import HostPolicy
from ops.policy.logs import change_log, logged
from ops.policy.model import Asset
from ops.restic.batches import Batch, Reach, based, batches, reach, tags
from ops.restic.messages import Snapshot, Summary
from ops.restic.repository import Repository
from ops.restic.sets import ASSET, complete, dated

PATIENCE = 60.0  # seconds for which the server may take to archive the segment that it ended
MOST = 256  # files of a batch
_HOUR = 3600.0
_LOOK_SECONDS = 0.1
_BASE = "back up now, which begins anew: seawall backup {}"


@dataclass(frozen=True)
class Shipped:
    """What was brought to the repository: the files by snapshot, and the snapshots that it lists now."""

    made: Sequence[tuple[Summary, Sequence[Waiting]]]
    listed: Sequence[Snapshot]


def look(name: str) -> str:
    """Return what waits in the spool of an asset, for a person; raise SeawallError."""
    own_policy.demand_server()
    _demand_logged(name, asset_named(own_policy.read(), name))
    files, strange = waiting(folders.spool(name))
    size = Size(sum(one.bytes for one in files))
    return "; ".join([f"{len(files)} files of the log of {name} wait, {size}", *strange])


def archive_log(name: str) -> Ended:
    """Archive the log of one asset of this machine, through its unit where a person starts it.

    The exit code is 0 when each commit up to now was read back, 1 when not. Raise UsageError for other assets.
    """
    own_policy.demand_server()
    policy = own_policy.read()
    asset = asset_named(policy, name)
    found = _demand_logged(name, asset)
    job = joined.log(name)
    if ended := run_in_unit(joined.service(job), job):
        return ended

    def work() -> Outcome:
        with turns.adding(asset.repository):
            return _work(policy, name, asset, *found)

    outcome = perform("log", job, name, policy.host, work, daily=True)
    return Ended.here(outcome, outcome.code)


def _demand_logged(name: str, asset: Asset) -> tuple[ChangeLog[Any], Any]:
    """Return how the log of an asset is archived, with the options of its source; raise UsageError where it is not."""
    spec = logged(asset)
    if spec is None:
        raise UsageError(f"{name} has no log to archive", "set `wal: true` in the options of its postgresql_cluster")
    return change_log(spec), spec.options


def _work(policy: HostPolicy, name: str, asset: Asset, log: ChangeLog[Any], options: Any) -> Outcome:
    """Four starts of restic: list the snapshots, store a batch, list the snapshots again, and its files."""
    started = clock.now()
    spool = folders.spool(name)
    mark, trouble = _marked(log, options, spool)
    waits, odd = waiting(spool)
    found = sorted_out(spool, waits)
    files, strange = found.log, [*odd, *found.strange]
    if mark and mark.segment not in {one.name for one in files}:
        trouble = [f"{mark.segment} was not archived: what has its name in {spool} is not of the log"]
        mark = None
    place = repositories.open_own(policy, asset.repository)
    clocks = place.reach()
    since = _since(place.repository.snapshots([f"{ASSET}={name}"]), name)
    remove(spool, again := stored_already(place.repository, since, spool, files))
    fresh = [one for one in files if one not in again]
    shipped = _ship(place.repository, policy.host, name, spool, fresh, mark, found.system)
    there, gap = _reached(shipped.listed, name)
    facts = _facts(started, asset, there, shipped, files)
    much = f"{Size(facts.bytes)} in {span(facts.seconds or 0)}, {Size(facts.added_bytes)} new"
    message = f"{facts.files} files of the log, {much}; read back"
    if gap:
        return Outcome(Verdict.FAIL, "; ".join([gap, message]), facts=facts)
    if trouble:
        return Outcome(Verdict.FAIL, "; ".join([*trouble, message]), facts=facts)
    if there:
        message = f"each commit before {facts.time} can be restored; {message}"
    if clocks:
        return Outcome(Verdict.UNKNOWN, f"{message}; {clocks}", facts, facts)
    return Outcome(Verdict.WARN if strange else Verdict.PASS, "; ".join([message, *strange]), facts, facts)


def _facts(
    started: datetime, asset: Asset, there: Reach | None, shipped: Shipped, files: Sequence[Waiting]
) -> LogFacts:
    return LogFacts(
        time=clock.iso(there.until) if there else "",
        set=there.base.which.id if there else "",
        repository=asset.repository,
        segment=there.newest.name(there.base.size) if there else "",
        snapshots=tuple(summary.snapshot for summary, _ in shipped.made),
        files=len(files),
        bytes=sum(one.bytes for one in files),
        added_bytes=sum(summary.added for summary, _ in shipped.made),
        seconds=round((clock.now() - started).total_seconds(), 1),
    )


def _marked(log: ChangeLog[Any], options: Any, spool: Path) -> tuple[Mark | None, list[str]]:
    """Have the server end its segment, and wait for it; return what is archived by that, and what is wrong."""
    try:
        mark = log.mark(options)
    except SeawallError as error:  # what waits is archived all the same
        return None, [": ".join(filter(None, [error.message, error.hint]))]
    deadline = time.monotonic() + PATIENCE
    while not (spool / mark.segment).exists():
        if time.monotonic() > deadline:
            return None, [_not_archived(mark, spool, log.limit(options))]
        time.sleep(_LOOK_SECONDS)
    return mark, []


def _not_archived(mark: Mark, spool: Path, limit: int) -> str:
    """Return why the server may not have archived a segment."""
    said = f"PostgreSQL did not archive {mark.segment} within {PATIENCE:.0f} s"
    with suppress(SeawallError, OSError):
        full = sum(one.bytes for one in waiting(spool)[0])
        if full + mark.size > limit:
            return f"{said}: the spool is full, with {Size(full)} of {Size(limit)}; it is emptied now"
    return f"{said}; its own log says why (archive_command)"


def _ship(
    repository: Repository,
    host: str,
    name: str,
    spool: Path,
    files: Sequence[Waiting],
    mark: Mark | None,
    system: int | None,
) -> Shipped:
    """Store all that waits, read it back, and remove it from the spool."""
    made: list[tuple[Summary, Sequence[Waiting]]] = []
    pieces = [files[begin : begin + MOST] for begin in range(0, len(files), MOST)]
    for number, piece in enumerate(pieces, 1):
        size = _segment_size(piece, mark)
        starts = {line: first_number(text, size) for line, text in histories(spool, piece)}
        until = mark.until if mark and number == len(pieces) else None
        known = {line: first for line, first in starts.items() if first is not None}
        marks = tags(name, [one.name for one in piece], size, until, known, system)
        paths = [str(spool / one.name) for one in piece]
        made.append((repository.backup_paths(paths, (), marks, host, timeout=_HOUR), piece))
    listed = repository.snapshots([f"{ASSET}={name}"])
    for summary, piece in made:
        _read_back(repository, listed, summary, spool, piece)
    remove(spool, files)
    return Shipped(made, listed)


def _segment_size(files: Sequence[Waiting], mark: Mark | None) -> int:
    """Return the size of the segments; raise Damaged where they are of several."""
    sizes = {one.bytes for one in files if is_segment(one.name)} | ({mark.size} if mark else set())
    if len(sizes) > 1:
        raise Damaged("the segments that wait are not all of one size", "find out which server they are of")
    return next(iter(sizes), 16 << 20)


def _read_back(
    repository: Repository, listed: Sequence[Snapshot], made: Summary, spool: Path, files: Sequence[Waiting]
) -> None:
    """Demand a batch in the repository again, with each file and its size; raise Damaged."""
    there = next((one for one in listed if one.id == made.snapshot), None)
    if there is None:
        raise Damaged(f"the batch {made.snapshot[:8]} is not in repository {repository.name}", "it is tried again")
    entries = {one.path: one.size for one in repository.listing(there.id, [str(spool)], timeout=_HOUR)}
    if entries != {str(spool / one.name): one.bytes for one in files}:
        raise Damaged(f"the batch {made.snapshot[:8]} in repository {repository.name} is not the one that was made")


def _since(listed: Sequence[Snapshot], name: str) -> Sequence[Batch]:
    """Return the batches with which recovery from the newest set gets as far as it does."""
    there, _ = _reached(listed, name)
    return there.batches if there else ()


def _reached(listed: Sequence[Snapshot], name: str) -> tuple[Reach | None, str]:
    """Return how far recovery gets from the newest set, and what is wrong with that."""
    found = batches(dated(listed, clock.now()), name)
    bases = [one for which in complete(listed, name, clock.now()).counting if (one := based(which, found))]
    if not bases:
        return None, f"there is no backup yet from which the log could go on; {_BASE.format(name)}"
    there = reach(bases[-1], found)
    if there.why:
        gap = f"of the log since the backup of {clock.iso(bases[-1].which.time)}, {there.why}"
        until = f"nothing after {clock.iso(there.until)} can be restored"
        return there, f"{gap}: {until}; {_BASE.format(name)}"
    return there, ""
