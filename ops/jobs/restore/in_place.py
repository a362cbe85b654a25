"""Putting files in the place of those that are there: brought beside them, compared, and only then swapped."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged, Unavailable, UsageError
from ops.core.exchange import exchange
from ops.core.files import sync_file_system
from ops.core.own_folder import demand_same
from ops.core.restored import each, remove
from ops.core.verdict import Finding, Verdict
from ops.jobs.restore.act import HOW_TO_ACCEPT, Act, Done, wrong
from ops.jobs.restore.folder import begin, bring
from ops.jobs.restore.plan import Step

JOURNALS = ("-wal", "-shm", "-journal")


def in_place(act: Act, step: Step) -> Done:
    """Bring the data beside their homes, compare them, and only then swap names; the old ones are kept."""
    if act.several and (there := _finished(act, step)):
        announce(f"{step.label}: passed over; {there}")
        return Done([("present", Finding(Verdict.PASS, there))], there)
    staged = _staged(act, step)
    differences = wrong(staged.findings)
    if differences and not act.acceptance.given(step.label, differences):
        folders = ", ".join(str(staging) for staging, _ in staged.begun)
        raise Damaged(
            f"{step.label} does not match its manifest; nothing was put in place: " + "; ".join(differences),
            f"what was restored is in {folders}, and can be copied from there, or removed; {HOW_TO_ACCEPT}",
        )
    for staging, which in staged.begun:
        demand_same(staging, which)
    kept = swap(staged.ready, step)
    for staging in {staging for staging, _ in staged.begun}:
        remove(staging)
    for home in step.homes.values():
        act.finished.note(str(home), step.label, "finished", _identity(home), act.only)
    sentence = f"{step.label} is in place; the previous data are kept as {', '.join(map(str, kept)) or 'nothing'}"
    return Done(staged.findings, sentence, accepted=bool(differences))


@dataclass
class _Staged:
    """Data beside their homes. ready: where each lies, and its home. begun: the folders that were begun, and which."""

    findings: list[tuple[str, Finding]] = field(default_factory=list)
    ready: list[tuple[Path, Path]] = field(default_factory=list)
    begun: list[tuple[Path, os.stat_result]] = field(default_factory=list)


def _staged(act: Act, step: Step) -> _Staged:
    """Bring the data beside their homes and compare them; raise UsageError for a home that can't be swapped."""
    staged = _Staged()
    for inside, home in step.homes.items():
        if os.path.ismount(home):
            raise UsageError(f"{home} is a mount point and can't be swapped", "restore next to it, and copy with rsync")
        staging = home.parent / f".seawall-restore-{act.source.which.id[:8]}-{home.name}"
        staged.begun.append((staging, begin(act.source, step, staging, staging=True)))
        staged.findings.append(bring(act.source, step, staging, (f"/{inside}",)))
        staged.findings += step.told.check(staging, (f"/{inside}",))
        staged.ready.append((staging / inside, home))
    return staged


def _finished(act: Act, step: Step) -> str:
    """Return a sentence when an earlier run of this restore has put all of a step in place; nothing otherwise."""
    there = [act.finished.find(str(home), step.label, "finished", _identity(home), ()) for home in step.homes.values()]
    if not all(there) or not there[0]:
        return ""
    return f"{step.label} was put in place at {there[0].at} already; to restore it once more, use --part {step.label}"


def _identity(home: Path) -> str:
    """Return what tells a file or folder from any other at its place; empty where there is none."""
    try:
        seen = home.lstat()
    except OSError:
        return ""
    return f"{seen.st_dev}:{seen.st_ino}"


def swap(ready: Sequence[tuple[Path, Path]], step: Step) -> list[Path]:
    """Put what was brought in the place of what is there, all or nothing; return where that is now.

    ready: where each lies, and its home. It is on the disk before it has the name, and the name before this returns.
    Raise UsageError for what can't be renamed, Unavailable for a disk that takes no more.
    """
    stamp = f"{clock.now():%Y%m%dT%H%M%SZ}"
    for brought, home in ready:
        _settle(brought, home, step)
    moves = [move for brought, home in ready for move in _moves(brought, home, stamp)]
    there = [_kept(home, stamp) for _, home in ready if os.path.lexists(home)]
    done: list[_Move] = []
    _to_disk(ready)  # a name that survives a power cut must not be that of data that do not
    try:
        for move in moves:
            move.do()
            done.append(move)
    except OSError as error:
        for move in reversed(done):
            move.undo()
        raise UsageError(
            f"{error.filename} can't be renamed ({error.strerror}); nothing was changed",
            f"the restored data are in {', '.join(str(brought) for brought, _ in ready)}; copy them with rsync",
        ) from error
    _to_disk(ready)
    return there


def _to_disk(ready: Sequence[tuple[Path, Path]]) -> None:
    for folder in {home.parent for _, home in ready}:
        try:
            sync_file_system(folder)
        except OSError as error:
            raise Unavailable(
                f"what was restored can't be brought to the disk of {folder} ({error.strerror})",
                "its disk may be broken: journalctl -k",
            ) from error


@dataclass(frozen=True)
class _Move:
    """One name given to what has another; exchanged: what has that gets the first one in the same moment."""

    before: Path
    after: Path
    exchanged: bool = False

    def do(self) -> None:
        if self.exchanged:
            exchange(self.before, self.after)
        else:
            self.before.rename(self.after)

    def undo(self) -> None:
        if self.exchanged:
            exchange(self.before, self.after)
        else:
            self.after.rename(self.before)


def _moves(brought: Path, home: Path, stamp: str) -> Iterator[_Move]:
    """Yield what puts data in their place, and what is there under the name under which it is kept.

    What is there alone is never missing, even if the machine goes down: the restored data get that name first, and then
    both are exchanged. A database of one file makes room with its journals, which the new one must never meet.
    """
    old = _old(home)
    if [suffix for _, suffix in old] == [""]:
        yield _Move(brought, _kept(home, stamp))
        yield _Move(home, _kept(home, stamp), exchanged=True)
        return
    for path, suffix in old:
        yield _Move(path, _kept(home, stamp, suffix))
    yield _Move(brought, home)


def _kept(home: Path, stamp: str, suffix: str = "") -> Path:
    return home.with_name(f"{home.name}.before-{stamp}{suffix}")


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
