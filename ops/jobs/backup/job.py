"""Back up an asset: capture its sources as one set with a manifest, and read the set back before it counts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from shutil import rmtree

from ops import __version__
from ops.core import clock
from ops.core.errors import Damaged
from ops.core.files import demand_room, write_atomically
from ops.core.names import Digest
from ops.core.quantity import Size, span
from ops.core.verdict import Verdict
from ops.evidence.ledger import Head
from ops.interfaces import joined
from ops.interfaces.manifest import FILE, Anchor, Manifest, read
from ops.interfaces.outcome import BackupFacts, MissingPart, PartAmount
from ops.interfaces.source import Amount
from ops.jobs.backup import card
from ops.jobs.backup.capture import Act, Captured, Part, captured
from ops.jobs.host import (
    apart,
    cards,
    folders,
    key_ids,
    needs,
    own_policy,
    own_spares,
    repositories,
    state_files,
    turns,
)
from ops.jobs.host.assets import asset_named
from ops.jobs.run.handover import offered, taken_over
from ops.jobs.run.job import Ended, Outcome, actor, perform
from ops.jobs.run.override import LOSS, Override
from ops.jobs.run.systemd_unit import run_in_unit
from ops.policy import HostPolicy
from ops.policy.model import Asset
from ops.restic import versions
from ops.restic.messages import Summary
from ops.restic.repository import Repository
from ops.restic.sets import ASSET, DOUBTFUL, MANIFEST, complete, tags

_LEAST_CACHE = 64 << 20


def back_up(name: str, accept_loss: str) -> Ended:
    """Back up one asset of this machine, through its unit where a person starts it.

    accept_loss: why a loss since the last set is accepted; empty when none is. The exit code is 0 when the set was
    read back, 1 when not.
    """
    own_policy.demand_server()
    job = joined.backup(name)
    wish = Override(LOSS, accept_loss, actor()) if accept_loss else None
    with offered(job, wish):
        if ended := run_in_unit(joined.service(job), job):
            return ended
    wish = taken_over(job, Override) or wish
    policy = own_policy.read()
    asset = asset_named(policy, name)
    outcome = perform("backup", job, name, policy.host, lambda: _wished(policy, name, asset, wish))
    return Ended.here(outcome, outcome.code)


def _wished(policy: HostPolicy, name: str, asset: Asset, wish: Override | None) -> Outcome:
    """Record that a loss is accepted before anything is taken; then take it."""
    if wish:
        wish.record(policy.host, name)
    with turns.adding(asset.repository):
        return work(policy, name, asset, wish.reason if wish else "")


def work(policy: HostPolicy, name: str, asset: Asset, accepted: str) -> Outcome:
    """Take an asset into its repository and read the set back; accepted: why a loss is, empty: none is."""
    started = clock.now()
    place = repositories.open_own(policy, asset.repository)
    restic = versions.demand()
    clocks = _preflight(place)
    apart.demand(policy, asset, asset.repository)
    act = Act(place.repository, policy.host, name, str(uuid.uuid4()), _amounts(_last_good(name)), accepted, place.reach)
    place.forget_locks()
    made = captured(act, asset)
    manifest = _manifest(act, asset, started, restic, made)
    stored = _store(act, manifest, made.parts)
    summaries = {**{label: part.summary for label, part in made.parts.items()}, MANIFEST: stored}
    remark = _read_back(place.repository, name, act.identity, summaries)
    own_spares.keep(place)
    unsent = cards.of_set(place, needs.measured(policy, place, card.of_backup(asset, manifest, summaries)))
    remark = "; ".join(filter(None, [remark, unsent]))
    return _outcome(started, asset.repository, act.identity, manifest, made, clocks, remark, accepted)


def _last_good(name: str) -> BackupFacts:
    """Return what is remembered of the last good set."""
    last = state_files.read_act(joined.backup(name))
    good = last.last_good if last else None
    return good if isinstance(good, BackupFacts) else BackupFacts()


def _amounts(good: BackupFacts) -> Mapping[str, Amount]:
    """Return how much each part was when it was there last."""
    missing = {label: part.last for label, part in (good.missing or {}).items()}
    return {label: Amount(part.files, part.bytes) for label, part in {**missing, **good.parts}.items()}


def _missing(good: BackupFacts, reasons: Mapping[str, str]) -> dict[str, MissingPart] | None:
    """Return the parts that a set does not have, each with what is remembered of it."""
    told = {}
    for label, reason in reasons.items():
        if label in good.parts:
            told[label] = MissingPart(reason=reason, since=good.time, last=good.parts[label])
        else:
            told[label] = replace((good.missing or {}).get(label, MissingPart()), reason=reason)
    return told or None


def _preflight(place: repositories.OpenRepository) -> str:
    """Look at what would make the backup fail late: the way, the room for the cache; return what is wrong of clocks."""
    demand_room(folders.cache(), _LEAST_CACHE, "restic's cache")
    return place.reach()


def _manifest(act: Act, asset: Asset, started: datetime, restic: str, made: Captured) -> Manifest:
    return Manifest(
        set=act.identity,
        asset=act.asset,
        host=act.host,
        taken=clock.iso(started),
        seawall=__version__,
        restic=restic,
        parts={label: part.told for label, part in made.parts.items()},
        ledger=_anchor(),
        keys=key_ids.all_known([asset.repository, *(copy.to for copy in asset.copies.values())]),
        missing=made.missing,
        left_out=made.left_out,
    )


def _anchor() -> Anchor | None:
    """Return where this machine's ledger ends now, so that every repository keeps heads that nobody here can change."""
    head = Head.of(folders.state() / "ledger")
    return Anchor(head.n, Digest(head.sha256)) if head else None


