"""The growth of a collected ledger: it takes over what a machine tells only where the whole verifies.

What was collected must still be its beginning, in the lines and in the kept signatures; a machine that was restored
says so by a succession, and then the copy from before is kept aside.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core.files import sync_directory
from ops.core.printable import printable
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence import reader
from ops.evidence.anchor import Anchor
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head
from ops.evidence.verification import verify

FILES = (NAME, SIGNATURES, HEAD, SIGNATURE)
MOST_VERIFIED = 1_000  # kept signatures of one answer, the newest; each takes some milliseconds
MOST_WORDS = 5  # findings that are told of one machine


@dataclass(frozen=True)
class Copy:
    """What was collected of one machine, or nothing yet."""

    lines: bytes = b""
    signatures: bytes = b""

    @classmethod
    def of(cls, folder: Path) -> Copy:
        """Return what lies in a folder."""
        return cls(*((folder / name).read_bytes() if (folder / name).exists() else b"" for name in FILES[:2]))


@dataclass(frozen=True)
class Told:
    """What a machine told: digests of what is known here, its ledger's key, and each file's rest."""

    known: tuple[str, str]
    key: str
    rests: Mapping[str, bytes]

    def continues(self, copy: Copy) -> bool:
        """Whether what was collected is still the beginning."""
        return self.known == tuple(hashlib.sha256(one).hexdigest() for one in (copy.lines, copy.signatures))


def known(folder: Path) -> Copy | Finding:
    """Return what was collected of one machine, or why that can't be read."""
    try:
        return Copy.of(_recovered(folder))
    except OSError as error:
        return Finding(Verdict.UNKNOWN, f"the collected ledger can't be read: {error}")


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
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    before = {NAME: copy.lines, SIGNATURES: copy.signatures}
    for name, rest in told.rests.items():
        _write(fresh / name, before.get(name, b"") + rest)
    sync_directory(fresh)
    found = _judged(fresh, folder, copy, listed)
    verdict = worst(one.verdict for one in found)
    words = _words([one.message for one in found if one.verdict is verdict])
    if verdict in {Verdict.FAIL, Verdict.UNKNOWN}:
        shutil.rmtree(fresh)
        kept = f"; the collected ledger is still in {folder}: compare them" if folder.exists() else ""
        return Finding(verdict, f"{words}{kept}")
    _take(folder, fresh, aside=Head.of(folder) if not copy.lines else None)
    return Finding(verdict, words)


def _judged(fresh: Path, folder: Path, copy: Copy, listed: Path) -> Sequence[Finding]:
    """Verify the whole, and hold it against what was collected."""
    held, now = Copy.of(folder), Copy.of(fresh)
    anchor, rewritten = _anchor(folder), []
    if now.lines.startswith(_whole(held.lines)):
        if not now.signatures.startswith(_whole(held.signatures)):
            rewritten = [Finding(Verdict.FAIL, "its kept signatures are no longer those that were collected")]
    elif anchor:
        anchor = _dated(anchor, folder)
    verified = max(copy.signatures.count(b"\n"), now.signatures.count(b"\n") - MOST_VERIFIED)
    found = verify(fresh, listed, anchor, host=folder.name, each_signature=True, verified=verified)
    return [*found, *rewritten]


def _anchor(folder: Path) -> Anchor | None:
    """Return where the copy in a folder ends."""
    head = Head.of(folder) if folder.exists() else None
    return Anchor(head) if head else None


def _dated(anchor: Anchor, folder: Path) -> Anchor:
    """Return where a copy ends, with when that was by the machine's own clock, and which successions came before."""
    lines, _ = reader.read(folder / NAME)
    seen = next((line.when for line in reversed(lines) if line.when), None)
    return replace(anchor, seen=seen, after={line.sha256 for line in lines if line.succession})


def _whole(content: bytes) -> bytes:
    """Return the whole lines; what a power cut left of one more is set aside by the next act."""
    return content[: content.rfind(b"\n") + 1]


def _words(messages: Sequence[str]) -> str:
    more = len(messages) - MOST_WORDS
    return "; ".join([*messages[:MOST_WORDS], *([f"and {more} more"] if more > 0 else [])])


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
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
