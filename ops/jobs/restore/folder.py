"""Bringing a part to a folder; one that an interrupted restore of the same set left is completed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.document import Limits, parse, read_file
from ops.core.errors import Damaged, UsageError
from ops.core.files import demand_room, forget_unfinished, sync_file_system, write_json
from ops.core.own_folder import NO_LINKS, demand_own, demand_same, held
from ops.core.restored import put, status
from ops.core.verdict import Finding, Verdict
from ops.jobs.restore import material
from ops.jobs.restore.act import Act, Done, Findings, Source, wrong
from ops.jobs.restore.plan import Step
from ops.jobs.run.progress import Progress

MARK = ".seawall-restore.json"
MARK_LIMITS = Limits(bytes=1 << 14, depth=2, entries=20, text=1 << 10)


def into_folder(act: Act, step: Step, folder: Path) -> Done:
    """Bring the material and its companions to a folder, and compare them; what differs stays there all the same."""
    source = act.source
    begun = begin(source, step, folder)
    brought = bring(source, step, folder, act.only)
    with held(folder) as handle:  # whoever owns the folder above can put a link in its place at any time
        demand_own(handle, folder)
        here = Path(f"/proc/{os.getpid()}/fd/{handle}")
        for name, path in material.companions(source.manifest, step.label).items():
            with path.open("rb") as text:
                put(folder, name, text)
        write_json(here / "manifest.json", step.told.written())
        found = [brought, *step.told.check(folder, act.only)]
        if step.completed_by and not act.only:
            found += _completed(source, step, step.completed_by, folder, here)
        sync_file_system(here)
        write_json(here / MARK, {**_mark(source, step), "finished": clock.iso(clock.now())})
    demand_same(folder, begun)
    sentence = "; ".join(filter(None, [f"{step.label} is in {folder}", step.told.facts.restore_hint]))
    differences = wrong(found)
    if differences and not act.acceptance.given(step.label, differences):
        return Done(found, f"{sentence}; it does not match its manifest, but can be used as it is")
    return Done(found, sentence, accepted=bool(differences))


def _completed(source: Source, step: Step, over: Step, folder: Path, here: Path) -> Findings:
    """Bring the part that completes another one over it, and make both one whole; here: the folder's descriptor."""
    bring(source, over, folder, ())
    found = over.told.check(folder)
    if step.source.completion:
        texts = material.companions(source.manifest, step.label)
        step.source.completion.complete(here, step.told.facts, texts)
    return found


def begin(source: Source, step: Step, folder: Path, *, staging: bool = False) -> os.stat_result:
    """Make the folder, or find it as this restore left it; return which one it is.

    Raise UsageError when it holds anything else. staging: whether it must be this account's own.
    """
    if folder.is_symlink():
        raise UsageError(f"{folder} is a link", NO_LINKS)
    if staging and folder.exists():
        with held(folder) as handle:
            demand_own(handle, folder)
    forget_unfinished(folder / MARK)  # of a restore that was killed before it had one
    if folder.exists() and any(folder.iterdir()):
        if not _begun(source, folder):
            raise UsageError(f"{folder} is not empty", "restore into another folder, or empty this one")
        announce(f"{step.label}: continuing the restore that was begun in {folder}")
    demand_room(folder, step.bytes - _there(folder), f"restoring {step.label}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with held(folder) as handle:
        if staging:
            demand_own(handle, folder)
        if os.fstat(handle).st_uid != os.geteuid():
            os.fchown(handle, os.geteuid(), -1)  # else its owner can put links into it meanwhile
        os.fchmod(handle, 0o700)
        write_json(Path(f"/proc/self/fd/{handle}", MARK), _mark(source, step))
        return os.fstat(handle)


def _begun(source: Source, folder: Path) -> bool:
    """Whether a restore of the same set was begun there; what it restored may stand in the place of its mark."""
    try:
        told = parse(read_file(folder / MARK, MARK_LIMITS.bytes, MARK), MARK_LIMITS, MARK)
    except Damaged:
        return False
    return isinstance(told, Mapping) and told.get("set") == source.which.id


def _there(folder: Path) -> int:
    """Return about how many bytes an interrupted restore has brought already."""
    total = 0
    for place, _, names in os.walk(folder):
        with suppress(OSError):  # a path may be longer than the system takes
            total += sum(os.lstat(os.path.join(place, name)).st_blocks * 512 for name in names)  # noqa: PTH118
    return total


def _mark(source: Source, step: Step) -> dict[str, str]:
    return {"set": source.which.id, "part": step.label, "data_time": clock.iso(source.which.time)}


def bring(source: Source, step: Step, folder: Path, only: tuple[str, ...]) -> tuple[str, Finding]:
    """Bring a part, or only some paths of it; return what is known of that before anything is compared."""
    progress = Progress(step.label, "restored", step.bytes)
    material.bring(source.place, source.which, step.label, step.told, folder, only, progress.tell)
    if missing := [path for path in only if not _lies(folder, path)]:
        raise UsageError(f"the set has nothing at {', '.join(missing)}", "use --only with the path as it was backed up")
    there = "1 path is there" if len(only) == 1 else f"{len(only)} paths are there"
    return "present", Finding(Verdict.PASS, there if only else "restic restored all of it without an error")


def _lies(folder: Path, path: str) -> bool:
    """Whether something lies at a path below a folder, with no link on the way."""
    try:
        status(folder, path)
    except OSError:
        return False
    return True
