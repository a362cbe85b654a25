"""The packs that a copy has written and that still must be read back, kept on disk until each was found good.

A copy counts when every pack that it added was read. What it added is learnt from two listings of the repository, one
before it writes and one after; so copies of one machine into one repository take turns, and none reads what another
one wrote. The list before is on disk before anything is written: a copy that is killed owes its packs, and so does
one that could not read them, or found one damaged. What a backup puts into the same repository meanwhile is read, too.

There is one file for each copy, `state/unread/ACT.json` below Seawall's folder of states, which holds:

version     of this format
repository  where the copy goes
before      the names of the packs that were there when it began to write; null when it is known what it added
unread      the names of the packs that it added, less those that were read and found good
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core.announce import announce
from ops.core.errors import Damaged, Locked
from ops.core.files import lock, read_json, write_json
from ops.interfaces.target import Missing
from ops.jobs.host import folders
from ops.jobs.host.repositories import OpenRepository

VERSION = 1
TURN_SECONDS = 86_400.0  # a first copy of much data may take most of a day
KEEP_EVERY = 100  # so many packs are read again at most when a machine goes down
_CHECK_SECONDS = 4 * 3600.0
_HEAL = "see docs/troubleshooting.md for how to repair such a repository"


@dataclass(frozen=True)
class Unread:
    """What one copy still has to read; see above."""

    repository: str
    before: frozenset[str] | None = None
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, act: str, repository: str) -> Unread:
        """Return what a copy owes to a repository; raise Damaged when the note of it is not whole."""
        noted = cls.noted(act)
        return noted if noted and noted.repository == repository else cls(repository)

    @classmethod
    def noted(cls, act: str) -> Unread | None:
        """Return what is noted of a copy, to whatever repository it went; raise Damaged."""
        path = _path(act)
        try:
            told = read_json(path)
            if told["version"] != VERSION:
                raise ValueError(told["version"])
            before = None if told["before"] is None else frozenset(map(str, told["before"]))
            return cls(str(told["repository"]), before, frozenset(map(str, told["unread"])))
        except FileNotFoundError:
            return None
        except (Damaged, KeyError, TypeError, ValueError) as error:
            hint = f"delete {path}, and read the whole repository: restic check --read-data"
            raise Damaged(f"the list of packs that {act} still has to read is damaged", hint) from error

    def keep(self, act: str) -> None:
        """Write it down; a copy that owes nothing has no file."""
        path = _path(act)
        if self.before is None and not self.names:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        before = None if self.before is None else sorted(self.before)
        told = {"version": VERSION, "repository": self.repository, "before": before, "unread": sorted(self.names)}
        write_json(path, told, mode=0o640)

    def settled(self, listed: Iterable[str]) -> Unread:
        """Return what is owed now that this copy writes no more, given the packs that are there."""
        return self if self.before is None else replace(self, before=None, names=self.names | {*listed} - self.before)


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
        listed = target.packs()
        _settle(name, listed)
        replace(Unread.of(act, name), before=frozenset(listed)).keep(act)
        yield
        _settle(name, target.packs())


def _wait(held: ExitStack, repository: str) -> None:
    """Take the turn; say so when somebody else has it."""
    path, purpose = folders.scratch() / f"copies-to-{repository}.lock", f"another copy to {repository}"
    try:
        held.enter_context(lock(path, purpose))
    except Locked as error:
        announce(f"{error.message}; waiting for its turn")
        held.enter_context(lock(path, purpose, TURN_SECONDS))


def _settle(repository: str, listed: Iterable[str]) -> None:
    """Note of each copy to a repository that began and writes no more which packs it added: one at most did."""
    for path in sorted(_folder().glob("*.json")):
        owed = Unread.noted(path.stem)
        if owed and owed.repository == repository:
            owed.settled(listed).keep(path.stem)


def read(act: str, target: OpenRepository) -> tuple[int, int]:
    """Read all packs that a copy owes; return how many and their bytes; raise Damaged when one is not good.

    One that is not good stays owed, and so is read again by every later run, until it is healed.
    """
    owed = Unread.of(act, target.repository.name)
    good: dict[str, int] = {}
    bad: dict[str, Damaged] = {}
    try:
        for pack in sorted(owed.names):
            try:
                good[pack] = target.verify(pack)
            except Damaged as error:
                bad[pack] = error
            if len(good) % KEEP_EVERY == 0:
                replace(owed, names=owed.names - good.keys()).keep(act)
    finally:
        replace(owed, names=owed.names - good.keys()).keep(act)
    if still := _still(target, bad):
        others = f", and {len(still) - 1} more packs are damaged" if len(still) > 1 else ""
        raise Damaged(f"{next(iter(still.values())).message}{others}", _HEAL)
    replace(owed, names=frozenset()).keep(act)
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
