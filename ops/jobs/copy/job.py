"""Copy an asset's newest good set to another repository, and read back there what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged, SeawallError, UsageError
from ops.core.names import Digest, HostName, Name, SetId
from ops.core.quantity import Size
from ops.core.verdict import Verdict, worst
from ops.interfaces import joined
from ops.interfaces.card import SetCard
from ops.interfaces.manifest import FILE, read
from ops.interfaces.outcome import CopyFacts
from ops.jobs.copy import unread
from ops.jobs.host import apart, cards, needs, own_policy, own_spares, repositories, turns
from ops.jobs.host.assets import asset_named
from ops.jobs.run.job import Ended, Outcome, perform
from ops.jobs.run.systemd_unit import run_in_unit
from ops.policy import HostPolicy, access
from ops.policy.logs import logged
from ops.policy.model import Asset
from ops.restic.batches import Batch, base, based, batches, reach
from ops.restic.messages import Snapshot
from ops.restic.sets import ASSET, DOUBTFUL, MANIFEST, SET, Set, complete, dated, sets

_DAY = 86_400.0


def copies(name: str, to: str | None) -> Iterator[Ended]:
    """Make the copies of one asset of this machine, or only the one to a repository; yield how each ended.

    The exit code of each is 0 when the copy was read back, 1 when not. Raise UsageError when there is none to make.
    """
    policy = own_policy.read()
    asset = asset_named(policy, name)
    names = [short for short, copy in asset.copies.items() if to in (None, copy.to)]
    if not names:
        known = ", ".join(copy.to for copy in asset.copies.values()) or "none"
        raise UsageError(f"{name} is not copied to {to or 'anywhere'}", f"its copies go to: {known}")
    for short in names:
        yield _one(policy, name, asset, short)


def _one(policy: HostPolicy, name: str, asset: Asset, copy: str) -> Ended:
    act = joined.copy(name, copy)
    if ended := run_in_unit(joined.service(act), act):
        return ended
    to = asset.copies[copy].to
    carried = access.target(policy.repositories[to].kind).carried

    def work() -> Outcome:
        with turns.adding(asset.repository, to):
            outcome = _work(policy, name, asset, act, to)
        own_spares.keep(repositories.open_own(policy, to))
        return _collected(outcome, to) if carried else outcome

    outcome = perform("collecting" if carried else "copy", act, name, policy.host, work)
    done = carried and isinstance(outcome.facts, CopyFacts) and outcome.verdict is Verdict.WARN
    return Ended.here(outcome, 0 if done else outcome.code)


def _collected(outcome: Outcome, to: str) -> Outcome:
    """Return the end of a copy that a person has to carry on: nothing is good before that."""
    message = f"{outcome.message}; it counts once it was carried on: seawall disc make {to}"
    return replace(outcome, verdict=worst([Verdict.WARN, outcome.verdict]), message=message, good=None)


def _work(policy: HostPolicy, name: str, asset: Asset, act: str, to: str) -> Outcome:
    """Four starts of restic: list here, copy, list there, read the manifest there; a fifth one where sets leave."""
    source, target = repositories.open_own(policy, asset.repository), repositories.open_own(policy, to)
    wrong = [clocks for place in (source, target) if (clocks := place.reach())]
    apart.demand(policy, asset, to)
    with unread.turn(act, target):
        started = clock.now()
        source, (newest, remark, log) = repositories.even_if_full(
            source, lambda read: _newest(read, name, asset.repository, logged=logged(asset) is not None)
        )
        announce(f"{name}: copying set {newest.id[:8]} of {clock.iso(newest.time)} to {to}")
        source.forget_locks()
        ids = [snapshot.id for snapshot in (*newest.parts.values(), *(batch.snapshot for batch in log))]
        target.repository.copy_from(source.repository, ids, timeout=_DAY)
    try:
        there, copied = _read_back(target, newest)
        until = _read_back_log(target, name, newest, log)
    except SeawallError:
        unread.read(act, target)  # raises what is wrong with a pack, where that is why
        raise
    packs, size = unread.read(act, target)
    seconds = round((clock.now() - started).total_seconds(), 1)
    facts = CopyFacts(
        time=clock.iso(until or newest.time),
        copied=clock.iso(clock.now()),
        set=newest.id,
        repository=to,
        packs_read=packs,
        bytes_read=size,
        seconds=seconds,
        manifest_sha256=there,
    )
    unsent = cards.of_set(target, needs.measured(policy, target, _card(policy, newest, copied, size, there)))
    remark = "; ".join(filter(None, [remark, unsent]))
    said = f"set {newest.id[:8]} of {clock.iso(newest.time)} is in {to}"
    if until:
        said += f", with its log up to {clock.iso(until)}"
    message = "; ".join([f"{said}; {packs} new packs, {Size(size)} read back", *filter(None, [remark, *wrong])])
    verdict = Verdict.UNKNOWN if wrong else Verdict.WARN if remark else Verdict.PASS
    return Outcome(verdict, message, facts, facts)


def _newest(
    source: repositories.OpenRepository, name: str, repository: str, *, logged: bool
) -> tuple[Set, str, Sequence[Batch]]:
    """Return the newest set that counts, what is to be said of those that do not, and the archived log since then."""
    listed = source.repository.snapshots([f"{ASSET}={name}"])
    found = complete(listed, name, clock.now())
    if not found.counting:
        others = f"; {found.remark}" if found.remark else ""
        raise Damaged(f"repository {repository} has no complete set of {name}{others}", f"seawall backup {name}")
    newest = found.counting[-1]
    return newest, found.remark, _since(newest, listed, name) if logged else ()


def _since(newest: Set, listed: Sequence[Snapshot], name: str) -> Sequence[Batch]:
    """Return the batches that follow a set, as far as nothing is missing."""
    known = batches(dated(listed, clock.now()), name)
    start = based(newest, known)
    return reach(start, known).batches if start else ()


def _read_back_log(
    target: repositories.OpenRepository, name: str, newest: Set, log: Sequence[Batch]
) -> datetime | None:
    """Demand the batches in the target, each with its files; return up to when it can be restored there."""
    if not log:
        return None
    there = batches(dated(target.repository.snapshots([f"{ASSET}={name}"]), clock.now()), name)
    known = {(*sorted(batch.names), batch.until, batch.snapshot.files, batch.snapshot.bytes) for batch in there}
    for batch in log:
        if (*sorted(batch.names), batch.until, batch.snapshot.files, batch.snapshot.bytes) not in known:
            raise Damaged(f"a batch of the log of {name} is not in {target.repository.name} as it was", "copy again")
    start = base(newest, log[-1].size)
    return reach(start, log).until if start else None


def _card(policy: HostPolicy, newest: Set, copied: Set, added: int, manifest: str) -> SetCard:
    """Return the card of a set as it lies in the target, by the snapshots that it has there."""
    data = [one for part, one in copied.parts.items() if part != MANIFEST]
    return SetCard(
        client=HostName(policy.host),
        asset=Name(newest.asset),
        set=SetId(newest.id),
        captured=clock.iso(newest.time),
        finished=clock.iso(clock.now()),
        manifest=Digest(manifest),
        snapshots=tuple(sorted(Digest(one.id) for one in copied.parts.values())),
        bytes=sum(one.bytes for one in data),
        files=sum(one.files for one in data),
        added=added,
    )


def _read_back(target: repositories.OpenRepository, wanted: Set) -> tuple[str, Set]:
    """Demand the whole set in the target, its manifest readable and about this set.

    Return the manifest's digest, and the set as it lies there.
    """
    found = sets(dated(target.repository.snapshots([f"{SET}={wanted.id}"]), clock.now()), wanted.asset)
    if found and found[0].doubt:
        raise Damaged(f"set {wanted.id} in {target.repository.name} is in doubt: {found[0].doubt}", DOUBTFUL)
    if not found or not found[0].complete or set(found[0].parts) != set(wanted.parts):
        raise Damaged(f"the copy of set {wanted.id} in {target.repository.name} is incomplete", "copy again")
    for part, snapshot in found[0].parts.items():
        if (snapshot.files, snapshot.bytes) != (wanted.parts[part].files, wanted.parts[part].bytes):
            raise Damaged(f"the copy of {part} in {target.repository.name} differs from the original", "copy again")
    manifest = found[0].parts[MANIFEST]
    content = target.repository.read(manifest.id, f"{manifest.paths[0]}/{FILE}")
    if read(content, f"{FILE} of set {wanted.id} in {target.repository.name}").set != wanted.id:
        raise Damaged(f"the manifest in {target.repository.name} belongs to another set", "find out who writes there")
    return sha256(content).hexdigest(), found[0]
