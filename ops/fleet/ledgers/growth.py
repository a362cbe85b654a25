"""The growth of a collected ledger: it takes over what a machine tells only where the whole verifies.

What was collected must still be its beginning, in the lines and in the kept signatures; a machine that was restored
says so by a succession, and then the copy from before is kept aside.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core import clock
from ops.core.files import sync_directory
from ops.core.printable import printable
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head
from ops.evidence.verification import verify
from ops.fleet.ledgers import noted

FILES = (NAME, SIGNATURES, HEAD, SIGNATURE)
MOST_VERIFIED = 1_000  # kept signatures of one answer, the newest; each takes some milliseconds
PIECE = 4 << 20  # bytes of a file in one answer; what is more is asked for again
MOST_BYTES = 1 << 29  # of one file
MOST_RECORDS = 100_000  # of one machine; 27 a day for ten years, and docs/ledger.md says who has how many
MOST_SIGNATURES = 2 * MOST_RECORDS  # a succession has two
_READ = 1 << 20
MOST_WORDS = 5  # findings that are told of one machine


@dataclass(frozen=True)
class Copy:
    """What was collected of one machine, as it lies in a folder, or nothing yet; it is never held as a whole."""

    folder: Path | None = None

    def size(self, name: str) -> int:
        """Return how many bytes of a file are there."""
        path = self._path(name)
        return path.stat().st_size if path else 0

    def count(self, name: str) -> int:
        """Return how many whole lines of a file are there."""
        return sum(piece.count(b"\n") for piece in self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield what is in a file, some at a time."""
        path = self._path(name)
        if path:
            with path.open("rb") as file:
                yield from iter(lambda: file.read(_READ), b"")

    def begins_as(self, other: Copy, name: str) -> bool:
        """Whether a file begins with the whole lines of another copy's; what a power cut left of one is no line."""
        whole = _whole_size(other, name)
        return self.size(name) >= whole and _digest(self, name, whole) == _digest(other, name, whole)

    def _path(self, name: str) -> Path | None:
        return self.folder / name if self.folder and (self.folder / name).exists() else None


@dataclass(frozen=True)
class Told:
    """What a machine told: digests of what is known here, its ledger's key, and what follows in each file.

    begun: whether what it told before lies in the folder of the new copy, since it was too much for one answer.
    """

    known: tuple[str, str]
    key: str
    rests: Mapping[str, bytes]
    begun: bool = False

    @property
    def more(self) -> bool:
        """Whether as much was told as one answer holds, so that more may follow."""
        return any(len(self.rests.get(name, b"")) >= PIECE for name in FILES[:2])

    def continues(self, copy: Copy) -> bool:
        """Whether what was collected is still the beginning."""
        return self.known == tuple(_digest(copy, name, copy.size(name)) for name in FILES[:2])


def known(folder: Path) -> Copy | Finding:
    """Return what was collected of one machine, or why that can't be read."""
    try:
        found = Copy(_recovered(folder))
        found.size(NAME)
    except OSError as error:
        return Finding(Verdict.UNKNOWN, f"the collected ledger can't be read: {error}")
    return found


def begin(folder: Path, copy: Copy) -> Copy:
    """Lay what is known into the folder of the new copy of a machine's ledger, and return that."""
    fresh = _fresh(folder)
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    for name in FILES[:2]:
        for piece in copy.pieces(name):
            _append(fresh / name, piece)
    return Copy(fresh)


def add(folder: Path, told: Told) -> Finding | None:
    """Add what a machine told to its new copy; return why nothing more of it is wanted, if that is so."""
    fresh = Copy(_fresh(folder))
    for name in FILES:
        if name not in FILES[:2]:
            (_fresh(folder) / name).unlink(missing_ok=True)  # told anew each time
        if name in told.rests:
            _append(_fresh(folder) / name, told.rests[name])
    for name, most in zip(FILES[:2], (MOST_RECORDS, MOST_SIGNATURES), strict=True):
        if fresh.size(name) > MOST_BYTES:
            return _refused(folder, f"{name} has more than {MOST_BYTES >> 20} MiB; expected at most so much")
        if (count := fresh.count(name)) > most:
            return _refused(folder, f"{name} has more than {count} lines; expected at most {most}")
    return None


def drop(folder: Path) -> None:
    """Remove a new copy that is not taken over."""
    shutil.rmtree(_fresh(folder), ignore_errors=True)


