"""Carrying out one step of a restore, and comparing what came of it with the manifest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged, UsageError
from ops.core.files import demand_room, read_json, write_json
from ops.core.own_folder import own_folder
from ops.core.pipe import pipe
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.interfaces.server import DatabaseServer, RestoreTarget
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.restore import material
from ops.jobs.restore.plan import Step
from ops.jobs.run.progress import Progress
from ops.restic.sets import Set

MARK = ".seawall-restore.json"
RESTORING = "_restoring"
JOURNALS = ("-wal", "-shm", "-journal")
_DAY = 86_400.0

Findings = Sequence[tuple[str, Finding]]


@dataclass(frozen=True)
class Source:
    """Where the data come from: the repository, the set, and the folder with its manifest."""

    place: OpenRepository
    which: Set
    manifest: Path


def carry_out(source: Source, step: Step, only: tuple[str, ...]) -> tuple[Findings, str]:
    """Do one step; return what the comparison found, and a sentence on where the data are now."""
    if step.folder:
        words = [f"{step.label} is in {step.folder}", step.told.facts.restore_hint]
        return _into_folder(source, step, step.folder, only), "; ".join(filter(None, words))
    if step.database:
        return _into_database(source, step, only)
    return _in_place(source, step)


def _into_folder(source: Source, step: Step, folder: Path, only: tuple[str, ...]) -> Findings:
    """Bring the material and its companions to a folder; one that an interrupted restore left is completed."""
    _begin(source, step, folder)
    brought = _bring(source, step, folder, only)
    for name, path in material.companions(source.manifest, step.label).items():
        shutil.copyfile(path, folder / name)
        (folder / name).chmod(0o600)
    write_json(folder / "manifest.json", step.told.written())
    found = [brought, *step.told.check(folder, only)]
    if step.completed_by and not only:
        found += _completed(source, step, step.completed_by, folder)
    write_json(folder / MARK, {**_mark(source, step), "finished": clock.iso(clock.now())})
    return found


def _completed(source: Source, step: Step, over: Step, folder: Path) -> Findings:
    """Bring the part that completes another one over it, and make both one whole."""
    _bring(source, over, folder, ())
    found = over.told.check(folder)
    if step.source.completion:
        texts = material.companions(source.manifest, step.label)
        step.source.completion.complete(folder, step.told.facts, texts)
    return found


def _begin(source: Source, step: Step, folder: Path) -> None:
    """Make the folder, or find it as this restore left it; raise UsageError when it holds anything else."""
    mark = folder / MARK
    if folder.exists() and any(folder.iterdir()):
        before = read_json(mark) if mark.exists() else {}
        if before.get("set") != source.which.id:
            raise UsageError(f"{folder} is not empty", "restore into another folder, or empty this one")
        announce(f"{step.label}: continuing the restore that was begun in {folder}")
    demand_room(folder, step.bytes - _there(folder), f"restoring {step.label}")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_json(mark, _mark(source, step))


def _there(folder: Path) -> int:
    """Return about how many bytes an interrupted restore has brought already."""
    if not (folder / MARK).exists():
        return 0
    return sum(
        entry.stat().st_blocks * 512 for entry in folder.rglob("*") if entry.is_file() and not entry.is_symlink()
    )


def _mark(source: Source, step: Step) -> dict[str, str]:
    return {"set": source.which.id, "part": step.label, "data_time": clock.iso(source.which.time)}


def _bring(source: Source, step: Step, folder: Path, only: tuple[str, ...]) -> tuple[str, Finding]:
    """Bring a part, or only some paths of it; return what is known of that before anything is compared."""
    progress = Progress(step.label, "restored", step.bytes)
    material.bring(source.place, source.which, step.label, step.told.material.root, folder, only, progress.tell)
    if missing := [path for path in only if not os.path.lexists(folder / path.lstrip("/"))]:
        raise UsageError(f"the set has nothing at {', '.join(missing)}", "use --only with the path as it was backed up")
    there = "1 path is there" if len(only) == 1 else f"{len(only)} paths are there"
    return "present", Finding(Verdict.PASS, there if only else "restic restored all of it without an error")


def _into_database(source: Source, step: Step, only: tuple[str, ...]) -> tuple[Findings, str]:
    """Load the material into a new database and prove it there; put it in the live one's place when that was asked."""
    target, proof = _target(step)
    name = f"{step.database}{RESTORING}" if step.live else step.database
    target.demand(name, step.told.facts)
    texts = source.manifest.parent / step.label
    texts.mkdir(exist_ok=True)
    for short, path in material.companions(source.manifest, step.label).items():
        shutil.copyfile(path, texts / short)
    target.begin(name, step.told.facts, texts)
    _load(source, step, target, name, only)
    found = [*proof.prove(target.server, name, step.told.facts, only)]
    if _wrong(found):
        return found, f"the database {name} does not match its manifest and stays marked as unfinished"
    target.end(name)
    words = target.replace(name, step.database) if step.live else f"{step.label} is the database {name}"
    return found, words