def _store(act: Act, manifest: Manifest, parts: Mapping[str, Part]) -> Summary:
    """Store the manifest and the small texts beside it, from a folder in memory.

    Raise Damaged for a manifest that whoever restores would refuse: data that nobody can restore are no backup.
    """
    text = manifest.text()
    read(text.encode(), f"{FILE} of the new set")
    folder = folders.scratch() / joined.manifest_folder(act.asset)
    rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        write_atomically(folder / FILE, text)
        for label, part in parts.items():
            for filename, content in part.companions.items():
                write_atomically(folder / joined.companion(label, filename), content)
        marks = tags(act.asset, act.identity, MANIFEST, parts)
        return act.repository.backup_paths([str(folder)], (), marks, act.host, timeout=3600)
    finally:
        rmtree(folder)


def _read_back(repository: Repository, asset: str, identity: str, made: Mapping[str, Summary]) -> str:
    """Find the set in the repository again, whole, each snapshot with what it was made of; raise Damaged.

    Return what else of the asset lies there that is to be said.
    """
    found = complete(repository.snapshots([f"{ASSET}={asset}"]), asset, clock.now())
    if any(one.id == identity for one in found.ahead):
        raise Damaged(f"this machine's clock was set back while set {identity} was made", "back up again")
    if doubt := next((one.doubt for one in found.doubtful if one.id == identity), ""):
        raise Damaged(f"set {identity} in repository {repository.name} is in doubt: {doubt}", DOUBTFUL)
    which = next((one for one in found.counting if one.id == identity), None)
    if which is None:
        raise Damaged(
            f"the set {identity} is not in repository {repository.name}", "check its host, then back up again"
        )
    for part, summary in made.items():
        there = which.parts[part]
        if (there.files, there.bytes) != (summary.files, summary.bytes):
            raise Damaged(f"the snapshot of {part} in repository {repository.name} is not the one that was made")
    return found.remark


def _outcome(
    started: datetime,
    repository: str,
    identity: str,
    manifest: Manifest,
    made: Captured,
    clocks: str,
    remark: str,
    accepted: str,
) -> Outcome:
    parts = made.parts
    total, added = (sum(getattr(part.summary, what) for part in parts.values()) for what in ("bytes", "added"))
    rows = sum(part.told.facts.row_count for part in parts.values())
    files = sum(part.told.facts.file_count for part in parts.values())
    seconds = round((clock.now() - started).total_seconds(), 1)
    counted = ", ".join([f"{rows:,} rows"] * bool(rows) + [f"{files:,} files"] * bool(files))
    message = (
        f"{counted or 'data'}, {Size(total)} in {span(seconds)}, {Size(added)} new; read back as set {identity[:8]}"
    )
    facts = BackupFacts(
        time=clock.iso(started),
        set=identity,
        repository=repository,
        bytes=total,
        added_bytes=added,
        seconds=seconds,
        rows=rows,
        files=files,
        manifest_sha256=sha256(manifest.text().encode()).hexdigest(),
        snapshots={label: part.summary.snapshot for label, part in parts.items()},
        accepted_loss=accepted or None,
        parts={label: PartAmount(files=part.summary.files, bytes=part.summary.bytes) for label, part in parts.items()},
        missing=_missing(_last_good(manifest.asset), made.missing),
    )
    warnings = _warnings(made, remark)
    message = "; ".join([message, *warnings])
    if clocks:
        return Outcome(Verdict.UNKNOWN, f"{message}; {clocks}, so the time of this set is uncertain", facts, facts)
    return Outcome(Verdict.WARN if warnings else Verdict.PASS, message, facts, facts)


def _warnings(made: Captured, remark: str) -> list[str]:
    """Return what is to be said of a set that counts, though not all is as it should be."""
    return [
        *(f"{label} is missing: {reason}" for label, reason in made.missing.items()),
        *made.left_out,
        *(f"{label}: {words}" for label, part in made.parts.items() for words in part.told.facts.warnings),
        *filter(None, [remark]),
    ]