def _refused(folder: Path, why: str) -> Finding:
    drop(folder)
    return Finding(Verdict.UNKNOWN, f"its ledger is larger than is collected: {why}")


def _fresh(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.new")


def _digest(copy: Copy, name: str, size: int) -> str:
    """Return the SHA-256 of so many bytes of a file's beginning."""
    sha256 = hashlib.sha256()
    for piece in copy.pieces(name):
        sha256.update(piece[:size])
        size -= len(piece[:size])
    return sha256.hexdigest()


def _whole_size(copy: Copy, name: str) -> int:
    """Return where the last whole line of a file ends."""
    place, end = 0, 0
    for piece in copy.pieces(name):
        end = place + piece.rfind(b"\n") + 1 if b"\n" in piece else end
        place += len(piece)
    return end


def settled(folder: Path, copy: Copy, told: Told, listed: Path) -> Finding:
    """Let one copy grow; whatever goes wrong with one machine's ledger is its own finding.

    folder: of the copy, with the host's name. copy: what the machine was told that is known. listed: who may sign.
    """
    try:
        found = _grown(folder, copy, told, listed)
    except Exception as error:  # noqa: BLE001 -- one machine's rubbish must not stop the others'
        found = Finding(Verdict.UNKNOWN, f"its ledger can't be judged: {type(error).__name__}: {error}")
    return replace(found, message=printable(found.message))


def _grown(folder: Path, copy: Copy, told: Told, listed: Path) -> Finding:
    """Let the collected copy grow if the whole verifies and holds what was collected; return how it stands."""
    fresh = _fresh(folder)
    if not told.begun:
        begin(folder, copy)
    if refused := add(folder, told):
        return refused
    os.utime(fresh / HEAD, (collected := clock.now().timestamp(), collected))  # what is noted since is held against it
    sync_directory(fresh)
    known_before = copy.size(NAME)
    found = _judged(fresh, folder, copy, listed)
    verdict = worst(one.verdict for one in found)
    words = _words([one.message for one in found if one.verdict is verdict])
    if verdict in {Verdict.FAIL, Verdict.UNKNOWN}:
        shutil.rmtree(fresh)
        kept = f"; the collected ledger is still in {folder}: compare them" if folder.exists() else ""
        return Finding(verdict, f"{words}{kept}")
    _take(folder, fresh, aside=Head.of(folder) if not known_before else None)
    return Finding(verdict, words)


def _judged(fresh: Path, folder: Path, copy: Copy, listed: Path) -> Sequence[Finding]:
    """Verify the whole, and hold it against what was collected."""
    held, now = Copy(folder), Copy(fresh)
    anchor, changed = noted.end_of_copy(folder), [*noted.since_collected(folder, fresh, listed)]
    if now.begins_as(held, NAME):
        if not now.begins_as(held, SIGNATURES):
            changed.append(Finding(Verdict.FAIL, "its kept signatures are no longer those that were collected"))
    elif anchor:
        anchor = noted.dated(anchor, folder, fresh, listed)
        if noted.holds(fresh, anchor):
            changed += noted.unsigned(folder, fresh)
    verified = max(copy.count(SIGNATURES), now.count(SIGNATURES) - MOST_VERIFIED)
    found = verify(fresh, listed, anchor, host=folder.name, each_signature=True, verified=verified)
    return [*found, *changed]


def _words(messages: Sequence[str]) -> str:
    more = len(messages) - MOST_WORDS
    return "; ".join([*messages[:MOST_WORDS], *([f"and {more} more"] if more > 0 else [])])


def _append(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _take(folder: Path, fresh: Path, aside: Head | None) -> None:
    """Put the new copy in the place of the old one, which is kept when the ledger went on from an older state."""
    old = _free(folder.with_name(f"{folder.name}.until-record-{aside.n}")) if aside else _old(folder)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    if not aside:
        shutil.rmtree(old, ignore_errors=True)


def _old(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.old")


def _free(path: Path) -> Path:
    """Return a name beside others that nothing has yet: a ledger may go back to the same record twice."""
    names = itertools.chain([path], (path.with_name(f"{path.name}-{count}") for count in itertools.count(2)))
    return next(name for name in names if not name.exists())


def _recovered(folder: Path) -> Path:
    """Return the folder of a copy; one that was being replaced when the power failed comes back."""
    old = _old(folder)
    if old.exists():
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.rename(folder)
    return folder
