"""Carrying out one step of a restore, and comparing what came of it with the manifest."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.announce import announce
from ops.core.document import Limits, parse, read_file
from ops.core.errors import Damaged, UsageError
from ops.core.files import demand_room, write_json
from ops.core.own_folder import NO_LINKS, demand_own, demand_same, held, own_folder
from ops.core.pipe import pipe
from ops.core.restored import each, give, put, remove, status
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.interfaces.server import DatabaseServer, RestoreTarget
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.restore import material
from ops.jobs.restore.plan import Step
from ops.jobs.run.progress import Progress
from ops.restic.sets import Set

MARK = ".seawall-restore.json"
MARK_LIMITS = Limits(bytes=1 << 14, depth=2, entries=20, text=1 << 10)
RESTORING = "_restoring"
JOURNALS = ("-wal", "-shm", "-journal")
# Root's own folder in it, 0700; the account of the server, to which it is given, has a way to it.
TEMPORARY = Path("/var/tmp")  # noqa: S108
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
        with path.open("rb") as text:
            put(folder, name, text)
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


def _begin(source: Source, step: Step, folder: Path, *, staging: bool = False) -> os.stat_result:
    """Make the folder, or find it as this restore left it; return which one it is.

    Raise UsageError when it holds anything else. staging: whether it must be this account's own.
    """
    if folder.is_symlink():
        raise UsageError(f"{folder} is a link", NO_LINKS)
    if staging and folder.exists():
        with held(folder) as handle:
            demand_own(handle, folder)
    if folder.exists() and any(folder.iterdir()):
        if not _begun(source, folder):
            raise UsageError(f"{folder} is not empty", "restore into another folder, or empty this one")
        announce(f"{step.label}: continuing the restore that was begun in {folder}")
    demand_room(folder, step.bytes - _there(folder), f"restoring {step.label}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with held(folder) as handle:
        if staging:
            demand_own(handle, folder)
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


def _bring(source: Source, step: Step, folder: Path, only: tuple[str, ...]) -> tuple[str, Finding]:
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


def _into_database(source: Source, step: Step, only: tuple[str, ...]) -> tuple[Findings, str]:
    """Load the material into a new database and prove it there; put it in the live one's place when that was asked."""
    target, proof = _target(step)
    name = f"{step.database}{RESTORING}" if step.live else step.database
    target.demand(name, step.told.facts)
    texts = source.manifest.parent / step.label
    texts.mkdir(exist_ok=True)
    for short, path in material.companions(source.manifest, step.label).items():
        shutil.copyfile(path, texts / short)
    for strange in target.begin(name, step.told.facts, texts):
        announce(f"{step.label}: {strange}")
    _load(source, step, target, name, only)
    found = [*proof.prove(target.server, name, step.told.facts, only)]
    if _wrong(found):
        return found, f"the database {name} does not match its manifest and stays marked as unfinished"
    if step.live:
        return found, target.replace(name, step.database)
    target.end(name)
    return found, f"{step.label} is the database {name}"


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
    demand_room(TEMPORARY, step.bytes, f"restoring {step.label}")
    with own_folder(TEMPORARY, "seawall-restore-") as scratch:
        scratch.chmod(0o711)  # the server's account must get to what is its own
        dump = scratch / "dump"
        dump.mkdir(mode=0o700)
        _bring(source, step, dump, ())
        account = pwd.getpwnam(target.server.account)
        give(dump, step.label, (account.pw_uid, account.pw_gid))
        run(target.loader(name, step.told.facts, only, dump), timeout=_DAY, cwd=Path("/"))


def _in_place(source: Source, step: Step) -> tuple[Findings, str]:
    """Bring the data beside their homes, compare them, and only then swap names; the old ones are kept."""
    found: list[tuple[str, Finding]] = []
    homes = step.homes
    ready: list[tuple[Path, Path]] = []
    begun: list[tuple[Path, os.stat_result]] = []
    for inside, home in homes.items():
        if os.path.ismount(home):
            raise UsageError(f"{home} is a mount point and can't be swapped", "restore next to it, and copy with rsync")
        staging = home.parent / f".seawall-restore-{source.which.id[:8]}-{home.name}"
        begun.append((staging, _begin(source, step, staging, staging=True)))
        found.append(_bring(source, step, staging, (f"/{inside}",)))
        found += step.told.check(staging, (f"/{inside}",))
        ready.append((staging / inside, home))
    if _wrong(found):
        raise Damaged(
            f"{step.label} does not match its manifest; nothing was put in place",
            f"examine {', '.join(str(staging) for staging, _ in ready)}",
        )
    for staging, which in begun:
        demand_same(staging, which)
    kept = _swap(ready, step)
    for staging in {staging for staging, _ in begun}:
        remove(staging)
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
    owned = step.told.facts.ownership
    for handle in each(brought, step.label):  # one file: what else came with it was refused
        if home.exists():
            seen = home.stat()
            os.fchown(handle, seen.st_uid, seen.st_gid)
            os.fchmod(handle, seen.st_mode & 0o7777)
        elif owned:
            os.fchown(handle, _number(owned.owner, _user), _number(owned.group, _group))
            os.fchmod(handle, int(owned.mode, 8) & 0o777)


def _number(name: str, find: Callable[[str], int]) -> int:
    """Return the number of an account; one without a name is known by its number alone."""
    try:
        return int(name) if name.isdigit() else find(name)
    except (KeyError, ValueError) as error:
        raise Damaged(
            f"the file belonged to {name[:80]!r}, which is no account of this machine",
            "restore it into a folder with --to, and give it to the right account",
        ) from error


def _user(name: str) -> int:
    return pwd.getpwnam(name).pw_uid


def _group(name: str) -> int:
    return grp.getgrnam(name).gr_gid
