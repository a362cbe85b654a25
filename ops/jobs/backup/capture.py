"""Taking the sources of an asset, one after the other: each becomes one snapshot of the set, or several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

from ops.core import kinds
from ops.core.announce import announce
from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.names import FileName
from ops.interfaces import joined
from ops.interfaces.manifest import Material, PartFacts
from ops.interfaces.source import Amount, Capture, CaptureContext, FollowUp, Paths, Source, Stored, Streamed
from ops.jobs.run.leftovers import capture_scratch
from ops.jobs.run.progress import Progress
from ops.policy.model import Asset
from ops.restic.failures import NoRepository, WrongPassword
from ops.restic.messages import Summary
from ops.restic.repository import Repository
from ops.restic.sets import tags

LOG = ".log"  # what completes a part is named after it
_DAY = 86_400.0


@dataclass(frozen=True)
class Act:
    """A backup that is being made.

    identity: of its set. before: what is remembered of the last good set, by part. accepted: why a loss is accepted.
    reach: raises SeawallError when the repository cannot be reached.
    """

    repository: Repository
    host: str
    asset: str
    identity: str
    before: Mapping[str, Amount]
    accepted: str
    reach: Callable[[], object]


@dataclass(frozen=True)
class Part:
    """One snapshot, taken: what the repository says of it, what the manifest does, and the texts beside that."""

    summary: Summary
    told: PartFacts
    companions: Mapping[str, str]


@dataclass(frozen=True)
class Captured:
    """What was captured of an asset, by label.

    missing: why a part could not be captured. left_out: sentences on what looked like a part and is none.
    """

    parts: Mapping[str, Part]
    missing: Mapping[str, str]
    left_out: Sequence[str]


def captured(act: Act, asset: Asset) -> Captured:
    """Capture all sources in a fixed order, databases before the files they point to.

    Raise SeawallError when a source fails; of one that stands for several, when all of them do.
    """
    found: dict[str, Part] = {}
    missing: dict[str, str] = {}
    left_out: list[str] = []
    for kind, several, sentences in list(_sources(asset)):
        left_out += sentences
        made, failed = _each(act, kind, several)
        found |= made
        missing |= failed
    return Captured(found, missing, left_out)


def parts(asset: Asset) -> Iterator[tuple[str, str, Any]]:
    """Yield label, kind and options of each part; a source that stands for several is asked which they are."""
    for kind, several, _ in _sources(asset):
        for label, options in several.items():
            yield label, kind, options


def _sources(asset: Asset) -> Iterator[tuple[str, Mapping[str, Any], Sequence[str]]]:
    """Yield each source in the order of capture: its kind, the options of its parts, what it leaves out."""
    found = {label: kinds.load("ops.sources", spec.kind) for label, spec in asset.sources.items()}
    for label in sorted(found, key=lambda label: (found[label].order, label)):
        spec, source = asset.sources[label], found[label]
        several = source.parts(spec.options) if source.parts else {"": spec.options}
        left_out = source.left_out(spec.options) if source.parts else ()
        if not several:
            raise Unavailable(f"{label} matches nothing: there is no database on the server", "; ".join(left_out))
        yield spec.kind, {joined.part(label, short): each for short, each in several.items()}, left_out


def _each(act: Act, kind: str, several: Mapping[str, Any]) -> tuple[dict[str, Part], dict[str, str]]:
    """Capture the parts of a source; return those that are there, and why the others are not.

    One that fails keeps none of the others from being captured; where it is all there is, it is the act that fails.
    """
    found: dict[str, Part] = {}
    failed: dict[str, SeawallError] = {}
    for label, options in several.items():
        try:
            found |= _take(act, label, kind, options)
        except (NoRepository, WrongPassword):
            raise  # no fault of this part
        except SeawallError as error:
            failed[label] = error
            if len(failed) == len(several):
                raise next(iter(failed.values())) from error
            announce(f"{act.asset}: {label} could not be captured and will be missing: {_reason(error)}")
            act.reach()
    return found, {label: _reason(error) for label, error in failed.items()}


def _reason(error: SeawallError) -> str:
    return "; ".join(line.strip() for line in str(error).splitlines())


def _take(act: Act, label: str, kind: str, options: Any) -> dict[str, Part]:
    """Take one part, and what completes it: the facts are gathered while the data flow."""
    source: Source[Any, Any] = kinds.load("ops.sources", kind)
    announce(f"{act.asset}: capturing {label} ({kind})")
    with (
        _scene(act, label) as scene,
        source.capture(options, scene) as capture,
        ThreadPoolExecutor(1) as beside,
    ):
        facts = beside.submit(capture.facts)
        material = capture.material()
        try:
            summary = _send(act, material, label)
        finally:
            scene.over.set()
        completing = _completing(act, label, kind, capture.follow_up())
        companions = capture.companions()
        stored = Stored(summary.files, summary.bytes, _entries(act.repository, summary.snapshot, capture))
        told = PartFacts(
            kind, source, capture.finish(facts.result(), stored), _place(material), vanished=summary.vanished
        )
    return {label: Part(summary, told, companions), **completing}


def _completing(act: Act, label: str, kind: str, further: FollowUp | None) -> dict[str, Part]:
    """Take what must be taken after a part for it to be whole; raise Damaged unless that is all there."""
    if further is None:
        return {}
    name = f"{label}{LOG}"
    summary = _send(act, further.material, name)
    if (summary.files, summary.bytes) != (further.files, further.bytes):
        raise Damaged(f"{name}: {summary.files} of {further.files} files, {summary.bytes} of {further.bytes} bytes")
    source: Source[Any, Any] = kinds.load("ops.sources", kind)
    return {name: Part(summary, PartFacts(kind, source, further.facts, _place(further.material), label), {})}


@contextmanager
def _scene(act: Act, label: str) -> Iterator[CaptureContext]:
    """Name a private folder; what an interrupted run left in it goes before, what this one makes goes after."""
    scratch = capture_scratch() / joined.capture_folder(act.asset, label)
    scratch.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    rmtree(scratch, ignore_errors=True)
    try:
        yield CaptureContext(scratch, act.before.get(label, Amount()), act.accepted)
    finally:
        rmtree(scratch, ignore_errors=True)


def _send(act: Act, material: Streamed | Paths, label: str) -> Summary:
    marks, progress = tags(act.asset, act.identity, label), Progress(f"{act.asset}: {label}")
    if isinstance(material, Paths):
        return act.repository.backup_paths(
            material.paths,
            material.exclude,
            marks,
            act.host,
            timeout=_DAY,
            one_file_system=material.one_file_system,
            progress=progress.tell,
        )
    return act.repository.backup_stream(
        material.argv, material.filename, marks, act.host, timeout=_DAY, progress=progress.tell
    )


def _place(material: Streamed | Paths) -> Material:
    """Return where the material lies in its snapshot: one file that was a stream, or folders below a root."""
    return Material(material.root) if isinstance(material, Paths) else Material(stream=FileName(material.filename))


def _entries(repository: Repository, snapshot: str, capture: Capture[Any]) -> dict[str, tuple[int, int]]:
    """Return the size and time of change of the files that the capture wants to see again in the snapshot."""
    wanted = capture.wanted()
    if not wanted:
        return {}
    folders = sorted({str(Path(path).parent) for path in wanted})
    return {
        entry.path: (entry.size, entry.changed)
        for entry in repository.listing(snapshot, folders, timeout=_DAY)
        if entry.kind == "file" and entry.path in wanted
    }
