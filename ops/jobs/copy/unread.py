"""The packs that a copy has written and that still must be read back, kept on disk until each was found good.

A copy counts when every pack that it added was read. What it added is learnt from two listings of the repository, one
before it writes and one after; so copies of one machine into one repository take turns, and none reads what another
one wrote. The list before is on disk before anything is written: a copy that is killed owes its packs, and so does
one that could not read them, or found one damaged. What a backup puts into the same repository meanwhile is read, too.

There is one file for each copy; `ops.interfaces.unread` says what it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from ops.core.announce import announce
from ops.core.document import read_file
from ops.core.errors import Damaged, Locked
from ops.core.files import lock, write_json
from ops.interfaces import joined
from ops.interfaces.target import Missing
from ops.interfaces.unread import LIMITS, Unread
from ops.interfaces.unread import read as read_noted
from ops.jobs.host import folders
from ops.jobs.host.repositories import OpenRepository

TURN_SECONDS = 86_400.0  # a first copy of much data may take most of a day
KEEP_EVERY = 100  # so many packs are read again at most when a machine goes down
_CHECK_SECONDS = 4 * 3600.0
_HEAL = "Seawall's page troubleshooting.md says how to repair such a repository"


def owed_by(act: str, repository: str) -> Unread:
    """Return what a copy owes to a repository; raise Damaged when the note of it is not whole."""
    known = noted(act)
    return known if known and known.repository == repository else Unread(repository)


def noted(act: str) -> Unread | None:
    """Return what is noted of a copy, to whatever repository it went; raise Damaged."""
    path = _path(act)
    if not path.exists():
        return None
    try:
        return read_noted(read_file(path, LIMITS.bytes, str(path)), str(path))
    except Damaged as error:
        if not path.exists():
            return None  # that copy has read its last pack meanwhile
        hint = f"delete {path}, and read the whole repository: restic check --read-data"
        raise Damaged(f"the list of packs that {act} still has to read is damaged", hint) from error


def keep(act: str, owed: Unread) -> None:
    """Write down what a copy owes; one that owes nothing has no file."""
    path = _path(act)
    if owed.before is None and not owed.names:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, owed.written(), mode=0o640)


def _path(act: str) -> Path:
    return _folder() / f"{act}.json"


def _folder() -> Path:
    return folders.state() / "state/unread"


@contextmanager
def turn(act: str, target: OpenRepository) -> Iterator[None]:
    """Wait until no other copy of this machine writes to the target; what the block adds there is then this copy's.

    When the block fails, what it added is settled by the next turn, whosever that is.
    """
    name = target.repository.name
    with ExitStack() as held:
        _wait(held, name)
        target.forget_locks()
        listed = target.packs()
        _settle(name, listed)
        keep(act, replace(owed_by(act, name), before=frozenset(listed)))
        yield
        _settle(name, target.packs())


def _wait(held: ExitStack, repository: str) -> None:
    """Take the turn; say so when somebody else has it."""
    path, purpose = folders.scratch() / f"{joined.turn(repository)}.lock", f"another copy to {repository}"
    try:
        held.enter_context(lock(path, purpose))
    except Locked as error:
        announce(f"{error.message}; waiting for its turn")
        held.enter_context(lock(path, purpose, TURN_SECONDS))


def _settle(repository: str, listed: Iterable[str]) -> None:
    """Note of each copy to a repository that began and writes no more which packs it added: one at most did.

    The note of one that is settled is its own: that copy may be reading its packs now, and need no turn for it.
    """
    for path in sorted(_folder().glob("*.json")):
        owed = noted(path.stem)
        if owed and owed.repository == repository and owed.before is not None:
            keep(path.stem, owed.settled(listed))


def read(act: str, target: OpenRepository) -> tuple[int, int]:
    """Read all packs that a copy owes; return how many and their bytes; raise Damaged when one is not good.

    One that is not good stays owed, and so is read again by every later run, until it is healed.
    """
    owed = owed_by(act, target.repository.name)
    good: dict[str, int] = {}
    bad: dict[str, Damaged] = {}
    try:
        for pack in sorted(owed.names):
            try:
                good[pack] = target.verify(pack)
            except Damaged as error:
                bad[pack] = error
            if len(good) % KEEP_EVERY == 0:
                keep(act, replace(owed, names=owed.names - good.keys()))
    finally:
        keep(act, replace(owed, names=owed.names - good.keys()))
    if still := _still(target, bad):
        others = f", and {len(still) - 1} more packs are damaged" if len(still) > 1 else ""
        raise Damaged(f"{next(iter(still.values())).message}{others}", _HEAL)
    keep(act, replace(owed, names=frozenset()))
    return len(good), sum(good.values())


def _still(target: OpenRepository, bad: dict[str, Damaged]) -> dict[str, Damaged]:
    """Return those packs that are needed and not good.

    One that was taken away meanwhile, as retention or a repair does it, is needed when restic misses anything.
    """
    listed = target.packs() if any(isinstance(error, Missing) for error in bad.values()) else {}
    gone = [pack for pack, error in bad.items() if isinstance(error, Missing) and pack not in listed]
    if gone:
        target.repository.demand_whole(timeout=_CHECK_SECONDS)
    return {pack: error for pack, error in bad.items() if pack not in gone}