def _target(step: Step) -> tuple[RestoreTarget[Any], DatabaseServer[Any]]:
    """Return the machine's own server, and how what was loaded into it is proven."""
    if step.source.restore_into is None or step.source.database is None:
        raise UsageError(f"{step.label} ({step.told.kind}) can be restored only into a folder, not into a database")
    return step.source.restore_into(step.options), step.source.database


def _wrong(found: Findings) -> bool:
    return any(finding.configured and finding.verdict is not Verdict.PASS for _, finding in found)


def _load(source: Source, step: Step, target: RestoreTarget[Any], name: str, only: tuple[str, ...]) -> None:
    """Load from the repository straight into the server; a dump that is a folder goes over the disk."""
    stream = step.told.material.stream
    progress = Progress(step.label, "loaded", step.bytes)
    repository = source.place.repository
    if stream:
        words = repository.dumped(source.which.parts[step.label].id, f"/{stream}")
        with repository.explained():
            pipe(words, target.loader(name, step.told.facts, only), timeout=_DAY, tell=progress.tell)
        return
    room = Path("/var/tmp")  # noqa: S108 -- the folder in it is root's, 0700
    demand_room(room, step.bytes, f"restoring {step.label}")
    with own_folder(room, "seawall-restore-") as scratch:
        scratch.chmod(0o711)  # the server's account must get to what is its own
        dump = scratch / "dump"
        dump.mkdir(mode=0o700)
        _bring(source, step, dump, ())
        _give(dump, target.server.account)
        run(target.loader(name, step.told.facts, only, dump), timeout=_DAY, cwd=Path("/"))


def _give(folder: Path, account: str) -> None:
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, account)


def _in_place(source: Source, step: Step) -> tuple[Findings, str]:
    """Bring the data beside their homes, compare them, and only then swap names; the old ones are kept."""
    found: list[tuple[str, Finding]] = []
    homes = step.homes
    ready: list[tuple[Path, Path]] = []
    for inside, home in homes.items():
        if os.path.ismount(home):
            raise UsageError(f"{home} is a mount point and can't be swapped", "restore next to it, and copy with rsync")
        staging = home.parent / f".seawall-restore-{source.which.id[:8]}-{home.name}"
        _begin(source, step, staging)
        found.append(_bring(source, step, staging, (f"/{inside}",)))
        found += step.told.check(staging, (f"/{inside}",))
        ready.append((staging / inside, home))
    if _wrong(found):
        raise Damaged(
            f"{step.label} does not match its manifest; nothing was put in place",
            f"examine {', '.join(str(staging) for staging, _ in ready)}",
        )
    kept = _swap(ready, step)
    for staging in {home.parent / f".seawall-restore-{source.which.id[:8]}-{home.name}" for home in homes.values()}:
        shutil.rmtree(staging)
    return found, f"{step.label} is in place; the previous data are kept as {', '.join(map(str, kept)) or 'nothing'}"


def _swap(ready: Sequence[tuple[Path, Path]], step: Step) -> list[Path]:
    """Put what was brought in the place of what is there, all or nothing; return where that is now."""
    stamp = f"{clock.now():%Y%m%dT%H%M%SZ}"
    moves = [
        (old, old.with_name(f"{home.name}.before-{stamp}{suffix}")) for _, home in ready for old, suffix in _old(home)
    ]
    for brought, home in ready:
        _settle(brought, home, step)
    done: list[tuple[Path, Path]] = []
    try:
        for before, after in [*moves, *ready]:
            before.rename(after)
            done.append((before, after))
    except OSError as error:
        for before, after in reversed(done):
            after.rename(before)
        raise UsageError(
            f"{error.filename} can't be renamed ({error.strerror}); nothing was changed",
            f"the restored data are in {', '.join(str(brought) for brought, _ in ready)}; copy them with rsync",
        ) from error
    return [after for _, after in moves if not after.name.endswith(JOURNALS)]


def _old(home: Path) -> list[tuple[Path, str]]:
    """Return what has to make room: the place itself, and the journals that a database of one file has beside it."""
    there = [(home.with_name(home.name + suffix), suffix) for suffix in ("", *JOURNALS)]
    return [(path, suffix) for path, suffix in there if os.path.lexists(path)]


def _settle(brought: Path, home: Path, step: Step) -> None:
    """Give what was stored as a stream, without owner and mode, those of the file it replaces, or of the manifest."""
    if step.told.material.stream is None:
        return
    if home.exists():
        seen = home.stat()
        os.chown(brought, seen.st_uid, seen.st_gid)
        brought.chmod(seen.st_mode & 0o7777)
    elif owned := step.told.facts.ownership:
        # An account without a name is known by its number alone.
        owner, group = (int(name) if name.isdigit() else name for name in (owned.owner, owned.group))
        shutil.chown(brought, owner, group)
        brought.chmod(int(owned.mode, 8) & 0o777)
