"""Back up an asset: take its sources in one set with a manifest, and read the set back before it counts."""

from __future__ import annotations

import json
import os
import uuid
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any

from ops import __version__
from ops.core import clock, kinds
from ops.core.errors import Damaged, Unavailable, UsageError
from ops.core.files import write_atomically
from ops.core.quantity import Size
from ops.core.verdict import Verdict
from ops.jobs import places, settings
from ops.jobs.act import Outcome, perform
from ops.jobs.progress import Progress
from ops.jobs.unit import delegated
from ops.policy import HostPolicy
from ops.policy.model import Asset
from ops.restic import versions
from ops.restic.messages import Summary
from ops.restic.repository import Repository
from ops.restic.sets import MANIFEST, SET, Set, sets, tags
from ops.sources import Capture, Paths, Scene, Stored

_DAY = 86_400.0
_LEAST_CACHE = 64 << 20
MANIFEST_VERSION = 1


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall backup`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = "examples:\n  seawall backup his          now, as its timer would at night\n"
    parser.add_argument("asset", help="the asset's name in the policy")


def execute(options: Namespace) -> int:
    """Back up one asset of this machine; 0 when the set was read back, 1 when not."""
    name = f"backup-{options.asset}"
    if (code := delegated(f"seawall-{name}.service", name, as_json=options.json)) is not None:
        return code
    policy = settings.policy()
    asset = chosen(policy, options.asset)
    outcome = perform("backup", name, options.asset, policy.host, lambda: _work(policy, options.asset, asset))
    print(json.dumps(dict(outcome.facts)) if options.json else f"{outcome.verdict.value}: {outcome.message}")
    return 0 if outcome.good else 1


def chosen(policy: HostPolicy, name: str) -> Asset:
    """Return this machine's asset of a name; raise UsageError when it has none."""
    if name not in policy.assets:
        near = kinds.nearest(name, list(policy.assets))
        raise UsageError(
            f"{policy.host} has no asset {name!r}{near}", f"its assets: {', '.join(policy.assets) or 'none'}"
        )
    return policy.assets[name]


@dataclass(frozen=True)
class _Part:
    """One source, taken: what the repository says, the facts, and the texts to keep beside the manifest."""

    summary: Summary
    facts: Mapping[str, Any]
    companions: Mapping[str, str]


def _work(policy: HostPolicy, name: str, asset: Asset) -> Outcome:
    started = clock.now()
    place = places.own(policy, asset.repository)
    ahead = _preflight(place)
    identity = str(uuid.uuid4())
    parts = {label: _take(place.repository, policy, name, identity, label, asset) for label in asset.sources}
    manifest = _manifest(policy, name, identity, started, parts)
    stored = _store(place.repository, policy.host, name, identity, manifest, parts)
    _read_back(place.repository, identity, {**{label: part.summary for label, part in parts.items()}, MANIFEST: stored})
    return _outcome(started, identity, manifest, parts, ahead)


def _preflight(place: places.Place) -> float | None:
    """Look at what would make the backup fail late: restic's version, the way, the room for the cache."""
    versions.demand()
    folder = settings.cache()
    seen = os.statvfs(folder if folder.exists() else folder.parent)
    if seen.f_bavail * seen.f_frsize < _LEAST_CACHE:
        raise Unavailable(f"less than {Size(_LEAST_CACHE)} free at {folder}", "make room; restic's cache lies there")
    return place.reach().clock_ahead


def _take(repository: Repository, policy: HostPolicy, name: str, identity: str, label: str, asset: Asset) -> _Part:
    """Take one source: the facts are gathered while the data flow."""
    spec = asset.sources[label]
    source = kinds.load("ops.sources", spec.kind)
    marks = tags(name, identity, label)
    print(f"{name}: taking {label} ({spec.kind})", flush=True)
    scene = Scene(settings.cache() / f"scratch/{name}-{label}")
    with source.capture(spec.options, scene) as capture, ThreadPoolExecutor(1) as beside:
        facts = beside.submit(capture.facts)
        summary = _send(repository, capture, marks, policy.host, Progress(f"{name}: {label}"))
        companions = capture.companions()
        stored = Stored(summary.files, summary.bytes, _entries(repository, summary.snapshot, capture))
        told = {"kind": spec.kind, **facts.result(), **capture.finish(stored)}
    return _Part(summary, told, companions)


def _send(repository: Repository, capture: Capture, marks: list[str], host: str, progress: Progress) -> Summary:
    material = capture.material()
    if isinstance(material, Paths):
        return repository.backup_paths(material.paths, material.exclude, marks, host, timeout=_DAY, progress=progress)
    return repository.backup_stream(material.argv, material.filename, marks, host, timeout=_DAY, progress=progress)


def _entries(repository: Repository, snapshot: str, capture: Capture) -> dict[str, tuple[int, int]]:
    """Return the size and time of change of the files that the capture wants to see again in the snapshot."""
    wanted = capture.wanted()
    if not wanted:
        return {}
    folders = sorted({str(Path(path).parent) for path in wanted})
    return {
        str(entry["path"]): (int(entry.get("size", 0)), _micro(clock.parse(str(entry["mtime"]))))
        for entry in repository.listing(snapshot, folders, timeout=_DAY)
        if entry.get("type") == "file" and "mtime" in entry and entry["path"] in wanted
    }


def _micro(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _manifest(
    policy: HostPolicy, name: str, identity: str, started: datetime, parts: Mapping[str, _Part]
) -> dict[str, Any]:
    return {
        "version": MANIFEST_VERSION,
        "set": identity,
        "asset": name,
        "host": policy.host,
        "taken": clock.iso(started),
        "seawall": __version__,
        "restic": ".".join(str(number) for number in versions.version()),
        "parts": {label: dict(part.facts) for label, part in parts.items()},
    }


def _store(
    repository: Repository, host: str, name: str, identity: str, manifest: Mapping[str, Any], parts: Mapping[str, _Part]
) -> Summary:
    """Store the manifest and the small texts beside it, from a folder in memory."""
    folder = settings.scratch() / f"manifest-{name}"
    rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        write_atomically(folder / "manifest.json", text(manifest))
        for label, part in parts.items():
            for filename, content in part.companions.items():
                write_atomically(folder / f"{label}-{filename}", content)
        return repository.backup_paths([str(folder)], (), tags(name, identity, MANIFEST, parts), host, timeout=3600)
    finally:
        rmtree(folder)


def text(manifest: Mapping[str, Any]) -> str:
    """Return a manifest as it is stored."""
    return json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _read_back(repository: Repository, identity: str, made: Mapping[str, Summary]) -> Set:
    """Find the set in the repository again, whole, each snapshot with what it was made of; raise Damaged."""
    found = sets(repository.snapshots([f"{SET}={identity}"]))
    if len(found) != 1 or not found[0].complete:
        raise Damaged(f"the set {identity} is not in repository {repository.name}", "look at its host; back up again")
    for part, summary in made.items():
        there = found[0].parts[part]
        if (there.files, there.bytes) != (summary.files, summary.bytes):
            raise Damaged(f"the snapshot of {part} in repository {repository.name} is not the one that was made")
    return found[0]


def _outcome(
    started: datetime,
    identity: str,
    manifest: Mapping[str, Any],
    parts: Mapping[str, _Part],
    ahead: float | None,
) -> Outcome:
    total = sum(part.summary.bytes for part in parts.values())
    added = sum(part.summary.added for part in parts.values())
    rows = sum(sum(part.facts.get("rows", {}).values()) for part in parts.values())
    files = sum(int(part.facts.get("files", 0)) for part in parts.values())
    seconds = round((clock.now() - started).total_seconds(), 1)
    counted = ", ".join([f"{rows:,} rows"] * bool(rows) + [f"{files:,} files"] * bool(files))
    message = f"{counted or 'data'}, {Size(total)} in {seconds} s, {Size(added)} new; read back as set {identity[:8]}"
    facts = {
        "time": clock.iso(started),
        "set": identity,
        "bytes": total,
        "added_bytes": added,
        "seconds": seconds,
        "rows": rows,
        "files": files,
        "manifest_sha256": sha256(text(manifest).encode()).hexdigest(),
        "snapshots": {label: part.summary.snapshot for label, part in parts.items()},
    }
    if ahead is not None and abs(ahead) > places.CLOCK_TOLERANCE:
        message += f"; the backup host's clock differs by {ahead:.0f} s, so the time of this set is not certain"
        return Outcome(Verdict.UNKNOWN, message, facts, facts)
    return Outcome(Verdict.PASS, message, facts, facts)
