"""The ledger: one line for each act, each tied to the line before, the newest signed.

`ledger.jsonl` holds the lines, `ledger.jsonl.head` the number and the SHA-256 of the last one, and
`ledger.jsonl.head.sig` the signature of that. A line is on the disk before the head is, the head before its
signature: `verification` knows what a power cut in between looks like, and tells it from tampering.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.core import clock, plain_file
from ops.core.errors import Damaged, Locked, SeawallError
from ops.core.files import sync_directory
from ops.core.schema import Plain
from ops.evidence.keys import fingerprint, public
from ops.evidence.ssh_signature import sign
from ops.interfaces.record import VERSION

NAME = "ledger.jsonl"
HEAD = f"{NAME}.head"
SIGNATURE = f"{HEAD}.sig"
SIGNATURES = f"{NAME}.signatures"  # one for each head that ever was
NOTHING = "0" * 64
AT_ONCE = 3  # so many lines one act can leave: its own, and two of the ledger on itself
OWN_ACT = "ledger"  # the act of the records that the ledger writes on itself
SUCCESSION = "succession"  # the act of going on with another key or from an older state
WAIT_SECONDS = 60.0
PIECE = 1 << 16
_LONGEST_HEAD = 128  # bytes
_MOST = 10**15  # records; more are no number that a ledger counts to
_HEAD = re.compile(r"\d{1,15} [0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class WrittenLine:
    """A line of a ledger as it is on disk: its number, its exact bytes and their digest."""

    n: int
    line: bytes
    sha256: str


@dataclass(frozen=True)
class Head:
    """Where a ledger ends: the number and the digest of its last line."""

    n: int
    sha256: str

    @classmethod
    def read(cls, text: str) -> Head:
        """Return the head a text names; raise ValueError."""
        number, sha256 = text.split()
        if not _HEAD.fullmatch(f"{number} {sha256}"):
            raise ValueError(text)
        return cls(int(number), sha256)

    @classmethod
    def of(cls, directory: Path) -> Head | None:
        """Return where the ledger in a directory ends, as its signed head says; None when that names nothing."""
        try:
            with plain_file.reading(directory / HEAD) as file:
                return cls.read(file.read(_LONGEST_HEAD).decode("ascii"))
        except (FileNotFoundError, Damaged, ValueError):
            return None

    def __str__(self) -> str:
        return f"{self.n} {self.sha256}\n"


# What a body is that can be written only once the head it goes on from is known.
BodyFor = Callable[[Head], Mapping[str, Plain]]


class Ledger:
    """The ledger in a directory, written with the key in a file."""

    def __init__(self, directory: Path, key: Path) -> None:
        self._directory = directory
        self._key = key

    def written_by(self) -> str:
        """Return the fingerprint of the key that the last line was written with; nothing where that isn't known."""
        try:
            with opened(self._directory / NAME, write=False) as handle:
                return str(json.loads(_end(handle).line).get("key", ""))
        except (FileNotFoundError, Damaged, ValueError, AttributeError, RecursionError):
            return ""

    def own(self) -> str:
        """Return the fingerprint of the key that this ledger is written with here."""
        return fingerprint(public(self._key))

    def append(self, body: Mapping[str, Plain] | BodyFor, also: Path | None = None) -> WrittenLine:
        """Given what an act says of itself, write its line, sign the new head and return the record.

        What an accident or somebody did to the end of the ledger since is recorded first. A body that must name the
        head it goes on from is asked for with that head. `also`: a further key that signs, for a succession.
        """
        key, give = self.own(), body if callable(body) else lambda _: body
        self._directory.mkdir(parents=True, exist_ok=True)
        with opened(self._directory / NAME, write=True) as handle:
            torn = self._set_aside(handle)
            end = _end(handle)
            host = give(Head(end.n, end.sha256)).get("host", "")
            own = {"host": host, "actor": OWN_ACT, "act": OWN_ACT, "subject": OWN_ACT}
            added = []
            for found in self._look(end, torn):
                end = _compose(end, {**own, **found}, key)
                added.append(end)
            end = _compose(end, give(Head(end.n, end.sha256)), key)
            self._seal(handle, [*added, end], Head(end.n, end.sha256), [self._key, *([also] if also else [])])
        return end

    def _seal(self, handle: int, added: list[WrittenLine], head: Head, keys: list[Path]) -> None:
        """Write lines, their head and its signatures, in the order that verification knows."""
        signed = [(fingerprint(public(key)), sign(str(head), key)) for key in keys]  # failing, it leaves no line
        _write(handle, b"".join(record.line for record in added))
        self._put(HEAD, str(head))
        self._put(SIGNATURE, signed[0][1])
        self._keep(head, signed)

    def _keep(self, head: Head, signed: list[tuple[str, str]]) -> None:
        """Add signatures to those of all heads before, in place of what a power cut left of a line."""
        handle = plain_file.opened(self._directory / SIGNATURES, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        try:
            os.ftruncate(handle, _last_newline(handle, os.fstat(handle).st_size) + 1)
            known = {"n": head.n, "sha256": head.sha256}
            lines = [json.dumps({**known, "key": key, "signature": text}) + "\n" for key, text in signed]
            _write(handle, "".join(lines).encode("ascii"))
        finally:
            os.close(handle)

    def _set_aside(self, handle: int) -> str | None:
        """Move a line that was cut short to a file of its own and return that file's name."""
        size = os.fstat(handle).st_size
        start = _last_newline(handle, size) + 1
        if start == size:
            return None
        name = f"{NAME}.torn-{clock.now():%Y%m%dT%H%M%S%f}Z"
        self._put(name, os.pread(handle, size - start, start))
        os.ftruncate(handle, start)
        os.fsync(handle)
        return name

    def _look(self, end: WrittenLine, torn: str | None) -> Iterator[Mapping[str, Plain]]:
        """Yield what must be said of the ledger's end before anything is added to it."""
        head = Head.of(self._directory) or Head(0, NOTHING)  # a head that names nothing is as good as none
        facts: dict[str, Plain] = {"head": head.n, "sha256": head.sha256, "lines": end.n}
        if head.n > end.n:
            message = f"the end was cut off: {head.n} lines were signed, {end.n} exist"
            yield {"result": "fail", "message": message, "facts": facts}
        elif head.n == end.n and head.sha256 != end.sha256:
            message = f"line {end.n} was changed after it was signed"
            yield {"result": "fail", "message": message, "facts": facts}
        elif end.n - head.n > AT_ONCE:
            message = f"there are {end.n - head.n} lines after the signed head, or the head was removed"
            yield {"result": "fail", "message": message, "facts": facts}
        elif head.n < end.n:
            message = f"{end.n - head.n} lines were not signed yet; the machine stopped before signing"
            yield {"result": "warn", "message": message, "facts": facts}
        if torn:
            message = "a truncated line, as left by a power cut, was set aside"
            yield {"result": "pass", "message": message, "facts": {"file": torn}}

    def _put(self, name: str, data: bytes | str) -> None:
        """Write a file beside the ledger, whole or not at all, for the ledger's own account to read."""
        temporary = self._directory / f".{name}.new"
        temporary.unlink(missing_ok=True)  # left by a power cut; the lock is ours
        handle = plain_file.opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            _write(handle, data.encode("ascii") if isinstance(data, str) else data)
        finally:
            os.close(handle)
        temporary.replace(self._directory / name)
        sync_directory(self._directory)


@contextmanager
def opened(path: Path, *, write: bool) -> Iterator[int]:
    """Open the ledger's file and hold it against writers, waiting while somebody else does.

    Raise Locked, or Damaged when it is not a plain file of its folder's owner.
    """
    handle = plain_file.opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT if write else os.O_RDONLY)
    try:
        _wait(handle, fcntl.LOCK_EX if write else fcntl.LOCK_SH)
        yield handle
    finally:
        os.close(handle)


def digest(line: bytes) -> str:
    """Return the SHA-256 of a line's exact bytes, its end included."""
    return hashlib.sha256(line).hexdigest()


def _wait(handle: int, how: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise Locked("another process has held the ledger for a minute") from error
            time.sleep(0.02)
        else:
            return


def _compose(end: WrittenLine, body: Mapping[str, Plain], key: str) -> WrittenLine:
    """Return the line that comes after another, written with a key of this fingerprint."""
    whole = {"version": VERSION, "n": end.n + 1, "when": clock.iso(clock.now())}
    whole |= {name: value for name, value in body.items() if name not in {*whole, "key", "previous"}}
    whole["key"] = key
    whole["previous"] = end.sha256  # last in the line, where it is easily found by hand
    try:
        text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise SeawallError(f"a record can't contain this: {error}") from error
    line = text.encode("utf-8", "backslashreplace") + b"\n"
    return WrittenLine(end.n + 1, line, digest(line))


def _write(handle: int, data: bytes) -> None:
    """Write all of some bytes and bring them to the disk."""
    while data:
        data = data[os.write(handle, data) :]
    os.fsync(handle)


def _end(handle: int) -> WrittenLine:
    """Return the last line; before the first there is nothing, whose digest is all zeros."""
    size = os.fstat(handle).st_size
    if size == 0:
        return WrittenLine(0, b"", NOTHING)
    start = _last_newline(handle, size - 1) + 1
    line = os.pread(handle, size - start, start)
    try:
        number = int(json.loads(line)["n"])
        if not 0 < number < _MOST:
            raise ValueError(number)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        number = _count(handle, size)  # a damaged line keeps its place; verification will name it
    return WrittenLine(number, line, digest(line))


def _last_newline(handle: int, size: int) -> int:
    """Return the place of the last line end before `size`, -1 when there is none."""
    while size > 0:
        start = max(0, size - PIECE)
        found = os.pread(handle, size - start, start).rfind(b"\n")
        if found >= 0:
            return start + found
        size = start
    return -1


def _count(handle: int, size: int) -> int:
    return sum(os.pread(handle, PIECE, at).count(b"\n") for at in range(0, size, PIECE))
